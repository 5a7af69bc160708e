"""Splitting the whole model: branches are runs, the estimate is that of brute force, the command tells it."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.arrangement import Arrangement
from experiments.run.process_pool import WorkerPool
from experiments.study.rare.search import Event, RareError
from experiments.study.rare.splitting.answer import REPETITIONS
from experiments.study.rare.splitting.fixed_effort import Crowd, Numbers, chosen_levels, split
from experiments.study.rare.splitting.importance import SPLIT, Importance
from experiments.study.rare.splitting.part import repeated
from experiments.study.rare.splitting.study import Spent, split_scenario
from experiments.study.rare.splitting.whole_model import Splice, SplicedStreams, WholeModel
from model.ecosystem import Ecosystem
from model.price.streams import Streams
from model.price.tape import draw_tape
from model.scenario import Scenario
from tests.support.world import crash, small

ERRORS = 4.5
TURBULENT = {
    "protocol.number": 2, "provider.number": 2, "trader.number": 60, "steps": 100, "minutes": 1.0,
    "asset.daily_volatility": (0.15, 0.2, 0.3), "backstop.structure": "isolated",
}  # fmt: skip


def turbulent():
    """Return a scenario in which prices move by a tenth within an hour now and then."""
    return Scenario().replace(TURBULENT)


def plain(scenario, level, number, first=5_000_000):
    """Return how many of `number` plain runs have a deficit above `level`."""
    hits = 0
    for replication in range(first, first + number):
        ecosystem = Ecosystem(scenario, replication)
        ecosystem.run()
        hits += ecosystem.summary()["deficit"] > level
    return hits


def agree(found, hits, number):
    """Tell whether an estimate is that of plain runs, within what the errors of both allow."""
    share = (hits + 1.0) / (number + 2.0)
    return abs(found.value - hits / number) < ERRORS * np.hypot(found.error, np.sqrt(share * (1.0 - share) / number))


def test_splitting_finds_what_brute_force_finds_where_the_event_is_common():
    scenario = crash()
    process, numbers = WholeModel(scenario, Importance("deficit", 6e6)), Numbers(1)
    levels, search = chosen_levels(process, 12, 0.7, numbers)
    found = split(process, levels, 12, 4, numbers)
    hits = plain(scenario, 6e6, 60)
    assert 0 < hits < 60 and found.value > 0.0 and len(levels) > 1 and search > 12.0
    assert agree(found, hits, 60)


@pytest.mark.slow
@pytest.mark.compiled
def test_splitting_finds_what_brute_force_finds_at_one_in_a_hundred():
    scenario, level = turbulent(), 5e4
    process, numbers = WholeModel(scenario, Importance("deficit", level)), Numbers(1)
    levels, search = chosen_levels(process, 30, 0.25, numbers)
    found = split(process, levels, 40, 20, numbers)
    hits = plain(scenario, level, 1500)
    assert 0 < hits < 150 and len(levels) > 1 and search > 30.0
    assert agree(found, hits, 1500)


def test_a_branch_of_a_branch_is_the_run_of_its_spliced_draws():
    """Sent on twice, a path has the prices that a run of its tape from the start has: nothing of others is left."""
    scenario = small(price__process="garch")
    process, numbers = WholeModel(scenario, Importance("deficit", 1e12), every=3), Numbers(1)
    crowd = Crowd(process, 6, numbers)
    for level in (-1e9, -1e9):  # three steps, and three more
        crowd.paths = [path._replace(importance=np.nan) for path in crowd.sent(level, numbers.take(6))]
    for end in crowd.sent(np.inf, numbers.take(6)):
        path = end.state.path
        tape = draw_tape(scenario, path[0].replication, SplicedStreams.of(scenario.seed, path, process.length))
        run = Ecosystem(scenario, path[0].replication, tape)
        run.run()
        end.state.future.put(end.state.point)
        assert [splice.step for splice in path] == [0, 3, 6]
        assert np.array_equal(run.record.asset[:, :, 0], end.state.future.run.record.asset[:, :, 0])


def test_streams_are_spliced_by_step_and_others_are_left():
    streams = SplicedStreams.of(3, (Splice(0, 1), Splice(4, 2), Splice(7, 5)), 10)
    rows = [Streams(3, replication).uniform("a", 0, size=10) for replication in (1, 2, 5)]
    assert np.array_equal(streams.uniform("a", 0, size=10), np.concatenate([rows[0][:4], rows[1][4:7], rows[2][7:]]))
    assert np.array_equal(streams.normal("b", size=3), Streams(3, 1).normal("b", size=3))


@pytest.mark.parametrize("metric", SPLIT)
def test_the_event_has_come_when_the_summary_says_so_and_not_before(metric):
    """The sums never fall, so a path that has reached the event may stop there."""
    run = Ecosystem(crash(backstop__capital_ratio=1e-4))
    sums = []
    for _ in range(run.horizon):
        run.step()
        sums.append(run.summary()[metric])
        assert Importance(metric, sums[-1])(run) < np.inf
        assert Importance(metric, sums[-1] - 1.0)(run) == np.inf
    assert (np.diff(sums) >= 0.0).all()


def test_importance_rises_as_prices_move_against_those_who_owe():
    run = Ecosystem(small())
    near = []
    for _ in range(3):
        near.append(Importance("deficit", 1e6)(run))
        run.exchange.mark[:] *= 0.99
    assert near == sorted(near) and near[0] < near[-1] < 0.0
    assert Importance("uncovered", 1e6)(run) < near[-1]
    assert Importance("deficit", 1e18)(run) < Importance("deficit", 1e17)(run) < -16.0


@pytest.mark.parametrize("steps", [40, 1500])
def test_a_process_that_is_not_drawn_step_by_step_is_refused(steps):
    """An episode's bridge is tied to anchors to come, whether a run lasts that long or not."""
    with pytest.raises(RareError, match=r"^price.process: 'episode' is not drawn step by step, .* --method tilting;"):
        WholeModel(small(price__process="episode", steps=steps), Importance("deficit", 1.0)).check()


