"""How a loss is divided: published numbers, and what each rule promises whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.rank import descending
from model.backstop.loss_regime import adl_close, adl_score, capped_pro_rata, clawback_rate, socialized_loss
from model.scenario.registry import RANKINGS

QUEUES = ("bitmex", "okx", "hyperliquid", "notional_profit", "position", "profit", "equity", "random")
amounts = st.floats(0.0, 1e6)
weight = st.just(0.0) | st.floats(1e-3, 1e3)
shares = st.lists(st.tuples(weight, st.floats(0.0, 1e4)), min_size=1, max_size=12)


def vega(case):
    """Return winners' gains, what was collected for them and what they were owed, from a published case."""
    rise, sold = 180.0 - 100.0, 100.0
    gains = np.array([winner["lots"] * rise for winner in case["winners"]])
    failed = case["losers"][0]
    solvent = -case["auxiliary_loser_solvent_lots"] * rise
    assert -failed["lots"] == sold
    return gains, failed["collateral"] + solvent + case["pool"], sold * rise + solvent


@pytest.mark.parametrize("case", [0, 1])
def test_vegas_winners_share_what_was_collected(published, case):
    example = published["socialized_loss"]["cases"][case]
    gains, collected, owed = vega(example)
    haircuts = gains - socialized_loss(gains, collected, owed)
    wanted = np.atleast_1d(example.get("haircut_winners_0_1", example.get("haircut_winner_0")))
    assert haircuts[: len(wanted)] == pytest.approx(wanted, abs=2.0)


@given(st.lists(amounts, min_size=1), st.floats(0.0, 1.5))
def test_payouts_are_what_was_collected_and_never_more_than_the_gain(gains, part):
    gains = np.array(gains)
    payouts = socialized_loss(gains, part * gains.sum(), gains.sum())
    assert payouts.sum() == pytest.approx(min(part, 1.0) * gains.sum())
    assert (payouts <= gains * (1 + 1e-12)).all()


def test_bitmexs_published_queue(published):
    """A short of 20 closes those ranked 6 and 5, nobody else."""
    queue = published["adl_queue"]
    account, size, score = np.array(queue["positions"], float).T
    closed = adl_close(score, size, queue["deleverage"])
    assert {str(int(a)): c for a, c in zip(account, closed, strict=True) if c > 0} == queue["closed"]


def test_bitmexs_published_scores(published):
    """Profit % times mark over the distance to bankruptcy."""
    example = published["adl_queue"]["score"]
    cases = example["cases"]
    entry, bankruptcy = (np.array([case[name] for case in cases]) for name in ("entry", "bankruptcy"))
    scores = adl_score("bitmex", entry=entry, bankruptcy=bankruptcy, mark=example["mark"])
    assert scores == pytest.approx([case["score"] for case in cases], rel=1e-4)
    mirrored = adl_score("bitmex", entry=100.0, bankruptcy=120.0, mark=90.0, size=-7.0)
    assert mirrored == pytest.approx(0.1 * 90.0 / 30.0)


def test_okexs_clawback_of_july_2018(published):
    """1,200 BTC were about 18 % of profits: the fund's 10 and the 2,500 added by the venue came first."""
    assert "18 %" in published["clawback"]["source"]
    profits = np.array([4000.0, -900.0, 2666.7, 0.0])
    assert clawback_rate(1200.0 + 2510.0, 2510.0, profits) == pytest.approx(0.18, abs=1e-3)
    assert clawback_rate(2000.0, 2510.0, profits) == 0.0
    assert clawback_rate(1.0, 0.0, -profits[:1]) == np.inf


def test_chitras_worked_example():
    """Half a deficit of 15 on profits of 8, 4 and 0.5: a haircut of 0.6 in proportion, 3.5 and 4 in a queue."""
    profits, endowment = np.array([8.0, 4.0, 0.5, 0.0, 0.0]), np.array([10.0, 5.0, 1.0, -3.0, -12.0])
    assert capped_pro_rata(profits, profits, 7.5) == pytest.approx(0.6 * profits)
    assert (endowment - capped_pro_rata(profits, profits, 7.5))[:3] == pytest.approx([5.2, 2.6, 0.7])
    assert adl_close([1.0, 2.0, 0.0, -1.0, -2.0], profits, 7.5) == pytest.approx([3.5, 4.0, 0.0, 0.0, 0.0])


@given(shares, amounts)
def test_capped_pro_rata_fills_all_basins_to_one_level(pairs, amount):
    """Sum, caps, and one ratio to the weight for all who are below their cap."""
    weights, caps = np.array(pairs).T
    given_ = capped_pro_rata(weights, caps, amount)
    able = caps[weights > 0].sum()
    assert given_.sum() == pytest.approx(min(amount, able), rel=1e-9, abs=1e-9)
    assert (given_ >= 0).all() and (given_ <= caps).all()
    below = (given_ < caps * (1 - 1e-9)) & (weights > 0)
    if below.any():
        level = given_[below] / weights[below]
        assert level == pytest.approx(level[0], rel=1e-6, abs=1e-9)
        full = (weights > 0) & ~below
        assert (caps[full] <= level[0] * weights[full] * (1 + 1e-6) + 1e-9).all()


