"""Claims about sizing: the search finds what brute force finds, its interval covers, the table adds up."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom

from experiments.cli.main import main
from experiments.statistics.interval import clopper_pearson
from experiments.statistics.order_statistic import least_number, ranks
from experiments.study.size.answer import Answer
from experiments.study.size.caveat import caveats
from experiments.study.size.critical import Critical
from experiments.study.size.exposure import benefit, cover, needed, needed_by_member, pool_over_isolated, rearranged
from experiments.study.size.search import Search
from experiments.study.size.sizing import OWN, Half, Size
from experiments.study.size.table import verdict
from experiments.study.size.target import ANY, EACH, TARGETS, bare, own_sizes, pooled_size
from experiments.study.size.target_table import comparison, counted, judged


def searched(critical, tolerance=1e-6):
    """Return a search over members' critical capitals, (replications, members), or of one member."""
    known = np.asarray(critical, dtype=float)
    known = known[:, None] if known.ndim == 1 else known
    return Search(lambda rows, capital: known[rows] > capital, known <= 0.0, tolerance)


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


@given(arrays(float, (15, 3), elements=st.floats(0.0, 1e6)), st.integers(1, 15), st.integers(5, 15))
def test_the_search_finds_what_each_member_needs_and_what_all_need_in_any_part_of_the_worlds(critical, rank, number):
    rows, rank = np.arange(15 - number, 15), min(rank, number)
    search = searched(critical)
    for each in (False, True):
        asked = critical[rows] if each else critical[rows].max(axis=1, keepdims=True)
        truth = np.sort(asked, axis=0)[rank - 1].max()
        found = search.least(rank, 100.0, rows, each)
        assert truth <= found * (1 + 1e-12) and found <= truth * (1 + 2e-6) + 1e-2
        assert (search.uncovered(found, rows) == (critical[rows] > found)).all()


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
    together = least_number(target, together=8)
    assert ranks(together, target, together=8).high == together
    assert ranks(together - 1, target, together=8).high is None


def test_the_interval_covers_the_true_quantile_in_simulation():
    generator = np.random.default_rng(2)
    low, _, high = ranks(200, 0.9)
    samples = np.sort(generator.exponential(size=(4000, 200)), axis=1)
    truth = -np.log(0.1)
    covered = ((samples[:, low - 1] <= truth) & (truth <= samples[:, high - 1])).mean()
    assert 0.94 < covered < 0.99


def test_intervals_held_together_cover_all_of_eight_quantiles_in_simulation():
    generator = np.random.default_rng(5)
    low, _, high = ranks(200, 0.9, together=8)
    samples = np.sort(generator.exponential(size=(2000, 200, 8)), axis=1)
    truth = -np.log(0.1)
    covered = ((samples[:, low - 1] <= truth) & (truth <= samples[:, high - 1])).all(axis=1).mean()
    assert covered >= 0.95


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


def test_what_covers_one_member_is_at_most_what_covers_all():
    losses, weights = np.array([[3.0, 1.0, 0.0]]), np.array([0.5, 0.25, 0.25])
    assert needed_by_member(losses, weights, 1.0) == pytest.approx(np.array([[6.0, 4.0, 0.0]]))
    assert needed_by_member(losses, weights, 0.0) == pytest.approx(np.array([[4.0, 4.0, 0.0]]))
    # Half own, half in the pool: C with 3 - C/4 + 1 - C/8 = C/2.
    assert needed_by_member(losses, weights, 0.5) == pytest.approx(np.array([[32 / 7, 32 / 7, 0.0]]))


def test_what_is_needed_is_closed_at_both_ends():
    losses, weights = np.array([[3.0, 1.0], [0.0, 0.0]]), np.array([0.5, 0.5])
    assert needed(losses, weights, 1.0) == pytest.approx([6.0, 0.0])
    assert needed(losses, weights, 0.0) == pytest.approx([4.0, 0.0])
    # A member of a hundred-thousandth of the capital asks for far more than a thousand losses.
    assert needed(losses, np.array([1e-5, 1.0 - 1e-5]), 1.0) == pytest.approx([3e5, 0.0])
    assert needed(losses, np.array([0.0, 1.0]), 1.0).tolist() == [np.inf, 0.0]
    assert needed(losses, np.array([0.0, 1.0]), 0.5) == pytest.approx([6.0, 0.0])


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