@pytest.mark.parametrize("process", ["gbm", "garch", "jump_diffusion", "stochastic_volatility", "noise_demand"])
def test_processes_that_go_forward_are_split(process):
    process = WholeModel(small(price__process=process), Importance("deficit", 1.0))
    process.check()
    assert process.length == 40


def test_repetitions_do_not_depend_on_who_runs_them():
    scenario, event = crash(), Event("deficit", 6e6)
    trial, found = split_scenario(Arrangement("a", "a", "a", scenario), event, Spent(10, 4), WorkerPool(1))
    assert len(found.products) == REPETITIONS
    assert repeated(scenario, event, trial.levels, 4, 7)[0] == found.products[7]
    assert len({repeated(scenario, event, trial.levels, 4, r)[1] for r in range(4)}) > 1


def test_the_command_splits(tmp_path):
    settings = ["price.process=jump_diffusion", "price.jump_intensity=200", "price.jump_mean=-4", "steps=20"]
    settings += ["trader.number=40", "protocol.number=2", "provider.number=2"]
    words = ["rare", "--method", "splitting", "--metric", "deficit", "--threshold", "3e6", "--pilot", "50"]
    words += ["--replications", "80", "--seeds", "1", "--structure", "isolated", "--workers", "1", "--json", "--quiet"]
    words += ["--out", str(tmp_path / "out"), *(word for one in settings for word in ("--set", one))]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    [arrangement] = told["cells"].values()
    products = pq.read_table(tmp_path / "out" / "products.parquet")
    assert told["method"] == "splitting" and told["replications"] == 80 and len(products) == REPETITIONS
    assert arrangement["probability"] == pytest.approx(np.mean(products["product"].to_numpy()))
    assert 0.0 <= arrangement["ci95"][0] <= arrangement["probability"] <= arrangement["ci95"][1] <= 1.0
    assert arrangement["runs"] > arrangement["pilot_runs"] > 0.0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["rare"]["cells"].keys() == told["cells"].keys()


@pytest.mark.parametrize(
    "words, problem",
    [
        (["--metric", "exhausted"], "--metric: 'exhausted': allowed with --method splitting: deficit"),
        (["--metric", "deficit", "--plain", "9"], "--plain: allowed with --method tilting alone"),
        (["--metric", "deficit", "--blocks", "8"], "--blocks: allowed with --method tilting alone"),
        (["--metric", "deficit", "--set", "price.process=episode", "--threshold", "1"], "not drawn step by step"),
    ],
)
def test_what_cannot_be_split_is_told_in_one_line(words, problem, tmp_path):
    done = CliRunner().invoke(main, ["rare", "--method", "splitting", "--out", str(tmp_path / "made"), *words])
    assert done.exit_code in (1, 2) and problem in done.stderr and "Traceback" not in done.stderr
