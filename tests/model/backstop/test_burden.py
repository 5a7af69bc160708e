"""Who bore it: hand-made burdens, and shares that add up in every run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.account.account import make_accounts
from agents.core.ledger import ACCOUNTS, BAD_DEBT, FROZEN_DEBT
from agents.protocol.protocol import Protocol
from model.measure.burden import HEDGER, burden_metrics, gini, top_share
from model.scenario.section.exposure import RESOLUTIONS
from tests.support.world import REGIMES, STRUCTURES, crash, run

amounts = arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1e6))


def burden(balance=None, **paid):
    """Two protocols that lost 100 in all, five accounts of which three paid 40, and 10 of bad debt."""
    accounts, protocol = make_accounts(64), Protocol.make_table(2)
    accounts.haircut[:5] = [25.0, 10.0, 5.0, 0.0, 0.0]
    accounts.cut[:5] = [0.2, 0.9, 0.1, 0.0, 0.0]
    accounts.deleveraged[:5] = [0.0, 500.0, 300.0, 0.0, 0.0]
    accounts.strategy[:5] = [HEDGER, HEDGER, 0, HEDGER, 0]
    leverage = np.zeros(64)
    leverage[:5] = [5.0, 0.5, 0.9, 0.1, 3.0]
    protocol.deficit[:] = [70.0, 30.0]
    for name, values in paid.items():
        protocol[name][:] = values
    balance = np.zeros((len(ACCOUNTS), 2)) if balance is None else balance
    balance[BAD_DEBT, 0] = -10.0
    return burden_metrics(accounts, protocol, balance, leverage)


def test_the_deficit_is_divided_among_those_who_bore_it():
    """Fund 20, skin 3, pool 12, treasury 5, winners 40 of whom 15 of flat leverage, vault 10, nobody 10: in all 100."""
    found = burden(paid_fund=[20, 0], paid_skin=[0, 3], paid_pool=[7, 5], paid_regime=[28, 22], paid_treasury=[5, 0])
    shares = {name: value for name, value in found.items() if name.startswith("borne_") and value}
    assert shares == pytest.approx(
        {
            "borne_fund": 0.20,
            "borne_skin": 0.03,
            "borne_pool": 0.12,
            "borne_treasury": 0.05,
            "borne_winners": 0.40,
            "borne_flat_winners": 0.15,
            "borne_vault": 0.10,
            "borne_bad_debt": 0.10,
        }
    )


def test_what_was_taken_above_the_need_bears_no_deficit():
    """Winners gave 40, of which 8 were not needed: they bore 32, and those of flat leverage 15/40 of that."""
    found = burden(paid_regime=[32, 0], overshoot=[8, 0])
    assert (found["borne_winners"], found["borne_vault"], found["overshoot"]) == (0.32, 0.0, 8.0)
    assert found["borne_flat_winners"] == pytest.approx(0.12)
    assert found["haircut"] == 40.0


def test_what_the_fallback_placed_is_borne_by_whom_it_took_it_from():
    """Regime 20 and fallback 30 collected 50: 40 came from accounts, 6 is frozen, so the vault gave 4."""
    frozen = np.zeros((len(ACCOUNTS), 2))
    frozen[FROZEN_DEBT, 1] = -6.0
    found = burden(frozen, paid_regime=[20, 0], paid_fallback=[0, 30])
    assert [found[f"borne_{name}"] for name in ("winners", "frozen", "vault")] == pytest.approx([0.40, 0.06, 0.04])
    assert "borne_regime" not in found and "borne_fallback" not in found


def test_concentration_and_intrusion_are_counted():
    found = burden()
    assert (found["haircut_accounts"], found["haircut_top10"]) == (3.0, 1.0)
    assert found["haircut_gini"] == pytest.approx(1 / 3)  # of 25, 10, 5: mean |x - y| over twice the mean
    assert found["haircut_low_leverage_share"] == pytest.approx(15 / 40)
    assert (found["largest_cut"], found["deleveraged"], found["deleveraged_accounts"]) == (0.9, 800.0, 2.0)
    assert found["hedges_broken"] == 1.0


def test_where_nothing_is_lost_nobody_bears_it():
    empty = burden_metrics(make_accounts(64), Protocol.make_table(1), np.zeros((len(ACCOUNTS), 1)), np.ones(64))
    assert set(empty.values()) == {0.0}


@given(amounts)
def test_gini_is_that_of_all_pairs(values):
    """Σ|x − y| / (2 n Σ x), between 0 and 1 − 1/n."""
    total = values.sum()
    wanted = np.abs(values[:, None] - values).sum() / (2 * len(values) * total) if total > 0 else 0.0
    assert gini(values) == pytest.approx(wanted, abs=1e-9)
    assert -1e-12 <= gini(values) <= 1 - 1 / len(values) + 1e-12


@given(amounts, st.integers(1, 12))
def test_the_top_share_grows_to_one(values, count):
    share = top_share(values, count)
    assert 0.0 <= share <= 1.0 + 1e-12
    assert top_share(values, len(values)) == (pytest.approx(1.0) if values.sum() > 0 else 0.0)
    assert share * max(len(values), count) >= min(count, len(values)) * top_share(values, len(values)) - 1e-9


LATE_CLAIMS = {
    "reinsurance__assessment_delay": 3.0,
    "reinsurance__dispute_probability": 0.5,
    "reinsurance__dispute_delay": 4.0,
}
CLAIMS = {
    "at once": {},
    "late": LATE_CLAIMS,
    "parametric": {"reinsurance__claims": "parametric", "reinsurance__parametric_wait": 10.0},
}
POOR = {
    "backstop__capital_ratio": 1e-3,
    "protocol__treasury_ratio": 1e-4,
    "exposure__weight": 2.0,
    "exposure__alpha": 0.7,
    "exposure__beta": 0.5,
    "exposure__resolution_delay": 5.0,
    "shock__exploit_intensity": 50.0,
    "shock__exploit_share": 0.03,
    "fund__lent_share": 0.5,
    "fund__recall_delay": 2.0,
    "fund__recall_haircut": 0.1,
}


@pytest.mark.compiled
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("regime", REGIMES)
def test_every_dollar_is_borne_once_whatever_the_resolution_and_the_claims(structure, regime):
    """Shares sum to one with defaults, debts between protocols, loans recalled late and every kind of claim."""
    defaults = 0.0
    for resolution in RESOLUTIONS:
        for claims in CLAIMS.values():
            world = {"backstop__structure": structure, "backstop__regime": regime, "exposure__resolution": resolution}
            found = run(crash(**POOR, **world, **claims)).summary()
            assert found["uncovered"] > 0
            defaults += found["defaults"]
            assert borne(found) == pytest.approx(1.0, abs=1e-6), (resolution, claims)
            parts = [value for name, value in found.items() if name.startswith("borne_")]
            assert min(parts) >= -1e-9 and max(parts) <= 1.0 + 1e-9, (resolution, claims)
            assert (
                found["defaults_own_loss"] + found["defaults_exposure"] + found["defaults_debts"] == found["defaults"]
            )
    assert defaults > 0 or regime not in ("bad_debt", "adl", "tear_up")  # exploits nobody can be deleveraged for


def borne(found):
    """Return the sum of all shares, those of flat leverage being part of the winners'."""
    return sum(value for name, value in found.items() if name.startswith("borne_")) - found["borne_flat_winners"]


