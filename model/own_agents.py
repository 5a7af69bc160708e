"""A researcher's own agents, taken along when a run is saved, put back, copied or pickled.

They are pickled with their attributes. The model, views of its rows and the agents themselves are named in that, not
copied, so that what is put back refers to the model it is put back into. An agent that is still there keeps its
identity; one that is not is made again without its ``__init__``, and one that came later is removed.
"""

import io
import pickle
from typing import Any

import mesa

from agents.core.column import RowAgent
from model.agent_view import Roster

MODEL = "model"
PLACE = {"model", "unique_id"}  # what an agent is found by, no attribute of its own


def own(model: Roster) -> list[mesa.Agent]:
    """Return a model's own agents, class by class in the order in which they came."""
    return [agent for members in model.own_agents() for agent in members]


class _Pickler(pickle.Pickler):
    """Pickles what refers to a model, which it names."""

    def __init__(self, file: io.BytesIO, model: Roster) -> None:
        super().__init__(file)
        self._model, self._present = model, {id(agent) for agent in own(model)}

    def persistent_id(self, thing: object) -> tuple[object, ...] | None:
        """Return by what the model finds `thing` again; none for what is pickled itself."""
        if thing is self._model:
            return (MODEL,)
        if isinstance(thing, RowAgent) and thing.model is self._model:
            return type(thing), thing.row
        return (thing.unique_id,) if isinstance(thing, mesa.Agent) and id(thing) in self._present else None


class _Unpickler(pickle.Unpickler):
    """Reads what refers to a model, which finds what is named."""

    def __init__(self, file: io.BytesIO, model: Roster, agents: dict[int, mesa.Agent]) -> None:
        super().__init__(file)
        self._model, self._agents = model, agents

    def persistent_load(self, name: tuple[Any, ...]) -> object:
        """Return what `name` stands for in this model."""
        if name == (MODEL,):
            return self._model
        return self._model.view(*name) if len(name) > 1 else self._agents[name[0]]


def saved_agents(model: Roster) -> bytes:
    """Return the own agents of a model, pickled; empty where there are none.

    Raises
    ------
    TypeError : if an agent, or what it holds, cannot be pickled, with a line that says which.
    """
    agents = own(model)
    if not agents:
        return b""
    file = io.BytesIO()
    pickler = _Pickler(file, model)
    _dump(pickler, [(type(agent), agent.unique_id) for agent in agents], "the list of own agents")
    for agent in agents:
        attributes = {name: value for name, value in vars(agent).items() if name not in PLACE}
        _dump(pickler, attributes, f"{type(agent).__name__} {agent.unique_id}")
    return file.getvalue()


def saved_attributes(model: Roster, attributes: dict[str, Any]) -> bytes:
    """Return attributes that were set on a model, pickled; they may refer to it and to its agents."""
    file = io.BytesIO()
    _dump(_Pickler(file, model), attributes, f"an attribute of {type(model).__name__}")
    return file.getvalue()


def load_attributes(model: Roster, saved: bytes) -> dict[str, Any]:
    """Return saved attributes as they are for `model`."""
    agents = {agent.unique_id: agent for agent in own(model)}
    return dict(_Unpickler(io.BytesIO(saved), model, agents).load())


def _dump(pickler: pickle.Pickler, thing: object, name: str) -> None:
    try:
        pickler.dump(thing)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise TypeError(f"{name} cannot be saved: {error}") from None


def load_agents(model: Roster, saved: bytes) -> None:
    """Put saved agents into a model in the order they had, in place of those it has."""
    present: dict[Any, mesa.Agent] = {agent.unique_id: agent for agent in own(model)}
    for agent in present.values():
        model.deregister_agent(agent)
    if not saved:
        return
    agents: dict[int, mesa.Agent] = {}
    reader = _Unpickler(io.BytesIO(saved), model, agents)
    for kind, number in reader.load():
        former = present.get(number)
        agent = former if former and type(former) is kind else kind.__new__(kind)
        agents[number] = agent
        agent.model = model
        model.register_agent(agent)
        agent.unique_id = number
    for agent in agents.values():
        attributes = reader.load()
        for name in vars(agent).keys() - attributes.keys() - PLACE:
            delattr(agent, name)
        vars(agent).update(attributes)
