"""All that a run has, gathered: the tables as kernels take them, and the state.

Both are views of the same memory, which the parts of a run have made.
"""

from typing import TYPE_CHECKING

from agents.core.column import bare
from model.backstop.loss_regime.base import room_for
from model.state.state import Series, State
from model.state.table import Tables

if TYPE_CHECKING:
    from model.engine.engine import Engine


def all_tables(run: "Engine") -> Tables:
    """Return all tables as kernels take them: the same memory."""
    record, scratch = run.record, run.scratch
    return Tables(
        accounts=run.accounts,
        **run.tables._asdict(),
        book=run.ledger.book,
        backing=run.structure.backing,
        funds=bare(run.value_investing.funds),
        mood=run.confidence.memory,
        rows=scratch.rows,
        jobs=scratch.jobs,
        capacity=scratch.capacity,
        ecosystem=record.ecosystem,
        asset=record.asset,
        member=record.protocol,
        rounds=run._at.rounds,
        carried=run._at.carried,
        losses=run.losses,
        regimes=run.regime.kernel_memories(run.venue),
        room=room_for(run.venue),
    )


def remembered(run: "Engine") -> State:
    """Gather what tables and managers remember into the live state."""
    record, reinsurance = run.record, run.reinsurance
    return State(
        accounts=run.accounts,
        **run.tables._asdict(),
        investors=bare(reinsurance.providers),
        value_funds=bare(run.value_investing.funds),
        book=run.ledger.book,
        clock=run._at,
        stakes=run.structure.stakes,
        structure=run.structure.memory,
        layers=run.waterfall.memory,
        trigger=run.waterfall.trigger.memory,
        regime=run.regime.memory,
        succession=run.succession.memory,
        fund=run.fund.memory,
        late=run.contagion.late.memory,
        network=run.contagion.memory,
        resolution=run.contagion.resolution.memory,
        confidence=run.confidence.memory,
        control=run.control.memory,
        own_share=run.rules.capital.own_share,
        reinsurance=reinsurance.memory,
        series=Series(record.ecosystem, record.asset, record.protocol, reinsurance.table),
        sums=record.sums,
    )
