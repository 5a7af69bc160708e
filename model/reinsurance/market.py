"""The reinsurance market of a run: claims handler, second pool, premiums, capital providers, protocols' choices.

Total capital at the start is that of every other structure: what capital providers own and what the second pool holds
is taken out of the pots' capital. Everything is off by default and then costs nothing. Phase 8, after fees and
funds, premiums and providers at every review:

    late claims → premiums and cycle → capital providers → choices                             (1)

Capital that providers bring later comes from their cash outside and is reported. Units: USD.
"""

from typing import Any

import numpy as np

from agents.core.ledger import RETROCESSION, WHOLE
from model.backstop.cash_call import CashCalls
from model.measure.series import MEMBER_SERIES, WHOLE_SERIES
from model.price.streams import Streams
from model.reinsurance.choice import Choice
from model.reinsurance.claim.base import ClaimsContext
from model.reinsurance.investment import Investment, make_providers
from model.reinsurance.parametric import ParametricTrigger
from model.reinsurance.retrocession import Retrocession, found
from model.reinsurance.underwriting import Underwriting
from model.scenario import Scenario
from model.scenario.registry import CLAIMS

Array = np.ndarray


class ReinsuranceMarket:
    """The reinsurance market around the pots of a structure.

    Parameters
    ----------
    ecosystem : whose tables, ledger, structure and waterfall it works on.
    streams : random numbers of the replication.

    Attributes
    ----------
    active : whether anything is switched on.
    providers : capital providers' records.
    third_party : USD, capital at the start that is not the members'.
    """

    def __init__(self, ecosystem: Any, streams: Streams) -> None:
        scenario, structure = ecosystem.scenario, ecosystem.structure
        self.terms, self.structure, self.ledger = scenario.reinsurance, structure, ecosystem.ledger
        self.pool, self.third_party = ecosystem.pool, 0.0
        self.calls: CashCalls | None = None
        self.active = is_active(scenario)
        if self.active:
            self.third_party = self._share_capital()
            ecosystem.protocol.capital[:] = structure.own_capital + structure.entitlement + structure.on_call
        self.providers = make_providers(scenario, streams, structure)
        if self.active:
            self._open(ecosystem, streams)

    def _share_capital(self) -> float:
        """Give the second pool and the capital providers their parts; return how much they hold, USD."""
        structure, terms = self.structure, self.terms
        if not structure.shares:
            return 0.0
        second = found(self.ledger, terms.retrocession_share, structure.pots)
        structure.entitlement *= 1.0 - second / max(float(structure.pot_capital.sum()), 1e-300)
        owned = terms.provider_share if terms.providers else 0.0
        structure.outside[:] = structure.by_pot(structure.entitlement) * owned
        structure.entitlement *= 1.0 - owned
        return second + float(structure.outside.sum())

    def _open(self, ecosystem: Any, streams: Streams) -> None:
        structure, terms, start = self.structure, self.terms, self.structure.pot_capital
        second = Retrocession(self.ledger, terms.retrocession_attachment * start, terms.retrocession_limit * start)
        context = ClaimsContext(
            structure=structure,
            terms=terms,
            ledger=self.ledger,
            protocol=ecosystem.protocol,
            pool=self.pool,
            second=second,
            priority=ecosystem.tape.priority,
            minutes=ecosystem.scenario.minutes,
            key=np.uint64(streams.key("reinsurance.dispute")),
            late=ecosystem.contagion.late,
        )
        self.handler = CLAIMS[terms.claims](context)
        if terms.claims == "parametric":
            self.handler.sense = ParametricTrigger(ecosystem).hit
        ecosystem.waterfall.handler = self.handler
        delay = round(terms.assessment_delay / ecosystem.scenario.minutes)
        if structure.mutual and delay:
            self.calls = CashCalls(structure, ecosystem.contagion.late, ecosystem.tape.priority, delay)
            ecosystem.waterfall.calls = self.calls
        self.underwriting = Underwriting(ecosystem, self.handler)
        self.investment = Investment(ecosystem, self.providers, self.underwriting, self.handler)
        self.choice = Choice(ecosystem, self.underwriting, self.handler, streams.key("choice"))
        self.review = round(self.underwriting.interval / ecosystem.scenario.minutes)
        self._row = self._state()
        self._rows: list[Array] = []

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
            self._row = self._state()
        self._rows.append(self._row)

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
        if not self.active or not self._rows:
            return {}
        members = range(len(self.structure.capital))
        names = [*WHOLE_SERIES, *(f"{name}_{i}" for name in MEMBER_SERIES for i in members)]
        return dict(zip(names, np.array(self._rows).T, strict=True))

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
            "leverage_cap_late": float(np.mean([row[0] for row in self._rows[len(self._rows) // 2 :]] or [1.0])),
            "retained_end": float(handler.kept.mean()),
        }

    @property
    def _provided(self) -> float:
        """Capital providers' capital at the start, USD."""
        return self.third_party - float(self.handler.context.second.start)


def is_active(scenario: Scenario) -> bool:
    """Tell whether anything of the market is switched on, whatever the structure, so that all report the same."""
    terms = scenario.reinsurance
    claims = terms.claims != "indemnity" or terms.assessment_delay > 0.0 or terms.dispute_probability > 0.0
    return scenario.choice.active or terms.prices or claims or terms.retrocession_share > 0.0
