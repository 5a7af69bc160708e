"""What becomes of a defaulted protocol: halted, torn up, claims recovered, dead or open again; money conserved."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ledger import BAD_DEBT, OUTSIDE, TREASURY, VAULT
from agents.exchange.exchange import Exchange
from agents.protocol.protocol import DEFAULTED
from model.ecosystem import Ecosystem
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import REGIMES, STRUCTURES, crash, dotted, run, small

RESOLUTIONS = ("continue", "dead", "recapitalised")
POOR = {
    "backstop__regime": "bad_debt",
    "backstop__capital_ratio": 1e-4,
    "protocol__treasury_ratio": 1e-4,
    "exposure__weight": 2.0,
    "exposure__beta": 0.3,
}


def stricken(debt=5e4, fall=0.0, **changes):
    """Return an ecosystem after a step in which protocol 0 got bad debt that it cannot pay, and a worse mark.

    Also returned is what its customers had before that was cleared.
    """
    settings = {"protocol__open_interest": (1e6,), "protocol__treasury_ratio": 1e-4, "exposure__graph": "none"}
    ecosystem = Ecosystem(small(**(settings | changes)))
    ecosystem.step()
    ecosystem.ledger.balance[BAD_DEBT, 0] -= debt
    ecosystem.ledger.balance[OUTSIDE, 0] += debt
    ecosystem.exchange.mark[0] *= 1.0 - fall
    before = worth(ecosystem)
    ecosystem.clear_exposures()
    return ecosystem, before


def worth(ecosystem):
    """Return every account's equity and wallet at protocol 0, (slots,) USD each, and the vault's equity."""
    rows = slice(*ecosystem.slots(0))
    accounts, exchange = ecosystem.accounts, ecosystem.exchange[0]
    owed = exchange.funding_index - accounts.entry_funding[rows]
    gain = accounts.size[rows] * (exchange.mark - accounts.entry_price[rows] - owed)
    return accounts.collateral[rows] + gain, accounts.wallet[rows].copy(), ecosystem.vault_equity()[0]


def test_everybody_recovers_the_same_part_of_its_equity():
    """ρ = 1 − U / (Σ e⁺ + E⁺), with U what the treasury of 100 left of 50 000."""
    ecosystem, (own, wallet, vault) = stricken(exposure__resolution="dead")
    rows, claims = slice(*ecosystem.slots(0)), np.maximum(own, 0.0)
    unpaid = 5e4 - 100.0 + np.maximum(-own, 0.0).sum() - ecosystem.protocol.paid_fund[0]
    recovery = 1.0 - unpaid / (claims.sum() + vault)
    assert 0.0 < recovery < 1.0
    np.testing.assert_allclose(ecosystem.accounts.wallet[rows] - wallet, recovery * claims, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ecosystem.accounts.haircut[rows], (1.0 - recovery) * claims, rtol=1e-6, atol=1e-6)
    assert ecosystem.ledger.balance[VAULT, 0] == pytest.approx(recovery * vault, rel=1e-6)
    assert ecosystem.ledger.balance[BAD_DEBT, 0] == pytest.approx(0.0, abs=1e-6)
    assert_books_close(ecosystem)


READY = {  # USD thousand that stand ready for one of three members with capital of 50 each, next to its skin
    "none": 0.0, "isolated": 50.0, "pooled": 150.0, "partial": 25.0 + 75.0, "capped": 0.25 * 150.0,
    "clustered": 100.0, "reinsured": 25.0 + 75.0, "mutual": 150.0,
}  # fmt: skip


@pytest.mark.parametrize("resolution", RESOLUTIONS[1:])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_losses_that_a_tear_up_brings_to_light_go_down_the_layers(structure, resolution):
    """Own fund, entitlement, skin of 25, others' money: each pays as for any other loss, and before customers do."""
    ecosystem, (own, _, vault) = stricken(
        fall=0.8, protocol__vault_ratio=0.5, backstop__structure=structure, backstop__cluster=(0, 0, 1),
        backstop__capital_ratio=0.05, exposure__resolution=resolution,
    )  # fmt: skip
    member, loss = ecosystem.protocol, np.maximum(-own, 0.0).sum()
    layers = sum(float(member[f"paid_{name}"][0]) for name in ("fund", "skin", "pool", "mutual", "assessment"))
    assert vault > 0.0 and loss > 140e3 and member.deficit[0] == pytest.approx(loss)
    assert layers + member.uncovered[0] == pytest.approx(loss)
    assert member.infeasible[0] == pytest.approx(member.uncovered[0])
    assert layers == pytest.approx(min(loss, READY[structure] * 1e3 + 25.0), rel=1e-3)
    assert (member.exhausted_step[0] >= 0) == (member.uncovered[0] > 0.0)
    assert_books_close(ecosystem)


