"""Rare events: estimates are unbiased, intervals hold, and the gain is what theory says.

Against exact tails of Gaussian sums, exact crossing probabilities of a random walk, Cramér and Lundberg's ruin and the
model itself at probabilities that plain replications see.
"""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import binom, binomtest

from experiments.cli.main import main
from experiments.plan.arrangement import Arrangement
from experiments.run.process_pool import WorkerPool
from experiments.statistics.interval import clopper_pearson
from experiments.study.rare.cross_entropy import Trial, haar, search
from experiments.study.rare.mixture import Mixture, log_weights
from experiments.study.rare.probability import probability, unseen
from experiments.study.rare.search import Event, Sampler
from experiments.study.rare.tilt import TiltedStreams, TiltedTape, axes_of, scores, shifted
from model.price.streams import Streams
from model.price.tape import draw_tape
from tests.support.bench import Bench
from tests.support.world import small

ERRORS = 4.5


def studied(nearness, basis, seed, trial=400, number=1000):
    """Return the estimate of P(nearness is inf) as a function of standard normal scores, and all runs it took."""
    generator = np.random.default_rng(seed)

    def draw(mixture, component):
        return generator.standard_normal((len(component), len(basis))) + mixture.means[component]

    def trial_of(mixture, level):
        component = mixture.deal(trial)
        found = draw(mixture, component)
        return Trial(found, nearness(found)[:, None], component)

    pilot = search(trial_of, basis)
    mixture = Mixture.defended([pilot.mixture], 0.1)
    component = mixture.deal(number)
    found = draw(mixture, component)
    weights = np.exp(log_weights(found, mixture.means, np.bincount(component, minlength=len(mixture.shares))))
    return probability(np.isinf(nearness(found)), weights, component), number + trial * pilot.trials


def above(values, level):
    return np.where(values > level, np.inf, values)


def test_a_tail_of_one_in_ten_thousand_is_found_with_a_thousandfold_gain():
    """A drift over eight stretches: the sum of all scores over its standard deviation exceeds 3.719."""
    level = -ndtri(1e-4)
    found = [studied(lambda s: above(s.sum(axis=1) / np.sqrt(8), level), haar(8), seed) for seed in range(20)]
    values = np.array([estimate.value for estimate, _ in found])
    assert abs(values.mean() - 1e-4) < ERRORS * values.std(ddof=1) / np.sqrt(len(values))
    assert np.mean([estimate.low < 1e-4 < estimate.high for estimate, _ in found]) >= 0.8
    assert np.median([estimate.gain(work) for estimate, work in found]) > 300.0


def test_two_ways_to_the_event_are_both_found():
    level = -ndtri(0.5e-4)
    found = [studied(lambda s: above(np.abs(s[:, 0]), level), np.eye(10), seed)[0].value for seed in range(20)]
    assert np.mean(found) == pytest.approx(1e-4, rel=0.05)


