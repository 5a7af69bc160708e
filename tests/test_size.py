"""Claims about sizing: the search finds what brute force finds, its interval covers, the table adds up."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from experiments.command_line import main
from experiments.size.answer import Answer
from experiments.size.caveat import caveats
from experiments.size.exposure import benefit, cover, needed, rearranged
from experiments.size.order_statistic import least_number, ranks
from experiments.size.search import Search
from experiments.size.sizing import Size
from experiments.size.view import verdict


def searched(critical, tolerance=1e-6):
    critical = np.asarray(critical, dtype=float)
    return Search(lambda rows, capital: critical[rows] > capital, critical <= 0.0, tolerance)


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=40), st.data())
def test_the_search_finds_the_order_statistic_from_any_guess(critical, data):
    rank = data.draw(st.integers(1, len(critical)))
    guess = data.draw(st.floats(1.0, 1e6))
    found, truth = searched(critical).least(rank, guess), sorted(critical)[rank - 1]
    assert truth <= found * (1 + 1e-12)
    assert found <= truth * (1 + 2e-6) + 1e-4 * guess


def test_a_search_from_just_below_runs_little_more_than_every_replication_once():
    critical = np.random.default_rng(1).exponential(size=1000)
    search = searched(critical, 0.01)
    truth = np.sort(critical)[989]
    assert search.least(990, 0.9 * truth) == pytest.approx(truth, rel=0.02)
    assert search.runs < 1200


def test_no_capital_is_enough_where_something_is_always_uncovered():
    assert searched([np.inf, 1.0]).least(2, 1.0) == np.inf
    assert searched([np.inf, 1.0]).least(1, 1.0) == pytest.approx(1.0)
    assert searched([1.0, 2.0]).least(3, 1.0) == np.inf
    assert searched([0.0, 0.0, 5.0]).least(2, 1.0) == 0.0


@pytest.mark.parametrize("target", [0.5, 0.9, 0.99, 0.999])
def test_ranks_enclose_the_quantile_as_often_as_they_say(target):
    number = least_number(target)
    low, estimate, high = ranks(number, target)
    assert low <= estimate <= high
    assert binom.cdf(high - 1, number, target) - binom.cdf(low - 1, number, target) >= 0.95
    assert ranks(number - 1, target).high is None


def test_the_interval_covers_the_true_quantile_in_simulation():
    generator = np.random.default_rng(2)
    low, _, high = ranks(200, 0.9)
    samples = np.sort(generator.exponential(size=(4000, 200)), axis=1)
    truth = -np.log(0.1)
    covered = ((samples[:, low - 1] <= truth) & (truth <= samples[:, high - 1])).mean()
    assert 0.94 < covered < 0.99


def test_cover_takes_the_worst_replication():
    losses = np.array([[5.0, 4.0, 4.0, 0.0], [7.0, 1.0, 0.0, 0.0]])
    assert cover(losses) == (7.0, 9.0, 8.0)
    assert cover(np.array([[3.0]])) == (3.0, 3.0, 3.0)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_what_is_needed_solves_its_equation(seed, own_share):
    generator = np.random.default_rng(seed)
    losses, weights = generator.exponential(size=(5, 4)), generator.dirichlet(np.ones(4))
    capital = needed(losses, weights, own_share)
    left = np.maximum(losses - own_share * weights * capital[:, None], 0.0).sum(axis=1)
    assert np.allclose(left, (1.0 - own_share) * capital, atol=1e-9 * losses.sum())


def test_what_is_needed_is_closed_at_both_ends():
    losses, weights = np.array([[3.0, 1.0], [0.0, 0.0]]), np.array([0.5, 0.5])
    assert needed(losses, weights, 1.0) == pytest.approx([6.0, 0.0])
    assert needed(losses, weights, 0.0) == pytest.approx([4.0, 0.0])


def test_rearranging_keeps_each_protocols_losses_and_moves_the_benefit_from_small_to_one():
    losses = np.random.default_rng(3).exponential(size=(500, 8))
    apart, together = rearranged(losses, 0.0), rearranged(losses, 1.0)
    for i in range(8):
        assert np.quantile(apart[:, i], 0.9) == pytest.approx(np.quantile(losses[:, i], 0.9), rel=0.02)
    found = [benefit(rearranged(losses, rho), 0.99) for rho in (0.0, 0.5, 1.0)]
    assert found[0] < found[1] < found[2] == pytest.approx(1.0)
    # Eight independent exponential losses: the 99 % quantile of Gamma(8) over eight times that of Exp(1).
    assert benefit(apart, 0.99) == pytest.approx(16.0 / (8 * 4.605), abs=0.02)
    order = together[:, 0].argsort(kind="stable")
    assert (np.diff(together[order], axis=0) >= 0).all()


SMALL = ["trader.number=40", "steps=40", "protocol.number=3", "provider.number=3", "price.process=jump_diffusion",
         "price.jump_intensity=200.0", "price.jump_mean=-4.0", "trader.attention=0.1"]  # fmt: skip


def sized(tmp_path, *words):
    settings = [word for text in SMALL for word in ("--set", text)]
    arguments = ["size", "--workers", "1", "--out", str(tmp_path / "out"), *settings, *words]
    return CliRunner().invoke(main, arguments)


def test_the_command_sizes_and_its_capital_keeps_the_promise(tmp_path):
    done = sized(tmp_path, "--target", "0.8", "--replications", "20", "--json", "--quiet")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    isolated, pooled = told["capital"]
    assert 0 < pooled["capital"] <= isolated["capital"] * 1.02
    for row in told["capital"]:
        assert row["uncovered_probability"] <= 0.2
        assert row["interval"][0] <= row["capital"]
    for member in told["members"]:
        there = member["arrangements"]["pooled/socialized_loss"]
        assert there["saved"] == pytest.approx(member["own_fund"] - there["contribution"])
        assert there["uncovered_by_others"] <= there["uncovered_probability"]
        assert member["arrangements"]["isolated/socialized_loss"]["uncovered_by_others"] == 0.0
    assert (tmp_path / "out" / "figures" / "size.pdf").exists()
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["sizing"]["replications"] == 20


def test_bad_words_are_told_apart(tmp_path):
    done = sized(tmp_path, "--target", "1.5")
    assert done.exit_code == 2 and "--target" in done.output
    done = sized(tmp_path, "--structure", "nonsense")
    assert done.exit_code == 2 and "nonsense" in done.output


def answered(number, target):
    """Return an answer over `number` replications in which nothing but one large loss happened."""
    losses = np.zeros((number, 2))
    losses[0] = [3e6, 1e6]
    bare = np.zeros((number, 2), dtype=bool)
    sizes = tuple(
        Size(f"{n}/adl", n, "adl", c, 0.0, np.inf, 1, bare, bare) for n, c in (("isolated", 6e6), ("pooled", 4e6))
    )
    return Answer(target, np.array([1e8, 1e8]), np.array([0.5, 0.5]), losses, sizes)


def test_too_few_replications_for_the_target_are_owned_up_to():
    """40 replications say nothing of one in a thousand but the worst they met; 3,688 bound it; 400 do for 0.99."""
    [line] = caveats(answered(40, 0.999))
    assert "once in 1,000" in line and "3688" in line and "lower bound" in line
    assert caveats(answered(400, 0.99)) == []
    assert "no upper end" in caveats(answered(200, 0.99))[0]


def test_the_verdict_says_how_large_and_what_joining_saves_and_risks():
    isolated, pooled, joining = verdict(answered(40, 0.999))
    assert isolated.startswith("isolated/adl: $6.00M") and pooled.startswith("pooled/adl: $4.00M")
    assert "protocol 0 saves most ($1.00M), protocol 1 least ($-1.00M)" in joining
