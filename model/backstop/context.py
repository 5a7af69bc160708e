"""What a manager of backstop capital works on: the scenario, the tape, and the tables and ledger of its run."""

from collections.abc import Callable
from typing import NamedTuple

from agents.core.ledger import Ledger
from agents.core.table import Exchanges, Markets, Pools, Protocols
from model.backstop.late_money import LateMoney
from model.backstop.structure.base import Structure
from model.price.tape import Tape
from model.scenario import Scenario


class Context(NamedTuple):
    """Parts of a run, live."""

    scenario: Scenario
    tape: Callable[[], Tape]  # the present one: another may take its place in the middle of a run
    horizon: int  # steps of the run
    ledger: Ledger
    structure: Structure
    late: LateMoney  # what is owed to those who were cut
    exchange: Exchanges
    market: Markets
    protocol: Protocols
    pool: Pools
