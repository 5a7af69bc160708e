"""Conservation over random scenarios: every structure with every regime, whatever the parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ledger import ACCOUNTS, SIGNED
from model.scenario.registry import CLAIMS, CLOSE_PRICES, PREMIUMS, RANKINGS
from tests.support.world import REGIMES, STRUCTURES, crash, run

scenarios = st.fixed_dictionaries(
    {
        "backstop.structure": st.sampled_from(STRUCTURES),
        "backstop.regime": st.sampled_from(REGIMES),
        "loss.fallback": st.sampled_from(REGIMES),
        "loss.ranking": st.sampled_from(list(RANKINGS)),
        "loss.close_price": st.sampled_from(CLOSE_PRICES),
        "loss.window": st.sampled_from([1.0, 10.0, 480.0]),
        "loss.tear_up": st.sampled_from([0.1, 1.0]),
        "backstop.settlement": st.sampled_from(["pro_rata", "first_come", "entitlement_first"]),
        "backstop.capital_ratio": st.sampled_from([0.0, 1e-5, 1e-3, 0.05]),
        "backstop.trigger": st.sampled_from(["exhausted", "drawdown", "whole"]),
        "backstop.limit": st.floats(0.0, 1.0),
        "backstop.quota_share": st.floats(0.0, 1.0),
        "backstop.reinstatements": st.integers(0, 3),
        "backstop.stop_loss_limit": st.floats(0.0, 1.0),
        "backstop.sublimit": st.floats(0.0, 1.5),
        "provider.vaults": st.integers(1, 3),
        "provider.cooldown": st.sampled_from([0.0, 5.0]),
        "provider.volatility_sensitivity": st.sampled_from([0.0, 0.1]),
        "confidence.panic": st.booleans(),
        "asset.shared_market": st.booleans(),
        "backstop.sublimit_window": st.sampled_from([0.0, 7.0]),
        "backstop.clusters": st.integers(1, 5),
        "backstop.assessment": st.floats(0.0, 3.0),
        "exchange.surcharge": st.floats(0.0, 1.0),
        "fund.target_ratio": st.sampled_from([0.0, 0.9, 3.0]),
        "fund.replenishment": st.floats(0.0, 1.0),
        "fund.contribution_rate": st.sampled_from([(0.0,), (1.0, 5.0)]),
        "fund.tier_bounds": st.just((1e8,)),
        "fund.base_share": st.floats(0.0, 1.0),
        "fund.lent_share": st.floats(0.0, 0.9),
        "fund.recall_delay": st.sampled_from([0.0, 3.0, 10.0]),
        "fund.recall_haircut": st.floats(0.0, 0.9),
        "backstop.premium_rate": st.floats(0.0, 5.0),
        "reinsurance.premium": st.sampled_from(list(PREMIUMS)),
        "reinsurance.charge_all": st.booleans(),
        "reinsurance.cycle": st.sampled_from([0.0, 10.0]),
        "reinsurance.claims": st.sampled_from(list(CLAIMS)),
        "reinsurance.assessment_delay": st.sampled_from([0.0, 7.0]),
        "reinsurance.dispute_probability": st.floats(0.0, 1.0),
        "reinsurance.dispute_delay": st.sampled_from([0.0, 6.0]),
        "reinsurance.providers": st.integers(0, 4),
        "reinsurance.provider_share": st.floats(0.0, 0.9),
        "reinsurance.joining": st.floats(0.0, 1.0),
        "reinsurance.lock_up": st.sampled_from([0.0, 5.0]),
        "reinsurance.exit_rate": st.floats(0.0, 1.0),
        "reinsurance.retrocession_share": st.floats(0.0, 0.9),
        "reinsurance.retrocession_attachment": st.floats(0.0, 1.0),
        "choice.leverage": st.booleans(),
        "choice.membership": st.booleans(),
        "choice.epoch": st.sampled_from([3.0, 10.0]),
        "choice.retentions": st.sampled_from([(0.0,), (0.0, 1.0)]),
        "choice.refusal_ratio": st.sampled_from([0.0, 1.0]),
        "choice.return_wait": st.sampled_from([0.0, 5.0]),
        "protocol.number": st.integers(1, 4),
        "protocol.treasury_ratio": st.sampled_from([0.0, 1e-4, 0.01]),
        "protocol.skin_in_the_game": st.floats(0.0, 1.0),
        "protocol.vault_ratio": st.sampled_from([0.0, 0.005, 0.1]),
        "trader.number": st.integers(0, 70),
        "trader.long_share": st.floats(0.0, 1.0),
        "trader.long_leverage": st.floats(0.5, 40.0),
        "trader.attention": st.floats(0.0, 0.9),
        "trader.venues_share": st.sampled_from([0.0, 0.5, 1.0]),
        "trader.venues": st.integers(2, 4),
        "trader.margin_left": st.sampled_from([1.0, 2.0]),
        "trader.close_elsewhere": st.sampled_from([0.0, 0.3, 1.0]),
        "trader.transfer_delay": st.sampled_from([0.0, 4.0]),
        "trader.cross_share": st.sampled_from([0.0, 0.5]),
        "protocol.listings": st.sampled_from([(), (1,), (2,)]),
        "keeper.number": st.integers(0, 3),
        "keeper.capacity": st.floats(0.0, 1.0),
        "provider.number": st.integers(0, 3),
        "provider.withdrawal": st.floats(0.0, 1.0),
        "market.impact": st.sampled_from(["linear", "square_root", "constant_product"]),
        "market.depth_multiplier": st.sampled_from([0.05, 1.0, float("inf")]),
        "market.arbitrage": st.sampled_from([0.0, 0.15, float("inf")]),
        "market.permanent_share": st.floats(0.0, 1.0),
        "exposure.graph": st.sampled_from(["none", "ring", "complete"]),
        "exposure.weight": st.floats(0.0, 3.0),
        "exposure.alpha": st.floats(0.0, 1.0),
        "exposure.beta": st.floats(0.0, 1.0),
        "minutes": st.sampled_from([0.5, 1.0, 5.0]),
        "seed": st.integers(0, 10_000),
    }
)


def assert_books_close(ecosystem):
    """Money, contracts and signs, counted afresh from the rows."""
    assert ecosystem.ledger.imbalance() < 1e-9
    size = ecosystem.accounts.size.reshape(len(ecosystem.exchange), -1)
    exchange = ecosystem.exchange
    others = exchange.vault_size + exchange.taken_size + exchange.maker_size + exchange.outside_size
    # Where everybody has left, the rounding is that of the contracts there were.
    assert (np.abs(size.sum(axis=1) + others) <= 1e-9 * exchange.peak_size).all()
    tolerance = 1e-9 * np.abs(ecosystem.ledger.balance).sum()
    for account, name in enumerate(ACCOUNTS):
        assert SIGNED[account] or (ecosystem.ledger.balance[account] >= -tolerance).all(), name
    assert (ecosystem.accounts.collateral >= 0).all()
    assert (ecosystem.accounts.wallet >= 0).all()
    assert np.isfinite(list(ecosystem.summary().values())).all()


@settings(max_examples=60)
@given(changes=scenarios)
def test_random_scenarios_conserve(changes):
    """60 scenarios drawn over 70 parameters; each step of each run was audited on the way."""
    assert_books_close(run(crash(**{name.replace(".", "__"): value for name, value in changes.items()})))


def test_the_last_bits_of_contracts_that_were_closed_stay_and_break_nothing():
    """Shorts are squeezed, the price rises by ten powers of ten, and positions shrink to nothing."""
    squeeze = {"market__depth_multiplier": 0.05, "market__permanent_share": 1.0, "market__arbitrage": 0.0}
    found = run(
        crash(
            **squeeze, trader__number=38, trader__long_share=0.0, trader__long_leverage=1.0, trader__attention=0.0,
            keeper__number=1, keeper__capacity=0.5, provider__number=0, protocol__vault_ratio=0.0,
            market__impact="linear", backstop__structure="none", asset__shared_market=False, exposure__graph="none",
            seed=3857,
        )
    )  # fmt: skip
    assert found.summary()["imbalance"] < 1e-9


def test_capital_of_less_than_a_cent_counts_as_none():
    """The smallest number there is, as skin in the game: losses per dollar of it stay finite."""
    summary = run(crash(backstop__structure="none", protocol__skin_in_the_game=5e-324)).summary()
    assert summary["deficit"] > 0.0 and 0.0 < summary["callable_capital"] < 0.01
    assert summary["loss_per_capital"] == summary["covered_per_capital"] == 0.0


def test_providers_who_put_everything_in_conserve():
    """Their cash shrinks to next to nothing while rounding stays that of what they moved."""
    market = {"reinsurance__charge_all": True, "reinsurance__providers": 2, "reinsurance__joining": 0.75}
    ecosystem = run(crash(backstop__structure="pooled", **market))
    investment = ecosystem.reinsurance.investment
    assert investment.table.cash.sum() < 1e-6 * investment.turnover
    assert_books_close(ecosystem)


def test_a_squeeze_without_end_conserves():
    """Jumps up, shorts who panic and impact that stays for ever: prices grow by nine orders of magnitude.

    The band, which holds for all orders of a step together, is twice as wide as by default.
    """
    nervous = {"market__price_band": 2.0, "trader__turnover": 0.1, "asset__correlation": 0.6, "confidence__panic": True}
    up = {"price__jump_mean": 4.0}
    ecosystem = run(crash(trader__long_share=0.0, market__permanent_share=1.0, **up, **nervous))
    assert ecosystem.exchange.mark[0] > 1e10
    assert_books_close(ecosystem)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("regime", REGIMES)
def test_every_pair_conserves(structure, regime):
    """Exhaustively, with so little capital that every layer and the regime are reached."""
    changes = {"backstop__structure": structure, "backstop__regime": regime, "backstop__capital_ratio": 1e-4}
    ecosystem = run(crash(**changes))
    assert ecosystem.summary()["uncovered"] > 0
    assert_books_close(ecosystem)