@pytest.mark.parametrize("steps, level", [(50, 18), (50, 27)])
def test_a_random_walk_crosses_as_often_as_reflection_says(steps, level):
    """P(max S > level − 1) = P(S >= level) + P(S > level) for steps of ±1: 1e-2 and 1e-4."""
    up = (steps + level + 1) // 2
    exact = binom.sf(up - 1, steps, 0.5) + binom.sf((steps + level) // 2, steps, 0.5)
    blocks = haar(5)

    def nearness(found):
        generator = np.random.default_rng(int(1e6 * abs(found[0, 0])))
        z = generator.standard_normal((len(found), 5, steps // 5))
        z += (found / np.sqrt(steps // 5) - z.mean(axis=2))[:, :, None]
        walk = np.where(z.reshape(len(found), steps) > 0.0, 1, -1).cumsum(axis=1)
        return above(walk.max(axis=1).astype(float), level - 0.5)

    found = [studied(nearness, blocks, seed) for seed in range(8)]
    values = np.array([estimate.value for estimate, _ in found])
    assert abs(values.mean() - exact) < ERRORS * values.std(ddof=1) / np.sqrt(len(values))
    assert np.median([estimate.gain(work) for estimate, work in found]) > 0.0005 / exact


def ruined(case, starts, tilt, claims):
    """Return ruin of every path of the model's own funds under tilted claims and waits, with its likelihood ratio."""
    bench, plain, number = Bench("isolated", starts), Streams(11, 0), len(starts)
    weights, event = np.zeros(number), np.zeros(number, dtype=bool)
    logs = np.zeros(number)
    for claim in range(claims):
        moved = {("wait", (claim,)): np.full(number, tilt), ("size", (claim,)): np.full(number, -tilt)}
        streams = TiltedStreams.of(plain, moved)
        for name, (_, shift) in zip(("wait", "size"), zip(moved, moved.values(), strict=True), strict=True):
            logs += shift**2 / 2 - shift * streams.normal(name, claim, size=number)
        alive = ~event
        bench.earn(case["premium"] / case["lambda"] * -np.log(streams.uniform("wait", claim, size=number)) * alive)
        bench.lose(-case["mu"] * np.log(streams.uniform("size", claim, size=number)) * alive, claim)
        weights[alive & bench.fails], event = np.exp(logs[alive & bench.fails]), bench.fails
    return event, weights


@pytest.mark.compiled
def test_the_ruin_of_a_fund_is_as_rare_as_cramer_and_lundberg_say(published):
    """psi(u) as published, and by the same formula where it is 1e-2 and 1e-4; 3,000 paths each."""
    [case] = [case for case in published["ruin"]["cases"] if "psi" in case]
    loading = case["premium"] / (case["lambda"] * case["mu"]) - 1.0

    def psi(start):
        return np.exp(-loading * start / ((1.0 + loading) * case["mu"])) / (1.0 + loading)

    assert [psi(float(start)) for start in case["psi"]] == pytest.approx(list(case["psi"].values()), abs=1e-7)
    starts = np.repeat([10.0, 26.5, 54.2], 3000)
    event, weights = ruined(case, starts, 0.15, 400)
    for rows in np.arange(9000).reshape(3, 3000):
        exact, found = psi(starts[rows[0]]), probability(event[rows], weights[rows], np.zeros(3000, dtype=int))
        assert abs(found.value - exact) < ERRORS * found.error
        assert found.gain(3000) > 0.01 / exact


@pytest.mark.parametrize("process", ["gbm", "garch", "episode"])
def test_tilted_tapes_have_the_weights_they_say(process):
    """The mean of any function of the tape is that of plain tapes: here the last price, whose law tilting changes."""
    scenario = small(price__process=process, steps=24, minutes=30.0)
    axes = axes_of(scenario, 4)
    mean = np.where([axis.name in ("price.common", "price.severity.common") for axis in axes], 0.5, 0.0)
    tape = TiltedTape(scenario, axes, tuple(mean))
    plain = np.stack([draw_tape(scenario, r).log_return.sum(axis=0) for r in range(600)])
    tilted = np.stack([tape(r).log_return.sum(axis=0) for r in range(600, 1200)])
    moved = np.stack([scores(Streams(scenario.seed, r), axes) + mean for r in range(600, 1200)])
    weights = np.exp(mean @ mean / 2 - moved @ mean)
    assert abs(weights.mean() - 1.0) < ERRORS * weights.std() / np.sqrt(600)
    error = np.sqrt(plain.var(axis=0) / 600 + (weights[:, None] * tilted).var(axis=0) / 600)
    assert (np.abs(plain.mean(axis=0) - (weights[:, None] * tilted).mean(axis=0)) < ERRORS * error).all()
    plainly = np.sqrt((plain.var(axis=0) + tilted.var(axis=0)) / 600)
    assert (np.abs(plain.mean(axis=0) - tilted.mean(axis=0)) > ERRORS * plainly).any()


def test_without_a_shift_a_tape_is_the_replications_own():
    scenario = small(price__process="episode")
    axes = axes_of(scenario, 4)
    own, same = draw_tape(scenario, 3), TiltedTape(scenario, axes, (0.0,) * len(axes))(3)
    assert all(np.array_equal(a, b) for a, b in zip(own, same, strict=True))


@given(st.integers(1, 40), st.integers(0, 1000), st.floats(-3.0, 3.0))
def test_an_axis_moves_by_its_shift_and_no_other_moves(blocks, seed, move):
    scenario = small(price__process="gbm")
    axes = axes_of(scenario, blocks)
    mean = np.zeros(len(axes))
    mean[seed % len(axes)] = move
    plain = Streams(seed, 1)
    assert scores(shifted(plain, axes, mean), axes) - scores(plain, axes) == pytest.approx(mean, abs=1e-9)


def test_only_streams_that_the_tape_feels_have_axes():
    names = {axis.name for axis in axes_of(small(price__process="gbm"), 4)}
    assert names == {"price.common", "price.own"}
    assert "shock.exploit" in {axis.name for axis in axes_of(small(shock__exploit_intensity=0.01), 4)}
    assert "price.mixing" in {axis.name for axis in axes_of(small(price__process="garch"), 4)}


@given(st.integers(1, 40))
def test_the_coordinates_are_orthonormal_and_begin_with_the_mean(number):
    basis = haar(number)
    assert basis @ basis.T == pytest.approx(np.eye(number), abs=1e-12)
    assert basis[0] == pytest.approx(np.full(number, number**-0.5))


@given(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=5), st.integers(1, 300))
def test_replications_are_dealt_in_proportion_and_weights_are_bounded(parts, number):
    shares = np.array(parts) / sum(parts)
    means = np.linspace(0.0, 4.0, len(parts))[:, None]
    component = Mixture(shares, means).deal(number)
    counts = np.bincount(component, minlength=len(parts))
    assert (np.abs(counts - shares * number) < len(parts)).all()
    weights = np.exp(log_weights(np.linspace(-9.0, 9.0, number)[:, None], means, counts))
    assert counts[0] == 0 or weights.max() <= number / counts[0] * (1.0 + 1e-12)


def test_where_nothing_was_seen_the_bound_is_that_of_plain_runs():
    """0 of 100, at most 3.6 %: the two-sided interval of Clopper and Pearson, as everywhere."""
    found = probability(np.zeros(100, dtype=bool), np.ones(100), np.zeros(100, dtype=int))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(unseen(100, 1.0)) == pytest.approx(clopper_pearson(0, 100, 0.95)[1])
    assert round(found.high, 3) == 0.036


def test_plain_weights_give_the_share_its_exact_interval_and_no_gain():
    event = np.arange(1000) < 100
    found = probability(event, np.ones(1000), np.zeros(1000, dtype=int))
    assert (found.value, found.hits, found.effective) == (0.1, 100, 100.0)
    assert (found.low, found.high) == pytest.approx(
        (binomtest(100, 1000).proportion_ci().low, binomtest(100, 1000).proportion_ci().high)
    )
    assert found.gain(1000) == pytest.approx(1.0, rel=2e-3)


TINY = {"trader.number": 100, "provider.number": 2, "protocol.number": 2, "steps": 16, "minutes": 45.0}
CRASH = {**TINY, "price.process": "episode", "price.severity_dispersion": 0.5}
LOSS = 2.4e7


@pytest.mark.compiled
@pytest.mark.slow
def test_the_models_own_probability_is_that_of_brute_force():
    """Uncovered loss of more than $24M, near 1e-2; both estimates within what their errors allow."""
    scenario = small().replace(CRASH)
    arrangement = Arrangement("isolated", "isolated", "bad_debt", scenario)
    sampler = Sampler(scenario, Event("uncovered", LOSS), 4, WorkerPool(1))
    pilot = sampler.pilot(arrangement, 80)
    sample = sampler.sample([arrangement], Mixture.defended([pilot.mixture], 0.2), 150)
    found = probability(sample.values[:, 0] > LOSS, sample.weights, sample.component)
    plain = (sampler.plain([arrangement], 400)[:, 0] > LOSS).mean()
    assert abs(plain - found.value) < ERRORS * np.hypot(found.error, np.sqrt(max(found.value, 1e-2) / 400))
    assert found.gain(150) > 1.0


@pytest.mark.parametrize(
    "words, problem",
    [
        (["--metric", "nonsense"], "--metric: 'nonsense': allowed: deficit"),
        (["--pilot", "3"], "--pilot: 3: allowed is 50 to 100000"),
        (["--untilted", "0"], "--untilted: 0.0: allowed is 0.01"),
        (["--threshold", "nan"], "--threshold: nan: allowed is a number"),
        (["--seeds", "0"], "--seeds: 0: allowed is 1 to 100"),
        (["--structure", "castle"], "castle"),
    ],
)
def test_bad_input_is_told_in_one_line(words, problem, tmp_path):
    done = CliRunner().invoke(main, ["rare", "--workers", "1", "--out", str(tmp_path / "made"), *words])
    assert done.exit_code == 2
    assert problem in done.stderr
    assert not (tmp_path / "made").exists()


@pytest.mark.compiled
def test_the_command_tells_tables_and_leaves_a_folder(tmp_path):
    folder, base = tmp_path / "found", ["rare", "--workers", "1", "--replications", "40", "--pilot", "50"]
    base += ["--structure", "isolated"]
    settings = [f"--set={name}={value}" for name, value in TINY.items()]
    words = [
        *base,
        *settings,
        "--threshold",
        "1e6",
        "--plain",
        "20",
        "--seeds",
        "2",
        "--out",
        str(folder),
        "--json",
        "--quiet",
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["cells"]) == {"isolated/socialized_loss"}
    for arrangement in told["cells"].values():
        assert 0.0 <= arrangement["ci95"][0] <= arrangement["probability"] <= arrangement["ci95"][1] <= 1.0
        assert arrangement["runs"] == told["replications"] + arrangement["pilot_runs"]
        assert arrangement["plain"]["runs"] == 20
        assert [one["seed"] for one in arrangement["by_seed"]] == told["seeds"] == [1, 2]
        assert arrangement["probability"] == pytest.approx(
            np.mean([one["probability"] for one in arrangement["by_seed"]])
        )
    assert told["replications"] == 80
    assert sorted(path.name for path in folder.rglob("*.*") if path.parent.name != "runs") == [
        "manifest.json", "rare.pdf", "rare.png", "replications.parquet",
    ]  # fmt: skip
    kept = json.loads((folder / "manifest.json").read_text())
    assert kept["rare"] == {name: value for name, value in told.items() if name not in ("world", "notices")}
    assert (kept["notices"], kept["world"]["lines"]) == (told["notices"], told["world"]["lines"])
