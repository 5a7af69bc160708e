"""Claims about an ecosystem under Mesa's own runner: a row is the run that scenario and replication address."""

import math
import multiprocessing
import runpy

import mesa
import numpy as np
import pytest

from agents.protocol.protocol import Protocol
from model import batch_run
from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from tests.support.environment import SHARED, present
from tests.support.world import dotted

SMALL = Scenario().replace({"trader.number": 20, "steps": 6, "protocol.number": 2})


@pytest.fixture(autouse=True)
def afresh(monkeypatch):
    """No run was begun, and what Mesa sets for all of this process is set back."""
    monkeypatch.setattr(batch_run, "_begun", set())
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def rows(parameters, model=Ecosystem, **options):
    return mesa.batch_run(model, parameters, **{"number_processes": 1, "display_progress": False} | options)


def direct(scenario, replication=0, steps=6):
    ecosystem = Ecosystem(scenario, replication)
    for _ in range(steps):
        ecosystem.step()
    return ecosystem


def told(row, metrics):
    return {name: row[name] for name in metrics}


def test_a_row_is_the_run_that_scenario_and_replication_address():
    found = rows({"scenario": [SMALL], "replication": [0, 1]}, max_steps=4)
    for row, replication in zip(found, (0, 1), strict=True):
        metrics = direct(SMALL, replication, 4).summary()
        assert told(row, metrics) == metrics and row["Step"] == 4 and row["replication"] == replication
    assert told(found[0], metrics) != told(found[1], metrics)


def test_rng_is_the_seed_and_a_run_ends_at_its_last_step():
    found = rows({"scenario": SMALL}, rng=[7, np.int64(8), 9])
    for row, seed in zip(found, (7, 8, 9), strict=True):
        metrics = direct(SMALL.replace({"seed": seed})).summary()
        assert told(row, metrics) == metrics and row["Step"] == 6 and row["scenario"] is SMALL
    assert len({row["mid_BTC"] for row in found}) == 3
    drawn = [Ecosystem(SMALL, rng=np.random.SeedSequence(5)).scenario.seed for _ in range(2)]
    assert drawn[0] == drawn[1] != Ecosystem(SMALL, rng=[5, 6]).scenario.seed


def test_fields_are_parameters_like_others():
    found = rows({"trader.number": [10, 20], "steps": 3, "protocol.number": 2})
    assert [row["trader.number"] for row in found] == [10, 20]
    metrics = direct(
        Scenario().replace(dotted({"trader__number": 10, "steps": 3, "protocol__number": 2})), 0, 3
    ).summary()
    assert told(found[0], metrics) == metrics
    with pytest.raises(ScenarioError, match=r"trader\.numbers.*did you mean"):
        Ecosystem(SMALL, **{"trader.numbers": 3})
    with pytest.raises(TypeError, match="scenario: str; allowed"):
        Ecosystem("mine.toml")


def test_every_step_has_its_series_and_the_last_one_the_metrics():
    found, ecosystem = rows({"scenario": [SMALL]}, data_collection_period=1), direct(SMALL)
    series, metrics = ecosystem.series(), ecosystem.summary()
    assert [row["Step"] for row in found] == [1, 2, 3, 4, 5, 6]
    for name in ("mid_BTC", "fund_1", "volume_0"):
        assert [row[name] for row in found] == series[name].tolist()
    assert all(math.isnan(row["deficit"]) for row in found[:-1]) and told(found[-1], metrics) == metrics
    table = ecosystem.datacollector.get_model_vars_dataframe()
    assert table["mid_BTC"].tolist() == series["mid_BTC"].tolist()


def test_iterations_that_repeat_a_run_are_warned_of():
    with pytest.warns(UserWarning, match="seed 1 and replication 0 again.*rng=range") as warned:
        found = rows({"scenario": [SMALL]}, rng=[None] * 3)
    assert len(found) == 3 and found[0]["mid_BTC"] == found[2]["mid_BTC"]
    assert {warning.category for warning in warned} == {UserWarning}
    with pytest.deprecated_call(match="iterations"), pytest.warns(UserWarning, match="again"):
        assert [row["iteration"] for row in rows({"scenario": [SMALL]}, iterations=2)] == [0, 1]


class Collecting(Ecosystem):
    """An ecosystem with a collector of its user's."""

    def __init__(self, scenario, rng=None):
        super().__init__(scenario, rng=rng)
        self.datacollector = mesa.DataCollector({"mine": "clock"}, agenttype_reporters={Protocol: {"fund": "fund"}})

    def step(self):
        super().step()
        self.datacollector.collect(self)


def test_a_collector_of_the_users_is_the_one_that_is_read():
    found = rows({"scenario": [SMALL]}, Collecting)
    assert [row["mine"] for row in found] == [6, 6] and found[0]["fund"] == direct(SMALL).agents_by_type[Protocol].get(
        "fund"
    )[0]


def test_a_run_that_is_over_says_so():
    ecosystem = Ecosystem(SMALL)
    assert ecosystem.running and ecosystem.datacollector.model_vars["deficit"] == []
    ecosystem.run()
    assert not ecosystem.running and ecosystem.steps == ecosystem.clock == 6
    stopped = Ecosystem(SMALL)
    stopped.running = False
    assert not stopped.running


def test_the_reported_script_prints_two_rows(capsys):
    runpy.run_path(str(present(SHARED / "cases" / "mesa_batch_run.py")), run_name="__main__")
    assert capsys.readouterr().out == "2\n"


@pytest.mark.slow
def test_processes_of_mesas_runner_give_the_same_rows():
    one, two = (
        sorted(rows({"scenario": [SMALL]}, rng=[1, 2], number_processes=number), key=lambda row: row["RunId"])
        for number in (1, 2)
    )
    assert [told(row, direct(SMALL).summary()) for row in one] == [told(row, direct(SMALL).summary()) for row in two]
