"""Late money: what comes late pays the debt it was meant for; what comes at once is as if it had never been lent."""

import numpy as np
import pytest

from agents.core.ledger import (
    BAD_DEBT,
    DEFICIT,
    FROZEN_DEBT,
    FUND,
    LENT,
    OUTSIDE,
    POOL,
    POOL_LENT,
    TREASURY,
    VAULT,
    Ledger,
)
from agents.protocol.protocol import Protocol
from model.backstop.late_money import LateMoney
from model.ecosystem import Ecosystem
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import STRUCTURES, crash, run, small

M = 1e6
FOUR = {
    "protocol__number": 4,
    "protocol__open_interest": (100 * M,),
    "protocol__treasury_ratio": 0.005,
    "trader__number": 0,
    "backstop__capital_ratio": 0.015,
    "backstop__premium_rate": 0.0,
    "backstop__regime": "bad_debt",
    "exposure__graph": "none",
    "fund__yield_rate": 0.0,
    "fund__recall_haircut": 0.0,
}


def hit(loss=4 * M, **changes):
    """Return four protocols of $100M with funds of 1.5M and treasuries of 0.5M after a loss of `loss` at the first."""
    ecosystem = Ecosystem(small(**FOUR | changes))
    lose(ecosystem, [loss, 0.0, 0.0, 0.0])
    return ecosystem


def lose(ecosystem, losses):
    ecosystem.ledger.balance[DEFICIT] -= losses
    ecosystem.ledger.balance[OUTSIDE, 0] += np.sum(losses)
    ecosystem.absorb_deficits()


def pass_time(ecosystem, steps, first=0):
    for step in range(first, first + steps):
        ecosystem.fund.manage(step)
        ecosystem.absorb_deficits()


@pytest.mark.parametrize("lent", [0.0, 0.9])
def test_a_fund_recalled_at_once_covers_what_an_unlent_one_does(lent):
    """4M less a fund of 1.5M and skin of 0.125M leave 2.375M, lent out or not."""
    ecosystem = hit(fund__lent_share=lent, fund__recall_delay=0.0)
    assert ecosystem.protocol.uncovered[0] == pytest.approx(2.375 * M)
    assert ecosystem.ledger.balance[[FUND, LENT], 0].sum() == pytest.approx(0.0, abs=1e-6)


def test_a_haircut_costs_what_is_taken_and_no_more():
    """A fund of 1.5M, 1.35M of it lent at a haircut of a fifth, pays 0.15M + 1.08M; a loss of 0.55M costs 0.1M."""
    terms = {"fund__lent_share": 0.9, "fund__recall_delay": 0.0, "fund__recall_haircut": 0.2}
    assert hit(**terms).protocol.uncovered[0] == pytest.approx((4.0 - 0.125 - 0.15 - 1.08) * M)
    small_loss = hit(0.55 * M, **terms)
    assert small_loss.protocol.uncovered[0] == 0.0
    assert small_loss.ledger.balance[[FUND, LENT], 0].sum() == pytest.approx((1.5 - 0.55 - 0.1) * M)


@pytest.mark.parametrize("structure", [name for name in STRUCTURES if name != "none"])
def test_without_delay_or_haircut_lending_changes_nothing(structure):
    """Every structure covers, step by step, what it covers unlent; entitlements are what the pools hold."""
    at_once = {"fund__recall_delay": 0.0}
    kept, lent = (
        Ecosystem(small(**FOUR | {"backstop__structure": structure, "fund__lent_share": share} | at_once))
        for share in (0.0, 0.9)
    )
    rng = np.random.default_rng(3)
    for step in range(4):
        losses = rng.exponential(1.2 * M, 4) * (rng.random(4) < 0.6)
        for ecosystem in (kept, lent):
            lose(ecosystem, losses)
            ecosystem.fund.manage(step)
        assert lent.protocol.uncovered == pytest.approx(kept.protocol.uncovered, abs=1e-3)
    assert kept.protocol.uncovered.sum() > 0
    held = lent.ledger.balance[[POOL, POOL_LENT]][:, : lent.structure.pots].sum(axis=0)
    assert lent.structure.by_pool(lent.structure.entitlement) == pytest.approx(held, abs=1e-3)
    assert lent.ledger.imbalance() < 1e-9


