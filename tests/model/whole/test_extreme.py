"""Extreme conditions and invariances: the model stays whole at its edges, and what should not matter does not."""

import numpy as np
import pytest

from agents.core.ledger import FUND, LENT
from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from model.state import population
from tests.support.world import CRASH, SMALL, crash, run, small

EMPTY = {
    "zero traders": {"trader__number": 0},
    "one protocol": {"protocol__number": 1},
    "one protocol, pooled": {"protocol__number": 1, "backstop__structure": "pooled"},
    "no liquidity providers": {"provider__number": 0},
    "no keepers": {"keeper__number": 0},
    "nobody at all": {"trader__number": 0, "provider__number": 0, "keeper__number": 0},
    "1000 x leverage": {"asset__maximal_leverage": (1000.0,), "trader__long_leverage": 900.0, "trader__seasoning": 0.0},
    "an infinite fund": {"backstop__capital_ratio": 100.0},
    "no fund": {"backstop__capital_ratio": 0.0},
    "all long": {"trader__long_share": 1.0},
    "all short": {"trader__long_share": 0.0},
    "exogenous prices": {"market__depth_multiplier": float("inf"), "market__arbitrage": float("inf")},
    "negative funding": {"market__interest": -0.02, "market__funding_clamp": 0.03},
}


def whole(ecosystem: Ecosystem) -> dict[str, float]:
    """Check a finished run and return its summary: money conserved, contracts zero, nothing undefined."""
    summary, exchange = ecosystem.summary(), ecosystem.exchange
    assert summary["imbalance"] < 1e-9
    assert summary["open_deficit"] == pytest.approx(0.0, abs=1e-6)
    assert [name for name, value in summary.items() if np.isnan(value)] == []
    scale = 1.0 + exchange.long_size + exchange.short_size
    assert (np.abs(exchange.long_size - exchange.short_size + exchange.vault_size) < 1e-9 * scale).all()
    assert (ecosystem.market.mid > 0).all()
    return summary


@pytest.mark.parametrize("world", EMPTY)
def test_the_model_stays_whole(world):
    whole(run(crash(**EMPTY[world])))


def test_without_traders_nothing_is_liquidated_and_only_exploits_are_lost():
    summary = whole(run(crash(trader__number=0, shock__exploit_intensity=100.0)))
    assert summary["liquidated"] == summary["volume"] == 0.0
    assert summary["deficit"] > 0
    assert whole(run(crash(trader__number=0, shock__exploit_intensity=0.0)))["deficit"] == 0.0


def test_without_keepers_nobody_is_liquidated():
    summary = whole(run(crash(keeper__number=0)))
    assert summary["liquidations"] == 0.0 and summary["unserved_peak"] > 0.0


def test_an_infinite_fund_leaves_nothing_uncovered_and_no_fund_everything_beyond_the_skin():
    rich, poor = (whole(run(crash(backstop__capital_ratio=ratio))) for ratio in (100.0, 0.0))
    assert rich["uncovered"] == 0.0 and rich["deficit"] > 0.0
    assert poor["uncovered"] > 0.0


def test_more_capital_never_leaves_more_uncovered():
    """With a regime in which nobody's behaviour depends on who pays."""
    left = [
        whole(run(crash(backstop__regime="bad_debt", backstop__capital_ratio=ratio, provider__fund_sensitivity=0.0)))
        for ratio in (0.0, 0.005, 0.02, 0.1)
    ]
    uncovered = [summary["uncovered"] for summary in left]
    assert uncovered == sorted(uncovered, reverse=True) and uncovered[0] > uncovered[-1]


def falling(scenario: Scenario, total: float, replication: int = 0) -> Ecosystem:
    """Return a finished run in which every fundamental price falls steadily by `total` in log."""
    ecosystem = Ecosystem(scenario, replication)
    log_return = np.full_like(ecosystem.tape.log_return, -total / ecosystem.horizon)
    ecosystem.tape = ecosystem.tape._replace(log_return=log_return)
    ecosystem.run_for(ecosystem.horizon)
    return ecosystem


def test_prices_may_fall_to_a_millionth():
    ecosystem = falling(crash(keeper__capacity=10.0), np.log(1e6))
    whole(ecosystem)
    assert (ecosystem.market.fundamental < 2e-6 * ecosystem.tape.initial_price).all()
    assert ecosystem.summary()["liquidated"] > 0.0


def test_with_one_protocol_a_pool_is_its_own_fund():
    alone = {"protocol__number": 1, "provider__fund_sensitivity": 0.0, "shock__exploit_intensity": 100.0}
    isolated, pooled = (whole(run(crash(backstop__structure=name, **alone))) for name in ("isolated", "pooled"))
    assert isolated["deficit"] > 0
    assert isolated["uncovered"] == pytest.approx(pooled["uncovered"], rel=1e-9)