@pytest.mark.parametrize("structure", ["pooled", "mutual"])
def test_a_halted_protocol_stands_in_for_nobody_and_a_sound_one_does(structure):
    """Two fail together: the third's capital is all that others add, and it is divided between them."""
    settings = {"protocol__open_interest": (1e6,), "protocol__treasury_ratio": 1e-4, "exposure__graph": "none"}
    ecosystem = Ecosystem(small(**settings, backstop__structure=structure, exposure__resolution="dead"))
    ecosystem.step()
    ecosystem.ledger.balance[BAD_DEBT, :2] -= 5e4
    ecosystem.ledger.balance[OUTSIDE, 0] += 1e5
    ecosystem.exchange.mark[:2] *= 0.1
    ecosystem.clear_exposures()
    member = ecosystem.protocol
    layers = sum(member[f"paid_{name}"] for name in ("fund", "skin", "pool", "mutual", "assessment"))
    assert member.halted.tolist() == [1, 1, 0] and (member.uncovered[:2] > 0.0).all()
    assert layers[2] == 0.0 and layers.sum() == pytest.approx(3 * 15e3 + 2 * 25.0, rel=2e-3)
    assert_books_close(ecosystem)


def test_a_bare_vault_and_worthless_accounts_leave_bad_debt():
    """Claims cannot fall below zero: what they do not bear stays on the books."""
    ecosystem, (own, _, vault) = stricken(debt=1e9, exposure__resolution="dead")
    assert ecosystem.ledger.balance[BAD_DEBT, 0] == pytest.approx(-(1e9 - 100.0 - own.sum() - vault), rel=1e-4)
    assert ecosystem.ledger.balance[VAULT, 0] == pytest.approx(0.0, abs=1e-6)
    assert_books_close(ecosystem)


def test_a_tear_up_moves_no_price_and_closes_every_contract():
    ecosystem, _ = stricken(exposure__resolution="dead")
    prices = ecosystem.market.mid.copy()
    ecosystem.clear_exposures()
    rows = slice(*ecosystem.slots(0))
    assert (ecosystem.market.mid == prices).all()
    assert not ecosystem.accounts.size[rows].any() and not ecosystem.accounts.collateral[rows].any()
    assert ecosystem.exchange.vault_size[0] == ecosystem.exchange.long_size[0] == 0.0
    assert ecosystem.accounts.size[rows.stop :].any()


def test_nothing_moves_at_a_dead_protocol():
    """No volume, no exploit, no redemption: wallets, vault and providers stay what they were, for good."""
    ecosystem, _ = stricken(
        exposure__resolution="dead",
        backstop__regime="lp_absorbs",
        backstop__capital_ratio=0.0,
        shock__exploit_intensity=500.0,
        provider__withdrawal=0.5,
        trader__turnover=0.5,
        provider__tolerance=0.01,
    )
    wallets, vault = ecosystem.accounts.wallet.copy(), ecosystem.ledger.balance[VAULT, 0]
    shares = ecosystem.exchange.vault_shares.copy()
    for _ in range(20):
        ecosystem.step()
    rows = slice(*ecosystem.slots(0))
    assert (ecosystem.accounts.wallet[rows] == wallets[rows]).all()
    assert ecosystem.ledger.balance[VAULT, 0] == vault
    assert ecosystem.exchange.vault_shares[0] == shares[0] and (ecosystem.exchange.vault_shares[1:] != shares[1:]).any()
    assert ecosystem.series()["volume_0"][1:].sum() == 0.0 < ecosystem.series()["volume_1"][1:].sum()
    assert ecosystem.series()["deficit_0"][1:].sum() == 0.0 < ecosystem.series()["deficit_1"][1:].sum()


def test_a_halted_vault_quotes_no_depth():
    """Depth of the asset is that of the vaults still open; here protocols 0 and 3 trade the first asset."""
    common = {"protocol__number": 4, "protocol__asset": (0, 1, 2, 0), "market__depth_volatility": 0.0}
    halted, _ = stricken(exposure__resolution="dead", provider__fund_sensitivity=0.0, **common)
    open_, _ = stricken(exposure__resolution="continue", provider__fund_sensitivity=0.0, **common)
    for ecosystem in (halted, open_):
        ecosystem.apply_shocks()
        ecosystem.set_prices()
    assert halted.market.depth[0] == pytest.approx(open_.market.depth[0] / 2, rel=0.05)
    assert halted.market.depth[1] == open_.market.depth[1]


def test_a_recapitalised_protocol_trades_again_after_the_delay():
    """Halted for 15 minutes from step 1 on; then the treasury is full, paid for from outside, and traders come back."""
    ecosystem, _ = stricken(
        exposure__resolution="recapitalised",
        exposure__resolution_delay=15.0,
        trader__attention=0.5,
        trader__turnover=0.5,
    )
    outside = ecosystem.ledger.balance[OUTSIDE, 0]
    while ecosystem.protocol.halted[0]:
        ecosystem.step()
    assert ecosystem.clock == 1 + 15 + 1
    assert ecosystem.ledger.balance[TREASURY, 0] == pytest.approx(100.0, rel=0.01)
    assert ecosystem.protocol.recapitalised.tolist() == pytest.approx([100.0, 0.0, 0.0], rel=0.01)
    assert outside - ecosystem.ledger.balance[OUTSIDE, 0] >= 100.0 - ecosystem.keepers.gas_paid.sum() - 1.0
    for _ in range(10):
        ecosystem.step()
    series = ecosystem.series()["volume_0"]
    assert not series[1:17].any() and series[17:].any()
    assert ecosystem.protocol.status[0] == DEFAULTED, "the record of a default is kept"
    assert_books_close(ecosystem)