def test_eight_funds_safe_by_themselves_leave_somebody_uncovered_and_are_sized_for_that_too():
    """Independent exponential losses: "each" is the 95 % quantile, "any" that at 0.95^(1/8), 0.0064 beyond each."""
    losses = np.random.default_rng(7).exponential(size=(20_000, 8))
    each, joint = own_sizes(losses, EACH, 0.95), own_sizes(losses, ANY, 0.95)
    assert each == pytest.approx(-np.log(0.05), rel=0.05)
    assert bare(losses, each) / 20_000 == pytest.approx(1 - 0.95**8, abs=0.01)
    assert joint.sum() == pytest.approx(-8 * np.log(1 - 0.95 ** (1 / 8)), rel=0.02)
    assert bare(losses, joint) <= 1000
    # One pool at "any" holds the 95 % quantile of Gamma(8); everybody claims in every world, so "each" asks as much.
    for kind in TARGETS:
        assert pooled_size(losses * 1e6, kind, 0.95) == pytest.approx(13.148e6, rel=0.02)
    found = pool_over_isolated(losses, 0.95)
    assert found[ANY] == pytest.approx(13.148 / 40.40, rel=0.03) and found[EACH] == pytest.approx(
        13.148 / 23.97, rel=0.03
    )


@given(arrays(float, (30, 4), elements=st.integers(0, 50).map(float)), st.floats(0.05, 0.95))
def test_own_right_sizes_meet_their_target_and_no_smaller_rank_does(losses, level):
    allowed = 30 - ranks(30, level).estimate
    each, joint = own_sizes(losses, EACH, level), own_sizes(losses, ANY, level)
    assert (losses > each).sum(axis=0).max() <= allowed and (joint >= each).all()
    assert bare(losses, joint) <= allowed
    rank = next(k for k in range(30 - allowed, 31) if bare(losses, np.sort(losses, axis=0)[k - 1]) <= allowed)
    ordered = np.sort(losses, axis=0)
    assert all(joint[i] in ordered[max(rank - 2, 0) : rank, i] for i in range(4))  # equal levels, to within one rank


def test_losses_that_come_together_need_the_same_at_both_targets_and_a_pool_saves_nothing():
    losses = np.random.default_rng(8).exponential(size=(200, 1)) * np.array([[1.0, 2.0, 5.0]])
    assert own_sizes(losses, EACH, 0.95) == pytest.approx(own_sizes(losses, ANY, 0.95))
    assert pool_over_isolated(losses, 0.95) == {EACH: pytest.approx(1.0), ANY: pytest.approx(1.0)}


def test_critical_funds_are_found_wherever_the_guess_is():
    generator = np.random.default_rng(9)
    losses = generator.exponential(size=(50, 4)) * 1e6 * (generator.random((50, 4)) < 0.8)
    for factor in (0.0, 0.2, 1.0, 7.0):
        found = Critical(lambda rows, funds: funds < losses[rows], factor * losses, losses, 0.01)
        assert (found.holds >= losses).all() and (found.holds <= 1.021 * losses + 1e-2).all()
        assert factor != 1.0 or found.runs <= 2 * 50
    floor = np.quantile(losses, 0.8, axis=0)
    bounded = Critical(lambda rows, funds: funds < losses[rows], 0.9 * losses, losses, 0.01, floor)
    tail = losses > 1.02 * floor
    assert (bounded.holds >= losses).all() and (bounded.holds[tail] <= 1.021 * losses[tail]).all()
    assert (bounded.holds <= np.maximum(1.021 * losses, 1.021 * floor)).all()
    hopeless = Critical(lambda rows, funds: np.ones((len(rows), 1), bool), np.ones((2, 1)), np.ones((2, 1)))
    assert np.isinf(hopeless.holds).all()


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
        # Both at "any": a fund that is safe by itself is no match for a share of a pool that is sized jointly.
        assert there["saved"] == pytest.approx(there["own_right_size"] - there["contribution"])
        assert there["targets"]["any"]["own_right_size"] == there["own_right_size"]
        assert there["targets"]["each"]["own_right_size"] <= there["own_right_size"]
        assert there["uncovered_by_others"] <= there["uncovered_probability"]
        assert member["arrangements"]["isolated/socialized_loss"]["uncovered_by_others"] == 0.0
    assert (tmp_path / "out" / "figures" / "size.pdf").exists()
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["sizing"]["replications"] == 20


def test_the_command_names_both_targets_and_judges_sizes_on_other_worlds(tmp_path):
    words = ("--target", "0.8", "--replications", "20", "--structure", "isolated", "--structure", "pooled")
    done = sized(tmp_path, *words, "--json", "--quiet")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    found = {(row["structure"], row["target"]): row for row in told["sizes"]}
    assert set(found) == {(name, target) for name in ("isolated", "pooled", OWN) for target in TARGETS}
    for name in ("isolated", "pooled", OWN):
        assert found[name, "each"]["capital"] <= found[name, "any"]["capital"] * 1.02
        assert found[name, "any"]["callable_capital"] > found[name, "any"]["capital"]  # with skin in the game
    for row in found.values():
        assert row["learnt_on_same_worlds"]["k"] <= 4 + (row["structure"] == OWN)
        assert [half["n"] for half in row["judged_on_other_worlds"]] == [10, 10]
        for half in row["judged_on_other_worlds"]:
            assert 0.0 <= half["ci95"][0] <= half["probability"] <= half["ci95"][1] <= 1.0
    assert sum(found[OWN, "any"]["contributions"]) == pytest.approx(found[OWN, "any"]["capital"])
    for row in told["comparison"]:
        own = found[OWN, row["target"]]["capital"]
        assert row["over_own"] == pytest.approx(found[row["arrangement"].split("/")[0], row["target"]]["capital"] / own)
    shown = sized(tmp_path / "again", "--target", "0.8", "--replications", "5", "--structure", "isolated")
    assert "'each'" in shown.stdout and "'any'" in shown.stdout and "target any" in shown.stdout


