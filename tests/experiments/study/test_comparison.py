"""Claims about a comparison: paired by replication, the same for any number of workers, no failure hidden."""

import os
import sys
import types

import numpy as np
import pytest

from experiments.plan.arrangement import BY_LOSS, BY_SHORTFALL, Arrangement, Estimate, arrangements, needs_pilot
from experiments.plan.configuration import plan
from experiments.plan.options import ConfigurationError, Options
from experiments.results.folder import ResultFolder
from experiments.results.parquet import read_table
from experiments.results.run import Run
from experiments.run.interrupt import Interrupt
from experiments.run.process_pool import WorkerPool
from experiments.run.progress import Progress
from experiments.run.run import run_arrangement
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.manifest import COMPLETE, INTERRUPTED, PARTLY_FAILED
from experiments.study.comparison.pilot import doubt, expected_loss, expected_shortfall, misplaced, pilot_replications
from experiments.study.comparison.run import execute, planned_runs
from model.scenario import Scenario

SMALL = ("trader.number=20", "protocol.number=3", "steps=6", "provider.number=2")
STEPS = 6


class MadeUpEcosystem:
    """Numbers that depend on the arrangement and the replication alone."""

    broken: tuple[int, ...] = ()
    horizon = STEPS

    def __init__(self, scenario, replication, tape=None, kept=()):
        if replication in self.broken:
            raise RuntimeError(f"replication {replication} is broken")
        backstop = scenario.backstop
        self.level = 1e6 * (1 + replication % 7) / (2 if backstop.structure == "pooled" else 1)
        self.losses = {f"backstop_loss_{i}": i * self.level for i in range(scenario.protocol.number)}

    def run(self):
        pass

    def summary(self):
        return {"uncovered": self.level, "deficit": 3e6, "exhausted": self.level // 1e6, **self.losses}

    def series(self):
        return {"pool": np.linspace(self.level, 0.0, STEPS), "mid_BTC": np.ones(STEPS)}


@pytest.fixture
def made_up(monkeypatch):
    monkeypatch.setattr(MadeUpEcosystem, "broken", ())
    module = types.SimpleNamespace(Engine=MadeUpEcosystem)
    monkeypatch.setitem(sys.modules, "model.engine.engine", module)
    return MadeUpEcosystem


def planned(tmp_path, **options):
    return plan(Options(settings=SMALL, workers=1, out=str(tmp_path / "out"), **options))


def executed(chosen, stop=lambda: False):
    progress = Progress(planned_runs(chosen), quiet=True)
    with ResultFolder(chosen.folder) as folder:
        return execute(chosen, folder, progress, stop), progress


def run_of(arrangement, replication, **metrics):
    return Run(arrangement, arrangement, "adl", replication, metrics, {})


def test_values_are_aligned_by_replication_whatever_the_order_and_whatever_failed():
    comparison = Comparison(["a", "b"], [0, 1, 2])
    for replication in (2, 0, 1):
        comparison.add(run_of("a", replication, loss=10.0 * replication))
    comparison.add(run_of("b", 2, loss=19.0))
    comparison.add(Run("b", "b", "adl", 1, {}, {}, failure="broken"))
    comparison.add(run_of("b", 0, loss=-1.0))
    assert comparison.values("a", "loss").tolist() == [0.0, 10.0, 20.0]
    difference = comparison.difference("a", "b", "loss")
    assert (difference.mean, difference.number) == (1.0, 2)
    assert [run.replication for run in comparison.failed] == [1]


def test_the_document_names_every_arrangement_metric_and_pair():
    comparison = Comparison(["a", "b", "c"], range(4))
    for replication in range(4):
        for shift, arrangement in enumerate("abc"):
            comparison.add(run_of(arrangement, replication, loss=replication * (1.0 + shift), still=1.0))
    document = comparison.document()
    assert document["cells"]["b"]["loss"]["mean"] == 3.0
    assert document["cells"]["b"]["loss"]["n"] == 4
    assert {(pair["a"], pair["b"]) for pair in document["pairs"]} == {("a", "b"), ("a", "c"), ("b", "c")}
    pair = next(pair for pair in document["pairs"] if (pair["a"], pair["b"], pair["metric"]) == ("a", "b", "loss"))
    assert pair["difference"] == -1.5
    assert pair["correlation"] == pytest.approx(1.0)
    assert pair["variance_reduction"] == pytest.approx(5.0)  # (1 + 4) / (2 - 1)**2


def test_isolated_is_shown_with_both_sizes_of_fund():
    losses = (3.0, 1.0, 0.0)
    scenario = Scenario().replace({"protocol.number": 3})
    found = arrangements(scenario, ("isolated", "pooled"), ("adl",), Estimate(losses))
    assert [arrangement.name for arrangement in found] == ["isolated", BY_LOSS, "pooled"]
    assert found[0].scenario.backstop.allotment == "open_interest"
    assert found[1].scenario.backstop.allotment == "expected_loss"
    assert found[1].scenario.backstop.expected_loss == losses
    assert {arrangement.scenario.backstop.regime for arrangement in found} == {"adl"}


def test_an_allotment_without_its_estimate_gets_the_pilots():
    """Every arrangement is sized by expected shortfall but the first isolated one; given estimates are left alone."""
    scenario = Scenario().replace({"protocol.number": 3, "backstop.allotment": "expected_shortfall"})
    assert needs_pilot(scenario, ("pooled",)) and not needs_pilot(Scenario(), ("pooled",))
    found = arrangements(scenario, ("isolated", "pooled"), ("adl",), Estimate((1.0, 1.0, 1.0), (3.0, 2.0, 1.0)))
    assert [arrangement.name for arrangement in found] == ["isolated", BY_SHORTFALL, "pooled"]
    assert [arrangement.scenario.backstop.expected_shortfall for arrangement in found] == [
        (),
        (3.0, 2.0, 1.0),
        (3.0, 2.0, 1.0),
    ]
    given = scenario.replace({"backstop.expected_shortfall": (5.0, 1.0, 1.0)})
    assert not needs_pilot(given, ("pooled",))
    [arrangement] = arrangements(given, ("pooled",), ("adl",), Estimate((), (3.0, 2.0, 1.0)))
    assert arrangement.scenario.backstop.expected_shortfall == (5.0, 1.0, 1.0)


def test_the_pilot_expects_the_shortfall_of_the_worst_runs():
    """Of deficits 1 to 10 the worst fifth has mean 9.5, the worst hundredth is the largest."""
    runs = [run_of("pilot", k, backstop_loss_0=float(k + 1), backstop_loss_1=0.0) for k in range(10)]
    assert expected_shortfall(runs, members=2, level=0.8) == pytest.approx((9.5, 0.0))
    assert expected_shortfall(runs, members=1, level=0.99) == (10.0,)
    assert expected_shortfall([], members=2, level=0.99) == ()


def test_premium_rules_are_an_axis_of_their_own():
    found = arrangements(Scenario(), ("pooled",), ("adl",), Estimate(), ("flat", "vote"))
    assert [(arrangement.name, arrangement.scenario.reinsurance.premium) for arrangement in found] == [
        ("pooled/flat", "flat"),
        ("pooled/vote", "vote"),
    ]
    [alone] = arrangements(Scenario(), ("pooled",), ("adl",), Estimate(), ("vote",))
    assert (alone.name, alone.scenario.reinsurance.premium) == ("pooled", "vote")


def test_arrangements_differ_in_the_backstop_alone():
    for arrangement in arrangements(Scenario(), ("isolated", "pooled", "none"), ("adl", "bad_debt"), Estimate()):
        changed = arrangement.scenario.model_dump()
        assert {**changed, "backstop": None} == {**Scenario().model_dump(), "backstop": None}
        assert arrangement.name.endswith(f"/{arrangement.regime}")


def test_the_pilot_expects_the_mean_loss():
    runs = [
        run_of("pilot", 0, backstop_loss_0=1.0, backstop_loss_1=0.0),
        run_of("pilot", 1, backstop_loss_0=3.0, backstop_loss_1=2.0),
    ]
    assert expected_loss(runs, members=2) == (2.0, 1.0)
    assert expected_loss([], members=2) == ()


def test_a_pilot_says_how_much_of_the_capital_it_may_have_misplaced():
    """One run hits one member, one the other: of four resamples two put half of the capital elsewhere, two none."""
    apart = [
        run_of("pilot", 0, backstop_loss_0=1.0, backstop_loss_1=0.0),
        run_of("pilot", 1, backstop_loss_0=0.0, backstop_loss_1=1.0),
    ]
    assert misplaced(apart, lambda runs: expected_loss(runs, 2)) == pytest.approx(0.25, abs=0.06)
    assert misplaced([apart[0]] * 2, lambda runs: expected_loss(runs, 2)) == 0.0
    calm = [run_of("pilot", 0, backstop_loss_0=0.0, backstop_loss_1=0.0)]
    assert misplaced(calm, lambda runs: expected_loss(runs, 2)) is None
    assert misplaced([], lambda runs: expected_loss(runs, 2)) is None
    assert "25%" in doubt(20, 0.25) and "do not contain that" in doubt(20, 0.25)


def test_a_comparison_runs_every_arrangement_and_its_pilot(tmp_path, made_up):
    chosen = planned(tmp_path, replications=3)
    outcome, progress = executed(chosen)
    assert outcome.complete and outcome.manifest["status"] == COMPLETE
    assert progress.done == progress.total == planned_runs(chosen) == 4 * 3 + pilot_replications(3)
    assert list(outcome.manifest["cells"]) == ["isolated", BY_LOSS, "pooled", "reinsured"]
    assert not set(outcome.manifest["pilot"]["replications"]) & set(range(3))
    assert set(outcome.manifest["pilot"]["misplaced"]) == {"expected_loss", "expected_shortfall"}
    assert outcome.comparison.difference("isolated", "pooled", "uncovered").mean == pytest.approx(1e6)
    assert read_table(outcome.folder / "runs").num_rows == 12
    assert read_table(outcome.folder / "series").num_rows == 12 * STEPS


def test_a_failed_run_is_told_and_the_others_are_kept(tmp_path, made_up):
    made_up.broken = (1,)
    outcome, _ = executed(planned(tmp_path, structures=("pooled", "none"), replications=3))
    assert outcome.manifest["status"] == PARTLY_FAILED
    assert [failure["replication"] for failure in outcome.manifest["failures"]] == [1, 1]
    assert outcome.manifest["failures"][0]["error"] == "RuntimeError: replication 1 is broken"
    assert "Traceback" in outcome.manifest["failures"][0]["traceback"]
    assert sorted(read_table(outcome.folder / "runs")["replication"].to_pylist()) == [0, 0, 2, 2]


def test_where_every_run_fails_the_manifest_says_so(tmp_path, made_up):
    made_up.broken = tuple(range(3))
    outcome, _ = executed(planned(tmp_path, structures=("none",), replications=2))
    assert outcome.manifest["runs"] == {"planned": 2, "finished": 0}
    assert (outcome.folder / "manifest.json").exists()
    assert not (outcome.folder / "figures").exists()


def test_a_wish_to_stop_keeps_the_finished_runs(tmp_path, made_up):
    chosen = planned(tmp_path, structures=("pooled",), replications=5)
    asked = iter([False, False, False, True, True, True, True])
    outcome, _ = executed(chosen, stop=lambda: next(asked))
    assert outcome.manifest["status"] == INTERRUPTED
    assert 0 < read_table(outcome.folder / "runs").num_rows < 5


@pytest.mark.parametrize(("most", "done"), [(200, 67), (40, 40)])
def test_a_comparison_stops_at_its_precision_or_at_its_most(tmp_path, made_up, most, done):
    chosen = planned(tmp_path, structures=("isolated", "pooled"), replications=most, precision=("deficit=1",))
    outcome, _ = executed(chosen)
    assert outcome.complete and outcome.comparison.finished == 3 * done
    written = outcome.manifest
    assert written["replications"] == done and written["precision"]["asked"] == ["deficit=1"]
    # The made-up deficits never differ, which is believed from sixty replications on.
    assert bool(written["precision"]["lacking"]) == (done < 60)


def test_a_precision_of_no_metric_is_told_after_the_first_run(tmp_path, made_up):
    with pytest.raises(ConfigurationError, match=r"uncoverd: unknown metric.*uncovered"):
        executed(planned(tmp_path, precision=("uncoverd=1",)))
    assert list(tmp_path.iterdir()) == []


def test_stopped_before_any_run_nothing_is_written(tmp_path, made_up):
    outcome, _ = executed(planned(tmp_path, replications=5), stop=lambda: True)
    assert outcome.folder is None
    assert list(tmp_path.iterdir()) == []


def test_the_first_interrupt_is_a_wish_and_the_second_is_not(capsys):
    import signal  # noqa: PLC0415

    with pytest.raises(KeyboardInterrupt), Interrupt() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        signal.raise_signal(signal.SIGINT)
    assert "stopping" in capsys.readouterr().err


def test_a_run_that_raises_is_a_failed_run(made_up):
    made_up.broken = (4,)
    run = run_arrangement(Arrangement("x", "pooled", "adl", Scenario()), 4)
    assert run.summary == {} and "broken" in run.failure


def pid_or_death(number):
    if not number:
        os._exit(3)
    return os.getpid()


class Deadly:
    """A scenario that ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (3,)


def test_a_worker_that_dies_makes_failed_runs_and_no_wait(made_up):
    deadly = Arrangement("x", "pooled", "adl", Deadly())
    with WorkerPool(2) as executor:
        runs = list(executor.replicate([deadly], range(6)))
        assert [run.replication for run in runs] == list(range(6))
        assert all("a worker process died" in run.failure for run in runs)
        assert len(set(executor.each(os.getpid, [(), ()], 0))) == 2
        assert executor.each(pid_or_death, [(1,), (0,)], 0) == [os.getpid(), 0]


def test_any_number_of_workers_gives_the_same_runs():
    scenario = plan(Options(settings=SMALL, workers=1, out="nowhere")).scenario
    chosen = arrangements(scenario, ("isolated", "pooled"), ("socialized_loss",), Estimate())
    with WorkerPool(2) as several:
        alone, executor = (list(workers.replicate(chosen, range(7))) for workers in (WorkerPool(1), several))
    assert [run[:5] for run in alone] == [run[:5] for run in executor]
    assert [run.failure for run in alone] == [None] * len(alone)
    for one, other in zip(alone, executor, strict=True):
        assert one.series.keys() == other.series.keys()
        assert all(np.array_equal(one.series[name], other.series[name], equal_nan=True) for name in one.series)
