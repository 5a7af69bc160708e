"""Arrays own the state; an agent is a view of one row.

A class of agents declares its columns once, each with type, unit, sign and meaning::

    class Keeper(RowAgent):
        cash = Column("f8", "USD, >= 0", "cash earned and spent")

From the declarations a table is made: a record array for the few (exchanges, keepers, protocols), or one array per
attribute for the many (traders). A kernel reads ``table.cash[i]`` from either. A Mesa agent is built over a row only
when it is requested, reads and writes that row, and holds no data itself.

Tables and kernels do without Mesa, and so does a process that only runs them: importing it takes as long as numba does.
So Mesa's class becomes the base of all views when the first Mesa model is loaded (:mod:`model.agent_view`).
"""

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.core import config

if TYPE_CHECKING:
    from mesa import Agent
else:

    class Agent:
        """Holds the place of ``mesa.Agent`` where no Mesa model is loaded, and no view can be built."""


class Column:
    """One attribute of a class of agents: a descriptor that reads and writes the agent's row.

    Parameters
    ----------
    kind : NumPy type of the column.
    unit : unit and sign, as text.
    meaning : what the column holds.
    """

    def __init__(self, kind: str, unit: str, meaning: str) -> None:
        self.kind, self.unit, self.meaning = kind, unit, meaning
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, agent: "RowAgent | None", owner: type | None = None) -> Any:
        return self if agent is None else getattr(agent.table, self.name)[agent.row].item()

    def __set__(self, agent: "RowAgent", value: Any) -> None:
        agent.before_change()
        getattr(agent.table, self.name)[agent.row] = value
        agent.after_change()


class RowAgent(Agent):
    """A Mesa agent that is a view of one row of a table.

    Attributes
    ----------
    table : record array or named tuple of columns that owns the state.
    row : index of the agent's row, permanent within a run.
    """

    def __init__(self, model: Any, table: Any, row: int) -> None:
        super().__init__(model)
        self.table = table
        self.row = row

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """Return the declared columns by name, in order of declaration."""
        found: dict[str, Column] = {}
        for owner in reversed(cls.__mro__):
            found |= {name: item for name, item in vars(owner).items() if isinstance(item, Column)}
        return found

    @classmethod
    def make_table(cls, rows: int) -> Any:
        """Return a record array of zeros with a row per agent."""
        kinds = np.dtype([(name, column.kind) for name, column in cls.columns().items()], align=True)
        return np.zeros(rows, dtype=kinds).view(np.recarray)

    def __reduce__(self) -> tuple[Any, ...]:
        """Name model and row: a view holds nothing that could be copied."""
        return _view_of, (self.model, type(self), self.row)

    def before_change(self) -> None:
        """Prepare for a column being set from Python; nothing to do unless overridden."""

    def after_change(self) -> None:
        """Follow up on a column set from Python, for example book the change in the ledger."""


def _view_of(model: Any, kind: type[RowAgent], row: int) -> RowAgent:
    view: RowAgent = model.view(kind, row)
    return view


def bare(table: np.ndarray) -> Any:
    """Return the same table as kernels take it fastest: a plain structured array (1 µs a call, a record array 17 µs).

    Where compilation is disabled the record array itself is returned, whose columns are attributes in Python too.
    """
    interpreted = config.DISABLE_JIT  # type: ignore[attr-defined]
    return table if interpreted else table.view(_plain(table.dtype)).view(np.ndarray)


def columns(table: np.ndarray) -> Any:
    """Return the columns of a record array as plain arrays by name, which NumPy takes ten times faster."""
    names = table.dtype.names or ()
    return SimpleNamespace(**{name: table[name] for name in names})


@cache
def _plain(kind: np.dtype) -> np.dtype:
    return np.dtype((np.void, kind))