def test_bad_words_are_told_apart(tmp_path):
    done = sized(tmp_path, "--target", "1.5")
    assert done.exit_code == 2 and "--target" in done.output
    done = sized(tmp_path, "--structure", "nonsense")
    assert done.exit_code == 2 and "nonsense" in done.output


def answered(number, target):
    """Return an answer over `number` replications in which nothing but one large loss happened."""
    losses = np.zeros((number, 2))
    losses[0] = [3e6, 1e6]
    shares = np.array([0.5, 0.5])
    sizes = [
        size(name, c * shares, number, kind) for name, c in (("isolated", 6e6), ("pooled", 4e6)) for kind in TARGETS
    ]
    sizes += [size(OWN, np.array(funds), number, kind) for kind, funds in ((EACH, (2e6, 1e6)), (ANY, (3e6, 1e6)))]
    return Answer(target, np.array([1e8, 1e8]), shares, losses, tuple(sizes))


def size(name, funds, number, kind):
    bare = np.zeros((number, 2), dtype=bool)
    halves = tuple(Half(factor * funds.sum(), bare[: number // 2]) for factor in (0.5, 1.5))
    high = np.nan if name == OWN else np.inf
    return Size(f"{name}/adl", name, "adl", float(funds.sum()), 0.0, high, 1, bare, bare, kind, funds, halves)


def test_too_few_replications_for_the_target_are_owned_up_to():
    """40 replications say nothing of one in a thousand but the worst they met; 3,688 bound it; 400 do for 0.99."""
    [line] = caveats(answered(40, 0.999))
    assert "once in 1,000" in line and "3688" in line and "lower bound" in line
    assert caveats(answered(400, 0.99)) == []
    assert "no upper end" in caveats(answered(200, 0.99))[0]


def test_the_verdict_names_the_target_of_every_amount():
    """The pool's 4M at "any" stand against 4M of own funds at "any", not against the 3M that are safe one by one."""
    isolated, pooled, own, *joining = verdict(answered(40, 0.9))
    assert isolated.startswith("isolated/adl: $6.00M") and pooled.startswith("pooled/adl: $4.00M")
    assert own.startswith(f"{OWN}/adl: $4.00M") and "(any), $3.00M" in own and "(each)" in own
    each, joint = sorted(joining, key=lambda line: "target any" in line)
    assert "target any: $4.00M in all, 1.00 of the $4.00M" in joint
    assert "protocol 0 saves most ($1.00M), protocol 1 least ($-1.00M)" in joint
    assert "target each: $4.00M in all, 1.33 of the $3.00M" in each


def test_ratios_are_taken_at_one_target_and_half_by_half():
    found = {(row["arrangement"], row["target"]): row for row in comparison(answered(40, 0.9))}
    assert found["pooled/adl", ANY]["over_own"] == pytest.approx(1.0)
    assert found["pooled/adl", EACH]["over_own"] == pytest.approx(4 / 3)
    assert found["pooled/adl", EACH]["over_own_by_half"] == pytest.approx([4 / 3, 4 / 3])


def test_events_are_counted_by_target_with_exact_intervals():
    """5 worlds in which each of two members is uncovered, never the same: "any" 10 of 100, "each" 5 of 100."""
    uncovered = np.zeros((100, 2), dtype=bool)
    uncovered[:5, 0] = uncovered[5:10, 1] = True
    joint, each = counted(uncovered, ANY), counted(uncovered, EACH)
    assert (joint["k"], each["k"]) == (10, 5)
    assert joint["ci95"] == pytest.approx([0.0490, 0.1762], abs=1e-4)
    assert each["ci95"] == pytest.approx(list(clopper_pearson(5, 100, 0.975)))
    assert list(clopper_pearson(0, 100)) == pytest.approx([0.0, 0.0362], abs=1e-4)
    assert list(clopper_pearson(100, 100)) == pytest.approx([0.9638, 1.0], abs=1e-4)
    assert judged(size("pooled", np.ones(2), 40, ANY)) == "0.0 [0.0, 16.8], 0.0 [0.0, 16.8]"


def test_an_exact_interval_covers_at_least_as_often_as_it_says():
    for n, p in ((20, 0.05), (100, 0.05), (100, 0.5)):
        ends = np.array([clopper_pearson(k, n) for k in range(n + 1)])
        assert binom.pmf(np.arange(n + 1), n, p)[(ends[:, 0] <= p) & (p <= ends[:, 1])].sum() >= 0.95
