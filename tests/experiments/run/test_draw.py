"""Recorded draws on funds and vaults stand next to ours, misses by their factor."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.validation import report
from experiments.validation.episode import draw, record


def run_with(**summary):
    """Return what stands for a finished run: two protocols of $100 and $300, vaults of $80."""
    protocol = SimpleNamespace(open_interest=np.array([100.0, 300.0]))
    exchange = SimpleNamespace(
        vault_start=np.array([20.0, 60.0]), long_size=np.array([5.0, 1.0]), short_size=np.array([4.0, 2.0]),
        mark=np.array([10.0, 50.0]),
    )  # fmt: skip
    accounts = SimpleNamespace(deleveraged=np.array([0.0, 30.0, 10.0]))
    return SimpleNamespace(protocol=protocol, exchange=exchange, accounts=accounts, summary=lambda: summary)


def test_draws_by_hand():
    run = run_with(trader_deficit=12.0, capital=50e6, capital_end=40e6, vault_profit=-4.0, liquidated=3e6)
    assert draw.fund_change(run) == pytest.approx(-0.2)
    assert (draw.fund_gain(run), draw.liquidated(run), draw.vault_gain(run)) == pytest.approx((-10.0, 3.0, -4e-6))
    assert draw.deficit_share(run) == pytest.approx(0.03)
    assert draw.deleveraged_share(run) == pytest.approx(0.1)
    assert draw.interest_lost(run) == pytest.approx(1.0 - (50.0 + 100.0) / 400.0)
    assert (draw.vault_profit(run), draw.vault_profit_share(run)) == pytest.approx((-0.05, -0.01))


def test_traders_deficit_is_told_from_vaults():
    assert draw.trader_deficit(run_with(deficit=12.0, trader_deficit=5.0)) == 5.0


@pytest.mark.parametrize(
    ("episode", "word", "recorded"),
    [
        ("2020-03-12", "BitMEX", 33.9 / 35.5 - 1.0),
        ("2020-03-12", "Deribit", 183 / 391 - 1.0),
        ("2025-10-10", "traders' deficit", 15.08e6 / 14e9),
        ("2025-10-10", "deleveraged over", 2.103e9 / 14e9),
        ("2025-10-10", "Lighter", -0.0535),
        ("2025-10-10", "+$40M", 40e6 / 14e9),
        ("2025-10-10", "Binance", -188 / 1_200),
    ],
)
def test_the_recorded_draws_are_among_the_facts(episode, word, recorded):
    (fact,) = [fact for fact in record.FACTS[episode] if word in fact.name]
    assert fact.recorded == pytest.approx(recorded, rel=0.1)


def test_a_miss_tells_its_factor():
    rows = [{"fact": "traders' deficit", **record.compared(0.001, np.array([0.0099, 0.0101]))}]
    assert (rows[0]["ratio"], rows[0]["verdict"]) == ("10", "miss")
    assert report.missed_draws(rows) == [
        "Draws that are missed: traders' deficit: 0.01 for 0.001, 10 times the record."
    ]
    assert report.missed_draws([{"fact": "change of the fund", **record.compared(1.0, np.array([0.0, 2.0]))}]) == []


@pytest.mark.parametrize(("ours", "told"), [(-0.5, "1"), (0.5, "other sign"), (float("nan"), "-"), (0.0, "0")])
def test_the_ratio_keeps_the_sign_apart(ours, told):
    assert draw.ratio(-0.5, ours) == told