@given(shares, amounts, st.floats(0.05, 0.95), st.permutations(range(12)))
def test_capped_pro_rata_knows_neither_names_nor_splits(pairs, amount, part, order):
    """Splitting the first account changes nothing in total; permuting permutes."""
    weights, caps = np.array(pairs).T
    whole = capped_pro_rata(weights, caps, amount)
    split = [np.r_[values[0] * part, values[0] * (1 - part), values[1:]] for values in (weights, caps)]
    halves = capped_pro_rata(*split, amount)
    assert halves[:2].sum() == pytest.approx(whole[0], rel=1e-9, abs=1e-6)
    assert halves[2:] == pytest.approx(whole[1:], rel=1e-9, abs=1e-6)
    order = np.array([k for k in order if k < len(weights)])
    assert capped_pro_rata(weights[order], caps[order], amount) == pytest.approx(whole[order], rel=1e-9, abs=1e-6)


def test_without_caps_it_is_pro_rata_and_without_weights_nothing():
    assert capped_pro_rata([1.0, 3.0], np.inf, 8.0) == pytest.approx([2.0, 6.0])
    assert capped_pro_rata([0.0, 0.0], [5.0, 5.0], 8.0).tolist() == [0.0, 0.0]
    assert capped_pro_rata([1.0, 3.0], [5.0, 5.0], 0.0).tolist() == [0.0, 0.0]


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(0.0, 100.0)), max_size=20), st.floats(0.0, 500.0))
def test_a_queue_closes_whole_positions_from_the_front(positions, quantity):
    """In order of score, equal scores by slot; only the last is closed in part; as a full sort would have it."""
    scores, sizes = (np.array([row[k] for row in positions], float) for k in (0, 1))
    closed = adl_close(scores, sizes, quantity)
    assert closed.sum() == pytest.approx(min(quantity, sizes.sum()))
    order = descending(scores)
    ahead = np.cumsum(sizes[order]) - sizes[order]
    assert closed[order] == pytest.approx(np.clip(quantity - ahead, 0.0, sizes[order]), abs=1e-9)


def test_sizes_may_be_signed():
    assert adl_close([1.0, 2.0], [-4.0, -4.0], 6.0).tolist() == [2.0, 4.0]


def test_every_published_ranking_by_hand():
    """A long of 10 from 80 with equity 250 and a short of 4 from 125 with equity 800, at 100, margin 5 %."""
    sides = {"entry": [80.0, 125.0], "mark": 100.0, "size": [10.0, -4.0], "equity": [250.0, 800.0]}
    scores = {name: adl_score(name, maintenance=0.05, **sides).tolist() for name in RANKINGS}
    assert scores["bitmex"] == pytest.approx([0.25 * 4.0, 0.2 * 0.5])
    assert scores["okx"] == pytest.approx([0.25 / (250.0 / 50.0), 0.2 / (800.0 / 20.0)])
    assert scores["hyperliquid"] == pytest.approx([1.25 * 4.0, 1.25 * 0.5])
    assert scores["notional_profit"] == pytest.approx([1000.0 * 200.0, 400.0 * 100.0])
    assert scores["position"] == scores["pro_rata_position"] == [10.0, 4.0]
    assert scores["profit"] == scores["capped"] == scores["pro_rata_profit"] == [200.0, 100.0]
    assert scores["equity"] == scores["min_fraction"] == scores["pro_rata_equity"] == [250.0, 800.0]
    assert all(0 < score < 1 for score in scores["random"])


@given(st.floats(50.0, 200.0), st.floats(1.0, 50.0), st.sampled_from([1.0, -1.0]), st.sampled_from(["bitmex", "okx"]))
def test_losers_rank_behind_winners(entry, leverage, side, ranking):
    """The score has the sign of the profit; leverage raises winners and lets losers off."""
    scores = adl_score(ranking, entry=entry, mark=100.0, size=side, equity=[100.0 / leverage, 50.0 / leverage])
    assert (scores * side * (100.0 - entry) >= 0).all()
    assert scores[1] >= scores[0]


@pytest.mark.parametrize("ranking", QUEUES)
def test_scores_are_finite_or_infinite_but_never_undefined(ranking):
    """Bankrupt, flat and break-even accounts have scores too."""
    sides = {"size": [1.0, 1.0, -1.0, 0.0], "entry": [90.0, 100.0, 90.0, 100.0], "equity": [-5.0, 0.0, -1.0, 3.0]}
    assert not np.isnan(adl_score(ranking, mark=100.0, **sides)).any()


def test_a_score_needs_equity_or_bankruptcy_price():
    with pytest.raises(ValueError, match="equity or bankruptcy"):
        adl_score("bitmex", entry=100.0, mark=110.0)
    with pytest.raises(KeyError):
        adl_score("alphabetical", entry=100.0, mark=110.0, equity=10.0)