def test_negative_funding_is_paid_by_shorts():
    ecosystem = Ecosystem(small(**EMPTY["negative funding"]))
    ecosystem.step()
    assert (ecosystem.exchange.funding_rate < 0).all() and (ecosystem.exchange.funding_index < 0).all()


@pytest.mark.parametrize("factor", [1e-3, 64.0])
def test_money_scales(factor):
    """All money times a factor, what is quoted in USD a piece included: every sum of money is, within rounding."""
    interest = (1e8, 5e7, 2e7)
    money = ("deficit", "uncovered", "liquidated", "volume", "paid_fund", "bad_debt", "vault_profit")
    one, other = (
        run(crash(
            protocol__open_interest=tuple(scale * value for value in interest),
            keeper__cash=scale * 1e6, shock__gas=scale * 5.0,
        )).summary()
        for scale in (1.0, factor)
    )  # fmt: skip
    assert one["deficit"] > 0
    for name in money:
        assert other[name] == pytest.approx(factor * one[name], rel=1e-6, abs=1e-6 * factor), name


def test_the_unit_of_prices_does_not_matter():
    """Prices times 4, contracts a fourth: the same money; a power of two, so that rounding is the same."""
    price = Scenario().asset.initial_price
    one, other = (
        run(crash(asset__initial_price=tuple(factor * value for value in price))).summary() for factor in (1.0, 4.0)
    )
    assert other["deficit"] == pytest.approx(one["deficit"], rel=1e-9) and one["deficit"] > 0


def alone(number: int, **changes):
    """Return a finished crash: protocol i trades asset i, and keepers without limit are all that is shared."""
    names = ("A", "B", "C", "D")[:number]
    return run(crash(**{
        "protocol__number": number, "protocol__open_interest": (1e8,), "asset__name": names,
        "asset__initial_price": (100.0,), "asset__daily_volatility": (0.04,), "asset__depth_per_oi": (4.0,),
        "asset__half_spread_bp": (3.0,), "asset__maximal_leverage": (30.0,), "keeper__capacity": 10.0,
        "keeper__cash": 1e12, "backstop__capital_ratio": 0.001, **changes,
    }))  # fmt: skip


def test_an_uninvolved_protocol_changes_nobody_elses_outcome():
    """Isolated funds, no exposures, an asset of its own: the others' paths are the same, bit for bit."""
    few, more = (alone(number, exposure__weight=0.0) for number in (3, 4))
    assert few.protocol.deficit.sum() > 0
    for name in ("deficit", "uncovered", "paid_fund", "status"):
        assert getattr(few.protocol, name).tolist() == getattr(more.protocol, name)[:3].tolist(), name
    assert few.market.mid.tolist() == more.market.mid[:3].tolist()


def test_relabelling_protocols_relabels_outcomes():
    """Without traders all that happens to protocols is the tape: exploits turned round turn outcomes round."""
    terms = {"trader__number": 0, "protocol__open_interest": (1e8, 6e7, 3e7), "exposure__graph": "complete"}
    order = [2, 0, 1]

    def outcome(columns):
        interest = tuple(terms["protocol__open_interest"][i] for i in columns)
        ecosystem = Ecosystem(crash(**terms | {"protocol__open_interest": interest, "provider__number": 0}))
        exploit = np.zeros_like(ecosystem.tape.exploit)
        exploit[3], exploit[9] = np.array([9e6, 1e6, 5e6])[columns], np.array([0.0, 4e6, 1e6])[columns]
        ecosystem.tape = ecosystem.tape._replace(exploit=exploit)
        ecosystem.run_for(20)
        return ecosystem.protocol

    straight, turned = outcome([0, 1, 2]), outcome(order)
    assert straight.uncovered.sum() > 0
    for name in ("deficit", "uncovered", "paid_fund", "paid_treasury", "status", "wave"):
        assert getattr(turned, name) == pytest.approx(getattr(straight, name)[order], rel=1e-9, abs=1e-6), name


def fund(ecosystem: Ecosystem) -> np.ndarray:
    """What stands in own funds, at hand and lent."""
    return ecosystem.ledger.balance[FUND] + ecosystem.ledger.balance[LENT]


