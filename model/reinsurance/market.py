"""The reinsurance market of a run: claims handler, second pool, premiums, capital providers, protocols' choices.

Total capital at the start is that of every other structure: what capital providers own and what the second pool holds
is taken out of the pools' capital. Everything is off by default and then costs nothing. Phase 8, after fees and
funds, premiums and providers at every review:

    late claims → premiums and cycle → capital providers → choices                             (1)

Capital that providers bring later comes from their cash outside and is reported. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.ledger import RETROCESSION, WHOLE
from agents.core.memory import NOTHING, Memory
from model.backstop.cash_call import CashCalls
from model.backstop.context import Context
from model.backstop.waterfall import Waterfall
from model.measure.series import MEMBER_SERIES, WHOLE_SERIES
from model.price.streams import Streams
from model.reinsurance.choice import Choice, Chosen, Reach
from model.reinsurance.claim.base import Claimed
from model.reinsurance.investment import Invested, Investment, make_providers
from model.reinsurance.parametric import ParametricTrigger
from model.reinsurance.retrocession import Presented, Retrocession, found
from model.reinsurance.underwriting import Underwriting, Written
from model.scenario import Scenario
from model.scenario.registry import CLAIMS

Array = np.ndarray


class Cover(NamedTuple):
    """What is remembered around the pools."""

    claimed: Claimed
    handler: Memory  # of the way to claim
    trigger: Memory  # of what a parametric cover measures
    second: Presented
    calls: Memory  # of a mutual's calls that take time
    underwriting: Written
    investment: Invested
    choice: Chosen
    row: Array  # (columns,) the market's series at the last review
    rows: Array  # (1,) rows of the series written so far


class ReinsuranceMarket:
    """The reinsurance market around the pools of a structure.

    Parameters
    ----------
    context : tables, ledger and structure it works on.
    waterfall : whose claims it handles.
    reach : what protocols' choices change or read besides.
    alarm : (members,) 1, >= 0, alarm over every protocol, as it changes.
    streams, draws : random numbers of the set-up and of the steps.

    Attributes
    ----------
    active : whether anything is switched on.
    providers : capital providers' records.
    third_party : USD, capital at the start that is not the members'.
    table : (steps, columns) the market's series, in the order of their names; no rows where nothing is on.
    memory : :class:`Cover`; nothing where nothing is on.
    """

    memory: Memory = NOTHING

    def __init__(
        self, context: Context, waterfall: Waterfall, reach: Reach, alarm: Array, streams: Streams, draws: Streams
    ) -> None:
        scenario, structure = context.scenario, context.structure
        self.terms, self.structure, self.ledger = scenario.reinsurance, structure, context.ledger
        self.pool, self.third_party = context.pool, 0.0
        self.calls: CashCalls | None = None
        self.active = is_active(scenario)
        if self.active:
            self.third_party = self._share_capital()
            context.protocol.capital[:] = structure.own_capital + structure.entitlement + structure.on_call
        self.providers = make_providers(scenario, streams, structure)
        self.table = np.zeros((0, 0))
        if self.active:
            self._open(context, waterfall, reach, alarm, draws)

    def _share_capital(self) -> float:
        """Give the second pool and the capital providers their parts; return how much they hold, USD."""
        structure, terms = self.structure, self.terms
        if not structure.shares:
            return 0.0
        second = found(self.ledger, terms.retrocession_share, structure.pots)
        structure.entitlement *= 1.0 - second / max(float(structure.pool_capital.sum()), 1e-300)
        owned = terms.provider_share if terms.providers else 0.0
        structure.outside[:] = structure.by_pool(structure.entitlement) * owned
        structure.entitlement *= 1.0 - owned
        return second + float(structure.outside.sum())

    def _open(self, context: Context, waterfall: Waterfall, reach: Reach, alarm: Array, draws: Streams) -> None:
        """Switch on claims, underwriting, investment and choice.

        Parameters
        ----------
        context, waterfall, reach, alarm : as for the market.
        draws : random numbers of the steps.
        """
        structure, terms, start = self.structure, self.terms, self.structure.pool_capital
        scenario = context.scenario
        second = Retrocession(self.ledger, terms.retrocession_attachment * start, terms.retrocession_limit * start)
        key = np.uint64(draws.key("reinsurance.dispute"))
        self.handler, sensed = CLAIMS[terms.claims](context, second, key), NOTHING
        if terms.claims == "parametric":
            trigger = ParametricTrigger(context)
            self.handler.sense, sensed = trigger.hit, trigger.memory
        waterfall.handler = self.handler
        delay = round(terms.assessment_delay / scenario.minutes)
        if structure.mutual and delay:
            self.calls = CashCalls(structure, context.late, context.tape, min(delay, context.horizon))
            waterfall.calls = self.calls
        self.underwriting = Underwriting(context, self.handler)
        self.investment = Investment(context, alarm, self.providers, self.underwriting, self.handler)
        self.choice = Choice(context, reach, self.underwriting, self.handler, draws.key("choice"))
        self.review = round(self.underwriting.interval / scenario.minutes)
        self._keep(sensed, second, context.horizon)

    def _keep(self, sensed: Memory, second: Retrocession, steps: int) -> None:
        """Gather what all parts remember, and make room for the series of so many steps."""
        row = self._state()
        self.table = np.zeros((steps, len(row)))
        self.memory = Cover(
            claimed=self.handler.claimed,
            handler=self.handler.memory,
            trigger=sensed,
            second=second.memory,
            calls=self.calls.memory if self.calls else NOTHING,
            underwriting=self.underwriting.memory,
            investment=self.investment.memory,
            choice=self.choice.memory,
            row=row,
            rows=np.zeros(1, dtype=np.int64),
        )
        self._row, self._rows = self.memory.row, self.memory.rows

    def draw_by(self, draws: Streams) -> None:
        """Hash what is drawn from now on by the keys of other streams."""
        key = np.uint64(draws.key("reinsurance.dispute"))
        self.handler.key = key
        self.choice.key = np.uint64(draws.key("choice"))

    def manage(self, step: int) -> None:
        """Run what belongs to phase 8 (1)."""
        if not self.active:
            return
        self.handler.late(step)
        if self.calls:
            self.calls.pay(self.handler.context.protocol, step)
        reviewed, chosen = step % self.review == 0, self.choice.due(step)
        if reviewed:
            self.underwriting.collect(step)
            self.investment.manage(step)
        if chosen:
            self.choice.choose(step)
        if reviewed or chosen:
            self.choice.pay_out()
            self._row[:] = self._state()
        self.table[self._rows[0]] = self._row
        self._rows += 1

    def _state(self) -> Array:
        """Return a row of the series, in the order of their names."""
        structure, choice, underwriting = self.structure, self.choice, self.underwriting
        present = structure.member & structure.shares
        members, row = len(present), np.empty(len(WHOLE_SERIES) + len(MEMBER_SERIES) * len(present))
        row[:5] = (
            choice.cap.sum() / members,
            present.sum(),
            underwriting.cycle.multiplier.sum() / structure.pots,
            structure.outside.sum(),
            self.handler.open.sum(),
        )
        row[5:].reshape(-1, members)[:] = choice.cap, self.handler.kept, present, underwriting.paid
        return row

    def series(self) -> dict[str, Array]:
        """Return the market's series, (steps,) each, by name; none where nothing is switched on."""
        if not self.active or not self._rows[0]:
            return {}
        members = range(len(self.structure.capital))
        names = [*WHOLE_SERIES, *(f"{name}_{i}" for name in MEMBER_SERIES for i in members)]
        return dict(zip(names, self.table[: self._rows[0]].T.copy(), strict=True))

    def metrics(self) -> dict[str, float]:
        """Return the market's metrics; none where nothing is switched on."""
        if not self.active:
            return {}
        handler, table = self.handler, self.providers
        return {
            "premiums": float(self.underwriting.paid.sum()),
            "claims_made": float(handler.claims.sum()),
            "claims_reimbursed": float(handler.context.protocol.reimbursed.sum()),
            "claims_open": float(handler.open.sum()),
            "claims_refused": float(getattr(handler, "refused", np.zeros(1)).sum()),
            "claims_lapsed": float(getattr(handler, "lapsed", np.zeros(1)).sum()),
            "paid_without_loss": float(getattr(handler, "without_loss", np.zeros(1)).sum()),
            "loss_without_payment": float(getattr(handler, "without_payment", np.zeros(1)).sum()),
            "provider_deposits": float(table.deposited.sum()),
            "provider_profit": float(self.structure.outside.sum() - table.deposited.sum() - self._provided),
            "retrocession_end": float(self.ledger.balance[RETROCESSION, WHOLE]),
            "members_end": float((self.structure.member & self.structure.shares).sum()),
            "leverage_cap_end": float(self.choice.cap.mean()),
            "leverage_cap_late": self._late_cap(),
            "retained_end": float(handler.kept.mean()),
        }

    def _late_cap(self) -> float:
        """Return the mean leverage cap of the run's second half so far, 1 before its first step."""
        rows = int(self._rows[0])
        return float(np.mean(self.table[rows // 2 : rows, 0].tolist() or [1.0]))

    @property
    def _provided(self) -> float:
        """Capital providers' capital at the start, USD."""
        return self.third_party - float(self.handler.second.start)


def is_active(scenario: Scenario) -> bool:
    """Tell whether anything of the market is switched on, whatever the structure, so that all report the same."""
    terms = scenario.reinsurance
    claims = terms.claims != "indemnity" or terms.assessment_delay > 0.0 or terms.dispute_probability > 0.0
    return scenario.choice.active or terms.prices or claims or terms.retrocession_share > 0.0
