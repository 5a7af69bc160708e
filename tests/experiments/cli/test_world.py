"""A run says its world, and says when that world tested nothing."""

import json

import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.world import describe_world, unstressed, world
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.episode import EPISODES
from tests.experiments.cli.test_command_line import COMPARE, SMALL

pytestmark = pytest.mark.usefixtures("no_figures")

EPISODE = {"price.process": "episode", "price.episode": "2025-10-10"}
CALM = ("--process", "gbm", *("--set", "asset.daily_volatility=[1e-6]"))


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def hours_on_file(folder, days):
    """Return a price file of hourly bars over whole days from 1 January 2024 on."""
    rows = [f"2024-01-{day + 1:02d} {hour:02d}:00,100,101,99,100,1" for day in range(days) for hour in range(24)]
    file = folder / "BTC.csv"
    file.write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]) + "\n")
    return file


def test_the_world_of_the_tenth_of_october():
    first, second, third = describe_world(Scenario().replace(EPISODE), ("isolated", "pooled"), ("adl",), 40)
    assert "episode 2025-10-10" in first and "2025-10-10 14:00 to 2025-10-11 02:00 UTC" in first
    assert "720 steps of 1 min (12 h)" in first
    assert "assets BTC, ETH, XRP; 8 protocols" in second and "(total 960)" in second
    assert "capital $M 14.4, by fund 6 3 0.9" in second
    assert third == "structure isolated, pooled; regime adl; n = 40; seed 1"


def test_the_capital_said_is_the_capital_that_is_there():
    scenario = Scenario().replace({**EPISODE, "trader.number": 20, "steps": 1})
    told = world(scenario)
    there = Ecosystem(scenario).protocol.capital
    assert told["capital_by_fund"] == pytest.approx(there.tolist())
    assert told["capital"] == pytest.approx(there.sum())


@pytest.mark.parametrize("episode", EPISODES.values(), ids=list(EPISODES))
def test_an_episode_ends_as_long_after_its_start_as_it_lasts(episode):
    told = world(Scenario().replace({"price.process": "episode", "price.episode": episode.name}))
    assert told["start"].startswith(episode.start) and told["steps"] == episode.minutes
    assert episode.name[:7] == told["start"][:7]


def test_a_replay_says_its_dates_and_how_to_choose_others(tmp_path):
    replayed = {"price.process": "replay", "price.files": (str(hours_on_file(tmp_path, 5)),)}
    line = describe_world(Scenario().replace(replayed))[0]
    assert "2024-01-01 00:00 to 2024-01-02 00:00 UTC" in line
    assert "on file are 2024-01-01 00:00 to 2024-01-06 00:00 UTC" in line and "price.start=DATE" in line
    later = describe_world(Scenario().replace({**replayed, "price.start": "2024-01-03", "steps": 60}))[0]
    assert "2024-01-03 00:00 to 2024-01-03 01:00 UTC, 60 steps" in later


def test_what_is_replayed_whole_offers_no_choice(tmp_path):
    files = (str(hours_on_file(tmp_path, 1)),)
    assert "on file" not in describe_world(Scenario().replace({"price.process": "replay", "price.files": files}))[0]


def test_funds_that_a_pilot_will_size_are_not_made_up():
    told = world(Scenario().replace({"backstop.allotment": "expected_loss"}))
    assert told["capital_by_fund"] is None and "as a pilot estimates (by expected loss)" in told["lines"][1]


def test_a_run_opens_with_its_world_and_keeps_it(tmp_path):
    result = invoke(*COMPARE, "--structure", "pooled", "--replications", 1, "--json", "--out", tmp_path / "out")
    document = json.loads(result.stdout)
    assert result.stderr.startswith("world: episode 2025-10-10")
    assert document["world"]["lines"] == result.stderr.splitlines()[:3]
    kept = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert kept["world"] == document["world"] and kept["world"]["replications"] == 1


def test_quiet_keeps_the_world_in_the_document_alone(tmp_path):
    result = invoke(*COMPARE, "--structure", "none", "--replications", 1, "--json", "--quiet", "--out", tmp_path / "o")
    assert result.stderr == "" and json.loads(result.stdout)["world"]["process"] == "episode"


def test_a_world_without_a_deficit_is_warned_of(tmp_path):
    result = invoke(*COMPARE, *CALM, "--structure", "none", "--replications", 2, "--json", "--out", tmp_path / "out")
    assert "nothing was stressed" in result.stderr
    assert json.loads(result.stdout)["warnings"] == unstressed([0.0, 0.0])


def test_only_runs_without_any_deficit_are_unstressed():
    assert unstressed([0.0, float("nan"), 0.0]) and "any of 2 runs" in unstressed([0.0, float("nan"), 0.0])[0]
    assert unstressed([0.0, 1e-3]) == [] and unstressed([]) == [] and unstressed([float("nan")]) == []


def test_every_study_says_its_world(tmp_path):
    words = [word for setting in SMALL for word in ("--set", setting)]
    few = ("--workers", 1, "--replications", 2, "--json")
    for name in ("size", "network", "attribute"):
        result = invoke(name, *words, *few, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert "world: episode 2025-10-10" in result.stderr
        assert json.loads(result.stdout)["world"]["seed"] == 1


def test_a_sweep_says_its_world_and_what_it_moves(tmp_path):
    words = [word for setting in SMALL for word in ("--set", setting)]
    axes = ("--x", "price.severity=0.5,1", "--y", "protocol.treasury_ratio=0.001,0.01")
    result = invoke("phase", *words, *axes, "--replications", 2, "--out", tmp_path / "phase", "--regime", "adl")
    assert result.exit_code == 0, result.output
    assert "structure isolated, pooled; regime adl; n = 2; seed 1" in result.stderr
    assert "moved: price.severity = 0.5, 1" in result.stderr
    kept = json.loads((tmp_path / "phase" / "manifest.json").read_text())
    assert kept["world"]["structures"] == ["isolated", "pooled"]