@pytest.mark.parametrize("structure", ["isolated", "pooled", "reinsured", "mutual"])
@pytest.mark.parametrize("order", [[2, 0, 1], [0, 2, 1]])
def test_relabelling_protocols_with_their_traders_relabels_outcomes(monkeypatch, structure, order):
    """Traders who do not look have no draws of their own in a step: their books, turned round, turn outcomes round."""
    interest, assets, draw = (1e8, 6e7, 3e7), (0, 1, 0), population.draw_population

    def outcome(columns):
        def turned(scenario, streams, contracts):
            """Draw for protocol i what protocol columns[i] draws in the straight order."""
            straight = [contracts[columns.index(i)] for i in range(len(contracts))]
            drawn = draw(scenario, streams, straight)
            return type(drawn)(*(column.reshape(len(columns), -1)[columns].ravel() for column in drawn))

        monkeypatch.setattr("model.engine.set_up.draw_population", turned)
        ecosystem = Ecosystem(crash(
            protocol__open_interest=tuple(interest[i] for i in columns), steps=12,
            protocol__asset=tuple(assets[i] for i in columns), trader__attention=0.0,
            trader__alert_attention=0.0, provider__number=1, provider__tolerance_spread=0.0,
            exposure__graph="complete", backstop__structure=structure, backstop__capital_ratio=0.002,
            keeper__capacity=10.0,
        ))  # fmt: skip
        tape = ecosystem.tape
        own = {name: getattr(tape, name)[:, columns].copy("C") for name in ("oracle_error", "exploit", "keeper")}
        ecosystem.tape = tape._replace(log_return=np.full_like(tape.log_return, -0.06), **own)
        ecosystem.run_for(12)
        return ecosystem.protocol

    straight, turned = outcome([0, 1, 2]), outcome(order)
    assert (straight.deficit > 0).all() and straight.uncovered.sum() > 0
    for name in ("deficit", "uncovered", "paid_fund", "paid_pool", "paid_mutual", "paid_regime", "status"):
        assert getattr(turned, name) == pytest.approx(getattr(straight, name)[order], rel=1e-9, abs=1e-3), name


@pytest.mark.parametrize("minutes", [0.25, 1.0, 4.0])
def test_what_flows_steadily_does_not_depend_on_the_length_of_a_step(minutes):
    """In two hours without trade: the decay of a dislocation, funding at a constant rate, contributions, yield."""
    steps = round(120 / minutes)
    ecosystem = Ecosystem(small(
        minutes=minutes, steps=steps, trader__attention=0.0, trader__alert_attention=0.0, market__interest=0.0001,
        fund__contribution_rate=(0.5,), fund__lent_share=0.5, fund__yield_rate=0.2, keeper__number=0,
        market__arbitrage=0.02, market__funding_clamp=1.0, market__funding_cap=0.02,
    ))  # fmt: skip
    ecosystem.tape = ecosystem.tape._replace(log_return=np.zeros_like(ecosystem.tape.log_return))
    held, contracts = fund(ecosystem), ecosystem.exchange.long_size * ecosystem.exchange.mark
    lent = ecosystem.ledger.balance[LENT].copy()
    ecosystem.market.dislocation[:] = 0.01
    ecosystem.run_for(steps)
    assert ecosystem.market.dislocation == pytest.approx(0.01 * np.exp(-0.02 * 120), rel=1e-9)
    assert (ecosystem.exchange.funding_index / ecosystem.exchange.mark)[0] == pytest.approx(0.0001 / 4, rel=0.05)
    year = 365 * 1440
    gained = fund(ecosystem) - held
    assert gained == pytest.approx((0.5 * contracts + 0.2 * lent) * 120 / year, rel=0.02)


@pytest.mark.compiled
def test_results_do_not_depend_on_the_length_of_a_step_once_it_is_short():
    """One diffusive path, summed over steps of 2 minutes, 30 and 7.5 seconds: the liquidated share stays the same."""

    def liquidated(minutes, replication):
        fine = np.random.default_rng(replication).standard_normal((960, 3)) * 0.09 / np.sqrt(1440 * 8) - 0.08 / 960
        ecosystem = Ecosystem(small(trader__number=300, minutes=minutes, steps=round(120 / minutes)), replication)
        log_return = fine.reshape(ecosystem.horizon, -1, 3).sum(axis=1)
        ecosystem.tape = ecosystem.tape._replace(log_return=np.ascontiguousarray(log_return))
        ecosystem.run_for(ecosystem.horizon)
        return ecosystem.summary()["liquidated_share"]

    coarse, middle, fine = (np.mean([liquidated(m, r) for r in range(30)]) for m in (2.0, 0.5, 0.125))
    assert fine > 0.03
    assert coarse == pytest.approx(fine, rel=0.15) and middle == pytest.approx(fine, rel=0.15)


def test_what_cannot_be_is_refused():
    inf, nan = float("inf"), float("nan")
    endless = ("backstop.capital_ratio", "protocol.treasury_ratio", "protocol.vault_ratio", "keeper.cash")
    sums = [{name: value} for name in endless for value in (inf, nan)] + [{"protocol.open_interest": (1e8, inf)}]
    for changes in ({"trader.number": -1}, {"asset.maximal_leverage": (0.5,)}, {"protocol.number": 0}, *sums):
        with pytest.raises(ScenarioError):
            Scenario().replace(SMALL | CRASH | changes)