@pytest.mark.parametrize(("structure", "cash", "away"), [("isolated", FUND, LENT), ("pooled", POOL, POOL_LENT)])
def test_money_recalled_late_pays_the_open_debt_first(structure, cash, away):
    """A delay of 3 minutes: the debt that is open then is paid before anything is lent again, fund or pool."""
    ecosystem = hit(backstop__structure=structure, fund__lent_share=0.9, fund__recall_delay=3.0)
    open_before = -ecosystem.ledger.balance[BAD_DEBT, 0]
    lent = ecosystem.ledger.balance[away, 0]
    pass_time(ecosystem, 3)
    assert -ecosystem.ledger.balance[BAD_DEBT, 0] == open_before
    pass_time(ecosystem, 2, first=3)
    paid = min(lent, open_before)
    assert -ecosystem.ledger.balance[BAD_DEBT, 0] == pytest.approx(open_before - paid, abs=1e-3)
    assert ecosystem.protocol.paid_late[0] == pytest.approx(paid)
    assert ecosystem.ledger.balance[cash, 0] + ecosystem.ledger.balance[away, 0] == pytest.approx(lent - paid, abs=1e-3)
    assert ecosystem.ledger.imbalance() < 1e-9


def test_a_pool_pays_those_it_left_short_by_its_settlement_rule():
    """Two members short by 2M and 1M of a pool that lent most: what comes back is divided two to one."""
    ecosystem = Ecosystem(
        small(
            **FOUR
            | {"backstop__structure": "pooled", "fund__lent_share": 0.9, "fund__recall_delay": 1.0}
            | {"protocol__skin_in_the_game": 0.0}
        )
    )
    lose(ecosystem, [8 * M, 4 * M, 0.0, 0.0])
    assert ecosystem.protocol.uncovered == pytest.approx([7.6 * M, 3.8 * M, 0.0, 0.0])
    pass_time(ecosystem, 2)
    assert ecosystem.protocol.paid_late == pytest.approx([3.6 * M, 1.8 * M, 0.0, 0.0])
    assert ecosystem.structure.entitlement.sum() == pytest.approx(0.0, abs=1e-3)


def test_what_is_no_longer_open_goes_to_the_fund():
    """The treasury paid the debt meanwhile: the fund has its money back."""
    ecosystem = hit(2 * M, fund__lent_share=0.9, fund__recall_delay=2.0, protocol__treasury_ratio=0.05)
    ecosystem.clear_exposures()
    assert ecosystem.ledger.balance[BAD_DEBT, 0] == 0.0
    before = ecosystem.ledger.balance[[FUND, LENT], 0].sum()
    pass_time(ecosystem, 4)
    assert ecosystem.ledger.balance[[FUND, LENT], 0].sum() == pytest.approx(before)
    assert ecosystem.protocol.paid_late[0] == 0.0


def test_frozen_debt_is_repaid_by_late_money_and_the_gate_opens():
    """Debt of 2M frozen by the regime; recalled money pays it, and it counts as late, no longer as frozen."""
    ecosystem = hit(backstop__regime="frozen_debt", fund__lent_share=0.9, fund__recall_delay=2.0)
    frozen = -ecosystem.ledger.balance[FROZEN_DEBT, 0]
    assert frozen == pytest.approx(3.725 * M)
    pass_time(ecosystem, 3)
    assert -ecosystem.ledger.balance[FROZEN_DEBT, 0] == pytest.approx(frozen - 1.35 * M)
    shares = ecosystem.summary()
    assert shares["borne_late"] == pytest.approx(1.35 / 4)
    assert shares["borne_frozen"] == pytest.approx(2.375 / 4)
    assert shares["borne_vault"] == pytest.approx(0.0, abs=1e-9)


