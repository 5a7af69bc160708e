"""Capital providers: they come when it pays, stay while locked up, leave in order, and share losses."""

import numpy as np
import pytest

from agents.core.ledger import INVESTOR, POOL
from agents.provider.capital_provider import CapitalProvider, ask, deposits, expected_return, served
from model.ecosystem import Ecosystem
from model.reinsurance.investment import capital_hazard
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import crash, run, small


def hazard_of(ecosystem):
    """Return the multiple of the calm rate at which the pools' capital providers leave."""
    sensitivity = ecosystem.scenario.confidence.capital_sensitivity
    return capital_hazard(ecosystem.structure, ecosystem.mood.alarm, sensitivity)


MARKET = {
    "backstop__structure": "pooled",
    "reinsurance__charge_all": True,
    "reinsurance__review": 10.0,
    "reinsurance__providers": 5,
    "reinsurance__provider_share": 0.3,
    "reinsurance__joining": 0.05,
    "reinsurance__exit_rate": 0.1,
}
DEAR = {"backstop__premium_rate": 1.0, "reinsurance__loss_cost": 0.0}
CHEAP = {"backstop__premium_rate": 0.0, "reinsurance__loss_cost": 0.1}


def table(hurdles, shares, cash=10.0):
    """Return providers of one pool."""
    rows = CapitalProvider.make_table(len(hurdles))
    rows.hurdle[:], rows.shares[:], rows.cash[:], rows.asked_step[:] = hurdles, shares, cash, -1
    return rows


def test_expected_return_by_hand():
    """Premiums of 12 and claims of 5 on a capital of 100 with a yield of 1 %; a pool without capital."""
    found = expected_return(np.array([12.0 - 5.0, 1.0, -1.0]), np.array([100.0, 0.0, 0.0]), 0.01)
    assert found.tolist() == [pytest.approx(0.08), np.inf, -np.inf]


def test_those_whose_hurdle_is_met_put_money_in():
    assert deposits(table([0.05, 0.2], [0.0, 0.0]), np.array([0.1]), 0.25).tolist() == [2.5, 0.0]


def test_the_queue_is_served_in_order_of_asking():
    """Room for 12: the second, who asked first, is paid its 10 whole; of the equal others the first gets 2."""
    rows = table([0.2, 0.2, 0.2], [10.0, 10.0, 10.0])
    rows.locked_until[:] = [5, 0, 5]
    ask(rows, np.array([0.1]), 3)
    assert rows.asked_step.tolist() == [-1, 3, -1]
    ask(rows, np.array([0.1]), 5)
    assert served(rows, rows.shares * 1.0, 12.0, 0).tolist() == [2.0, 10.0, 0.0]
    ask(rows, np.array([0.3]), 6)
    assert rows.asked_step.tolist() == [-1, -1, -1]


def test_they_join_where_premiums_exceed_claims_and_leave_where_not():
    rich, poor = (run(small(reinsurance__lock_up=5.0, **MARKET, **terms)) for terms in (DEAR, CHEAP))
    assert rich.summary()["provider_deposits"] > 0
    assert poor.summary()["provider_deposits"] < 0
    assert rich.reinsurance.investment.attained > poor.reinsurance.investment.attained


def test_nobody_leaves_before_the_lock_up_is_over():
    """With 20 steps of lock-up the providers' capital begins to fall at step 20 and not before."""
    ecosystem = Ecosystem(small(reinsurance__lock_up=20.0, **MARKET, **CHEAP))
    owned = []
    for _ in range(30):
        ecosystem.step()
        owned.append(ecosystem.reinsurance.providers.shares.sum())
    assert len(set(owned[:20])) == 1
    assert owned[20] < owned[19]


def test_in_a_panic_they_leave_faster():
    """The alarm of one step multiplies what may leave in it; without an alarm nothing changes."""
    owned = []
    for alarm in (0.0, 0.05):
        ecosystem = Ecosystem(small(reinsurance__lock_up=0.0, **MARKET, **CHEAP))
        ecosystem.mood.alarm[:] = alarm
        ecosystem.reinsurance.investment.manage(0)
        owned.append(ecosystem.reinsurance.providers.shares.sum())
    factor = hazard_of(ecosystem)[0]
    start = Ecosystem(small(reinsurance__lock_up=0.0, **MARKET, **CHEAP)).reinsurance.providers.shares.sum()
    assert factor > 1.0
    assert start - owned[1] == pytest.approx(factor * (start - owned[0]), rel=1e-6)


def test_losses_fall_on_capital_providers_too():
    """In a crash they lose at most what they put in, never more."""
    calm = run(small(**MARKET))
    hit = run(crash(backstop__capital_ratio=1e-3, **MARKET))
    assert hit.summary()["provider_profit"] < calm.summary()["provider_profit"]
    table = hit.reinsurance.providers
    assert (hit.structure.outside >= 0).all() and (table.cash >= 0).all() and (table.shares >= 0).all()


@pytest.mark.parametrize("delay", [0.0, 5.0])
@pytest.mark.parametrize("structure", ["pooled", "clustered", "reinsured"])
def test_books_close(structure, delay):
    """Rows agree with the control account; members and providers own the pool between them."""
    changes = MARKET | {"backstop__structure": structure, "reinsurance__lock_up": 3.0}
    ecosystem = run(crash(backstop__capital_ratio=1e-3, reinsurance__assessment_delay=delay, **changes))
    structure, balance = ecosystem.structure, ecosystem.ledger.balance
    assert_books_close(ecosystem)
    assert balance[INVESTOR].sum() == pytest.approx(ecosystem.reinsurance.providers.cash.sum())
    owned = structure.by_pool(structure.entitlement) + structure.outside
    assert owned == pytest.approx(balance[POOL, : structure.pots], rel=1e-9, abs=1e-3)


def test_a_provider_is_a_mesa_agent():
    """Its cash set from Python comes from outside, and the books still close."""
    ecosystem = Ecosystem(small(**MARKET))
    provider = ecosystem.agents_by_type[CapitalProvider][0]
    provider.cash += 1000.0
    ecosystem.step()
    assert_books_close(ecosystem)