def test_a_recapitalised_protocol_can_fail_again():
    ecosystem, _ = stricken(exposure__resolution="recapitalised", exposure__resolution_delay=3.0)
    for _ in range(6):
        ecosystem.step()
    assert not ecosystem.protocol.halted[0]
    ecosystem.ledger.balance[BAD_DEBT, 0] -= 1e4
    ecosystem.ledger.balance[OUTSIDE, 0] += 1e4
    ecosystem.clear_exposures()
    assert ecosystem.protocol.halted[0] and ecosystem.protocol.halt_step[0] == ecosystem.clock
    assert ecosystem.protocol.default_step[0] == 1, "of the first default"
    assert_books_close(ecosystem)


def test_a_guest_gets_no_fill_while_trading_is_halted():
    ecosystem, _ = stricken(exposure__resolution="dead", trader__reserve=4)
    exchange = next(agent for agent in ecosystem.agents_by_type[Exchange] if agent.row == 0)
    account = exchange.open_account(1000.0)
    assert exchange.trade(account, 0.001) == 0.0
    assert account.size == 0.0


def test_losses_that_come_to_light_reach_others_through_clearing():
    """150 of bad debt, 100 in the treasury and 100 due from protocol 2 leave 50 for protocol 1, unless more is lost."""
    common = {
        "exposure__graph": "ring",
        "exposure__degree": 1,
        "backstop__capital_ratio": 0.0,
        "debt": 150.0,
        "fall": 0.5,
    }
    torn, (own, _, _) = stricken(exposure__resolution="dead", **common)
    going, _ = stricken(exposure__resolution="continue", **common)
    assert own.min() < 0.0
    assert going.ledger.balance[TREASURY].tolist() == pytest.approx([0.0, 50.0, 100.0], abs=5.0)
    assert torn.ledger.balance[TREASURY].tolist() == pytest.approx([0.0, 0.0, 100.0], abs=5.0)
    assert torn.protocol.deficit[0] == pytest.approx(-own[own < 0].sum(), rel=1e-9)
    assert_books_close(torn)


def test_continue_is_the_default_and_halts_nobody():
    assert small().exposure.resolution == "continue"
    ecosystem = run(crash(**POOR))
    assert ecosystem.summary()["defaults"] > 0
    assert not ecosystem.protocol.halted.any() and not ecosystem.protocol.recapitalised.any()


@pytest.mark.parametrize("resolution", RESOLUTIONS[1:])
def test_a_halt_leaves_customers_and_not_the_books_with_the_loss(resolution):
    """The same crash: bad debt outstanding is less than if protocols go on, haircuts are more."""
    going = run(crash(**POOR)).summary()
    ended = run(crash(exposure__resolution=resolution, exposure__resolution_delay=5.0, **POOR)).summary()
    assert ended["defaults"] > 0
    assert ended["bad_debt"] < 0.5 * going["bad_debt"]
    assert ended["haircut"] > going["haircut"]


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_every_world_conserves(structure, regime, resolution):
    changes = POOR | {"backstop__structure": structure, "backstop__regime": regime, "exposure__resolution": resolution}
    assert_books_close(run(crash(exposure__resolution_delay=5.0, **changes)))


worlds = st.fixed_dictionaries(
    {
        "exposure.resolution": st.sampled_from(RESOLUTIONS),
        "exposure.resolution_delay": st.sampled_from([0.0, 1.0, 7.0, 1e6]),
        "exposure.seniority": st.sampled_from(["senior", "pari_passu"]),
        "exposure.graph": st.sampled_from(["none", "ring", "complete"]),
        "exposure.weight": st.floats(0.0, 3.0),
        "exposure.alpha": st.floats(0.0, 1.0),
        "exposure.beta": st.floats(0.0, 1.0),
        "backstop.structure": st.sampled_from(STRUCTURES),
        "backstop.regime": st.sampled_from(REGIMES),
        "backstop.capital_ratio": st.sampled_from([0.0, 1e-5, 1e-3]),
        "protocol.number": st.integers(1, 4),
        "protocol.treasury_ratio": st.sampled_from([0.0, 1e-4, 0.01]),
        "protocol.vault_ratio": st.sampled_from([0.0, 0.005, 0.1]),
        "trader.number": st.integers(0, 70),
        "provider.withdrawal": st.floats(0.0, 1.0),
        "market.depth_multiplier": st.sampled_from([0.05, 1.0, float("inf")]),
        "seed": st.integers(0, 10_000),
    }
)


@settings(max_examples=40)
@given(changes=worlds)
def test_random_worlds_conserve(changes):
    """Each step of each run was audited on the way."""
    assert_books_close(run(crash().replace(dotted(changes))))
