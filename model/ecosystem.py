"""The ecosystem: the engine as a Mesa model, with agents that are views of its rows.

A run is :class:`model.engine.engine.Engine`, phase by phase; here it gets what a script or a notebook works with:
agents, Mesa's calendar and data collector (:mod:`model.agent_view`), a researcher's own agents and copies of all of it
(:mod:`model.saved_view`), and parameters passed as Mesa's runners pass them (:mod:`model.batch_run`). Its numbers are
the engine's, bit for bit.
"""

from typing import Any

from model.batch_run import NOT_GIVEN, described
from model.measure.series import ALL, Choice, resolved
from model.price.tape import Tape
from model.saved_view import SavedView
from model.scenario import Scenario


class Ecosystem(SavedView):
    """Leveraged derivatives protocols on one market, with a backstop: a Mesa model.

    Parameters
    ----------
    scenario : all parameters.
    replication : number of the replication, which with the scenario's seed names every random draw.
    tape : shocks in place of those of the replication, for the same assets and protocols.
    rng : seed in place of the scenario's, as Mesa's runners give it; None leaves that (:mod:`model.batch_run`).
    kept : the series that are kept, all unless others are chosen.
    **fields : parameters in place of the scenario's, by their dotted names.

    Attributes
    ----------
    agents, agents_by_type : views of all rows, made when they are first requested, and a researcher's own agents.
    horizon, accounts, ledger, clock, state and more : of the run (:class:`model.engine.engine.Engine`).

    Raises
    ------
    model.scenario.ScenarioError, model.price.reader.file.PriceFileError, model.network.exposures.EdgeListError,
    model.state.reader.problem.AccountFileError : for bad input.
    """

    def __init__(
        self, scenario: Scenario | None = None, replication: int = 0, tape: Tape | None = None, rng: Any = NOT_GIVEN,
        kept: Choice = (ALL,), **fields: Any,
    ) -> None:  # fmt: skip
        chosen = described(scenario, replication, rng, fields)
        self.set_up(chosen, replication, replication, tape, resolved(kept, chosen.protocol.number))