def test_recapitalisation_pays_bad_then_frozen_debt_then_the_rest():
    """100 on debts of 30 and 50 leaves 20."""
    ledger, protocol = Ledger(1), Protocol.make_table(1)
    ledger.balance[BAD_DEBT], ledger.balance[FROZEN_DEBT] = -30.0, -50.0
    late = LateMoney(ledger, protocol)
    assert late.open().tolist() == [80.0]
    assert late.pay(np.array([60.0]), "paid_outsiders").tolist() == [0.0]
    assert ledger.balance[[BAD_DEBT, FROZEN_DEBT], 0].tolist() == [0.0, -20.0]
    assert late.pay(np.array([40.0]), "paid_outsiders").tolist() == [20.0]
    assert (protocol.paid_outsiders[0], protocol.thawed[0]) == (80.0, 50.0)


def test_the_estate_of_a_torn_up_protocol_pays_its_customers_late():
    """Customers and vault bear the debt of a dead protocol; its fund's loans come back and are theirs, pro rata."""
    ecosystem = Ecosystem(
        small(
            protocol__open_interest=(1e7,), protocol__treasury_ratio=1e-4, exposure__graph="none",
            exposure__resolution="dead", backstop__regime="bad_debt", fund__lent_share=0.9, fund__recall_delay=2.0,
            fund__yield_rate=0.0,
        )
    )  # fmt: skip
    ecosystem.step()
    lent = ecosystem.ledger.balance[LENT, 0]
    lose(ecosystem, [5e5, 0.0, 0.0])
    ecosystem.clear_exposures()
    protocol, rows = ecosystem.protocol, slice(*ecosystem.slots(0))
    wallets, vault = ecosystem.accounts.wallet[rows].copy(), ecosystem.ledger.balance[VAULT, 0]
    cut, trapped = protocol.paid_customers[0], protocol.paid_providers[0]
    assert protocol.halted[0] and cut > 0 and trapped > 0
    for _ in range(4):
        ecosystem.settle_capital()
        ecosystem.clock += 1
        ecosystem.absorb_deficits()
    assert protocol.paid_late[0] == pytest.approx(lent)
    back = ecosystem.accounts.wallet[rows] - wallets
    assert back.sum() == pytest.approx(lent * cut / (cut + trapped))
    assert ecosystem.ledger.balance[VAULT, 0] - vault == pytest.approx(lent * trapped / (cut + trapped))
    assert protocol.paid_customers[0] == pytest.approx(cut - back.sum())
    assert ecosystem.ledger.imbalance() < 1e-9


@pytest.mark.parametrize("lent", [0.0, 0.9])
def test_a_fund_recalled_at_once_pays_what_a_tear_up_reveals(lent):
    """Positions torn up at half the mark leave losses; the fund pays as much of them, lent out or not."""
    ecosystem = Ecosystem(
        small(
            protocol__open_interest=(1e7,), protocol__treasury_ratio=1e-4, exposure__graph="none",
            exposure__resolution="dead", fund__lent_share=lent, fund__recall_delay=0.0, fund__yield_rate=0.0,
            exchange__fee_to_fund=0.0, exchange__liquidation_fee=0.0, exchange__keeper_share=0.0,
        )
    )  # fmt: skip
    ecosystem.step()
    fund = ecosystem.ledger.balance[[FUND, LENT], 0].sum()
    ecosystem.ledger.balance[BAD_DEBT, 0] -= 1e6
    ecosystem.ledger.balance[OUTSIDE, 0] += 1e6
    ecosystem.exchange.mark[0] *= 0.5
    ecosystem.clear_exposures()
    protocol = ecosystem.protocol
    assert protocol.halted[0] and protocol.deficit[0] > 0
    assert protocol.paid_fund[0] == pytest.approx(min(fund, protocol.deficit[0]))
    assert ecosystem.ledger.imbalance() < 1e-9


@pytest.mark.parametrize("delay", [0.0, 3.0])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_lending_conserves_with_every_structure(structure, delay):
    terms = {"fund__lent_share": 0.9, "fund__recall_delay": delay, "fund__recall_haircut": 0.3}
    ecosystem = run(crash(backstop__structure=structure, backstop__capital_ratio=1e-3, **terms))
    assert ecosystem.summary()["deficit"] > 0
    assert_books_close(ecosystem)
    assert (ecosystem.ledger.balance[[FUND, LENT, POOL, POOL_LENT, TREASURY]] >= -1e-6).all()