def test_what_failure_costs_others_has_its_own_share():
    """Customers of dead protocols, outsiders, creditors, late claims and recalled money: each bears a part."""
    common = POOR | {"backstop__structure": "pooled", "backstop__regime": "bad_debt"}
    dead = run(crash(**common, exposure__resolution="dead")).summary()
    late = run(crash(**common, **LATE_CLAIMS)).summary()
    rich = {"protocol__treasury_ratio": 1e-2, "exposure__alpha": 1.0, "exposure__beta": 1.0, "exposure__weight": 1.0}
    creditors = run(crash(**common | rich | {"backstop__capital_ratio": 1e-5})).summary()
    saved = run(crash(**common | {"protocol__vault_ratio": 0.0}, exposure__resolution="recapitalised")).summary()
    assert dead["borne_customers"] > 0
    assert late["borne_claims"] > 0 and late["borne_late"] >= 0
    assert creditors["borne_creditors"] > 0
    assert saved["borne_outsiders"] + saved["borne_customers"] > 0


@pytest.mark.parametrize("structure", ["isolated", "pooled"])
@pytest.mark.parametrize("regime", REGIMES)
def test_the_shares_of_a_run_add_up(structure, regime):
    """Every dollar of deficit is borne once; nobody gives more than its equity; only deleveraging closes positions."""
    found = run(crash(backstop__structure=structure, backstop__regime=regime, backstop__capital_ratio=1e-3)).summary()
    assert found["uncovered"] > 0
    shares = {name: value for name, value in found.items() if name.startswith("borne_")}
    assert sum(shares.values()) - shares["borne_flat_winners"] == pytest.approx(1.0, abs=1e-6)
    assert all(-1e-9 <= value <= 1.0 + 1e-9 for value in shares.values())
    assert shares["borne_flat_winners"] <= shares["borne_winners"] + 1e-12
    assert shares["borne_fund"] * found["deficit"] == pytest.approx(found["paid_fund"])
    # In so short a run nobody withdraws, so the withdrawal factor takes nothing yet and the debt stays frozen.
    spared = ("lp_absorbs", "withdrawal_factor", "frozen_debt", "bad_debt")
    assert (shares["borne_winners"] > 0) == (found["haircut"] > 0) == (regime not in spared)
    assert (shares["borne_vault"] > 1e-9) == (regime in ("lp_absorbs", "frozen_debt"))
    assert (shares["borne_frozen"] > 0) == (found["frozen_debt"] > 0)
    assert (0 < found["largest_cut"] <= 1.0) == (found["haircut"] > 0)
    assert (found["deleveraged_accounts"] > 0) == (regime in ("adl", "tear_up")) == (found["deleveraged"] > 0)
    assert found["hedges_broken"] <= found["deleveraged_accounts"]
