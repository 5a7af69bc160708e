"""Recorded draws on single venues stand next to ours, and how often shocks come has an exact interval."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import poisson

from experiments.cli.main import main
from experiments.cli.model_tables import described
from experiments.cli.study import validate
from experiments.run.process_pool import WorkerPool
from experiments.statistics.verdict import HIT, MISS, VAGUE
from experiments.validation import report
from experiments.validation.episode import fund_draw, shock_rate
from experiments.validation.episode.fund_draw import DRAWS, Draw, draw_row, draw_verdict
from model.scenario import Scenario, ScenarioError
from model.scenario.world import scenario_path, world_names

GUIDE = Path("docs/guide/shocks.md")
FUND = Draw("dydx_2023_11", "fund", -9.0, "USD million", "press", lambda run: 0.0)


def test_every_recorded_draw_has_a_scenario_with_its_venue_alone():
    assert len(DRAWS) == 9 and {one.world for one in DRAWS} <= set(world_names())
    for one in DRAWS:
        scenario = fund_draw.played(one.world, {})
        assert (scenario.protocol.number, scenario.price.process) == (1, "episode")
        assert scenario.protocol.name[0].split()[0] == one.name.replace(",", "").split()[0]


def test_every_number_of_a_venue_has_its_source_next_to_it():
    number = re.compile(r"\w+ = \[?\d")
    for world in {one.world for one in DRAWS}:
        lines = Path(scenario_path(world)).read_text().splitlines()
        assert {line for line in lines if number.match(line) and "#" not in line} <= {"number = 1"}


@pytest.mark.parametrize(
    ("recorded", "mean", "interval", "told"),
    [
        (-9.0, -9.0, (-12.0, -6.0), HIT),
        (-9.0, -4.6, (-10.0, -1.0), HIT),
        (-9.0, -4.0, (-10.0, 2.0), VAGUE),
        (-9.0, -9.0, (-30.0, 0.0), VAGUE),
        (-9.0, -4.0, (-5.0, -3.0), MISS),
        (-9.0, 9.0, (8.0, 10.0), MISS),
        (0.001, 0.0, (0.0, 0.0), MISS),
    ],
)
def test_a_hit_has_the_sign_is_within_a_factor_of_two_and_narrow(recorded, mean, interval, told):
    assert draw_verdict(recorded, mean, interval) == told


def test_a_row_tells_record_ours_interval_and_that_it_is_predicted():
    row = draw_row(FUND, np.array([-8.0, -9.0, -10.0, -9.0]))
    assert (row["recorded"], row["ours"], row["ratio"], row["verdict"]) == ("-9", "-9", "1", HIT)
    assert (row["by"], row["unit"], row["source"]) == ("predicted", "USD million", "press")
    assert draw_row(FUND, np.array([np.nan, np.nan]))["verdict"] == MISS
    assert draw_row(FUND._replace(bounds=(-12.0, np.inf)), np.full(3, -12.0))["verdict"] == MISS
    assert draw_row(FUND, np.array([-9.0, np.nan]))["verdict"] == VAGUE


def test_draws_are_run_scenario_by_scenario_with_the_changes(monkeypatch):
    short = {"steps": 3, "trader.number": 20}
    rows = fund_draw.draw_rows(2, WorkerPool(1), short)
    assert [row["fact"] for row in rows] == [one.name for one in DRAWS]
    assert {row["runs"] for row in rows if row["unit"] != "of the vault"} == {"2"}
    assert fund_draw.played("dydx_2023_11", short).trader.number == 20
    with pytest.raises(ScenarioError, match="nonsense"):
        fund_draw.check_worlds({"market.nonsense": 1})


def test_the_command_lists_draws_and_writes_them(monkeypatch, tmp_path):
    monkeypatch.setattr(validate, "run_suite", lambda *_: [])
    monkeypatch.setattr(validate, "episode_rows", lambda *given: [{"fact": "fall", "ours": "3", "verdict": HIT}])
    seen = []
    monkeypatch.setattr(
        validate, "draw_rows", lambda *given: seen.append(given[-1]) or [draw_row(FUND, np.array([1.0, 1.1]))]
    )
    changed = CliRunner().invoke(main, ["validate", "--episodes", "--json", "--set", "market.impact=square_root"])
    assert json.loads(changed.stdout)["draws"][0]["verdict"] == MISS and seen == [{"market.impact": "square_root"}]
    for others in (("--facts", "--episodes"), ("--write", "--episodes"), ()):
        assert CliRunner().invoke(main, ["validate", *others, "--set", "minutes=2"]).exit_code == 2
    assert CliRunner().invoke(main, ["validate", "--episodes", "--set", "minutes=0"]).exit_code == 2
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    assert CliRunner().invoke(main, ["validate", "--episodes", "--write"]).exit_code == 0
    page = report.PAGE.read_text()
    assert report.SECTIONS["draws"] in page and "fund: 1.05 for -9, other sign" in page


@pytest.mark.parametrize("events", [0, 1, 2, 3, 5])
def test_the_ends_of_a_rate_are_those_of_the_poisson_law(events):
    """At either end the record or one further out has a chance of 2.5 %."""
    rate = shock_rate.poisson_rate(events, 10.0)
    assert rate.value == events / 10.0
    assert poisson.cdf(events, 10.0 * rate.high) == pytest.approx(0.025)
    assert rate.low == 0.0 if events == 0 else poisson.sf(events - 1, 10.0 * rate.low) == pytest.approx(0.025)


def test_a_runs_weight_is_the_ratio_of_its_chances_and_has_a_mean_of_one():
    p, q, n = 0.001, 0.05, 40
    counts = np.arange(n + 1)
    chance = np.array([math.comb(n, int(k)) for k in counts])
    studied = chance * q**counts * (1.0 - q) ** (n - counts)
    weights = np.array([shock_rate.weight(int(k), n, p, q) for k in counts])
    assert weights @ studied == pytest.approx(1.0)
    assert weights @ (studied * counts) == pytest.approx(n * p)


def test_the_shipped_world_has_the_rates_of_the_record():
    shock, rates = Scenario.from_toml(scenario_path("idiosyncratic")).shock, shock_rate.shock_rates()
    listings = 3
    for kind, rate in rates.items():
        times = listings if kind == "oracle" else 1
        assert times * getattr(shock, f"{kind}_intensity") == pytest.approx(rate.daily(), rel=0.03)
    guide = GUIDE.read_text(encoding="utf-8")
    assert described(guide) == guide and f"over {sum(shock_rate.YEARS.values()):.1f} years" in guide
    assert all(venue in shock_rate.YEARS for events in shock_rate.EVENTS.values() for _, venue, _ in events)
