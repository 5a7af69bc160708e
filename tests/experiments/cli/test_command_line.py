"""Claims about the command line: what it prints, what it refuses, and with which exit code."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from experiments.cli.listing import as_text
from experiments.cli.main import main
from experiments.plan.scenario_option import parse_setting
from model.scenario import Scenario
from model.scenario.episode import EPISODES
from model.scenario.parameter import declarations

pytestmark = pytest.mark.usefixtures("no_figures")

SMALL = ("trader.number=20", "protocol.number=3", "steps=6", "provider.number=2")
COMPARE = ("compare", "--workers", "1", *(word for setting in SMALL for word in ("--set", setting)))
HEAVY = ("numpy", "numba", "mesa", "pandas", "matplotlib", "pyarrow", "scipy", "networkx")


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(tmp_path, *arguments):
    """Return the lines of standard error of a comparison that must be refused and leave nothing."""
    place = tmp_path / "results" / "out"
    result = invoke("compare", "--out", place, *arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert not place.parent.exists()
    lines = result.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return lines


def test_the_summary_is_one_json_document(tmp_path):
    result = invoke(*COMPARE, "--replications", 2, "--json", "--quiet", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert list(document["cells"]) == ["isolated", "isolated_by_loss", "pooled", "reinsured"]
    told = {"mean", "ci95", "n", "events", "kind", "method"}
    assert all(set(entry) == told for arrangement in document["cells"].values() for entry in arrangement.values())
    wanted = {"metric", "a", "b", "difference", "ci95", "n", "correlation", "variance_reduction"}
    wanted |= {"cohen_d", "hedges_g", "p", "p_adjusted", "family", "events", "kind", "method", "verdict"}
    assert all(set(pair) == wanted for pair in document["pairs"])
    assert document["failed"] == []
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["scenario"]["trader"]["number"] == 20
    assert (manifest["status"], manifest["seed"], manifest["replications"]) == ("complete", 1, 2)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "manifest.json",
        "pilot",
        "runs",
        "series",
    }


def test_tables_name_every_arrangement_and_every_pair(tmp_path):
    options = ("--structure", "none", "--structure", "pooled", "--replications", 2, "--out", tmp_path / "out")
    result = invoke(*COMPARE, *options)
    assert result.exit_code == 0, result.output
    assert "95 % interval" in result.stdout and "variance" in result.stdout
    assert "none" in result.stdout and "pooled" in result.stdout
    assert "complete: 4 of 4 runs" in result.stderr


def test_two_regimes_name_their_arrangements_by_both(tmp_path):
    axes = ("--structure", "pooled", "--regime", "bad_debt", "--regime", "lp_absorbs")
    result = invoke(*COMPARE, *axes, "--replications", 1, "--json", "--out", tmp_path / "out")
    assert list(json.loads(result.stdout)["cells"]) == ["pooled/bad_debt", "pooled/lp_absorbs"]


def test_the_same_command_gives_the_same_numbers(tmp_path):
    runs = [
        invoke(*COMPARE, "--structure", "pooled", "--replications", 2, "--json", "--out", tmp_path / name)
        for name in ("one", "two")
    ]
    first, second = (json.loads(run.stdout) for run in runs)
    assert first["cells"] == second["cells"]


def test_a_finished_comparison_is_shown_again(tmp_path):
    words = (*COMPARE, "--structure", "pooled", "--structure", "isolated", "--replications", 3, "--json")
    first = invoke(*words, "--out", tmp_path / "out")
    manifest = (tmp_path / "out" / "manifest.json").read_bytes()
    again = invoke(*words, "--workers", 2, "--out", tmp_path / "out")
    assert (first.exit_code, again.exit_code) == (0, 0), again.output
    assert again.stdout == first.stdout and "finished before" in again.stderr
    assert (tmp_path / "out" / "manifest.json").read_bytes() == manifest
    other = invoke(*words, "--seed", 5, "--out", tmp_path / "out")
    [told] = [line for line in other.stderr.splitlines() if line.startswith("error: ")]
    assert other.exit_code == 2 and "scenario.seed 1 there, 5 here" in told and "out-2" in told


def test_something_else_is_refused_and_a_free_name_given(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept").touch()
    result = invoke("compare", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "exists already" in result.stderr and "out-2" in result.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "kept"]


def test_all_problems_are_told_at_once(tmp_path):
    lines = refused(
        tmp_path,
        *("--structure", "poold", "--regime", "adl2", "--replications", 0, "--workers", 0),
        *("--set", "nonsense", "--set", "backstop.capital_rato=1", "--prices", tmp_path / "absent.csv"),
    )
    assert len(lines) == 7
    for word in (
        "'pooled'",
        "'adl'",
        "--replications",
        "--workers",
        "NAME=VALUE",
        "capital_ratio",
        "absent.csv",
    ):
        assert any(word in line for line in lines), word


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--episode", "2025-10-11"), ("2025-10-10", "episode")),
        (("--process", "gmb"), ("gbm", "process")),
        (("--process", "bootstrap"), ("price file",)),
        (("--episode", "2025-10-10", "--process", "gbm"), ("--episode", "--process")),
        (("--set", "trader.number=-1"), ("trader.number", "-1")),
        (("--set", "steps=0"), ("steps",)),
        (("--seed", "-3"), ("seed", "-3")),
        (("--scenario", "absent.toml"), ("absent.toml",)),
    ],
)
def test_a_bad_word_is_named_with_what_is_allowed(tmp_path, arguments, words):
    (line,) = refused(tmp_path, *arguments)
    assert all(word in line for word in words), line


def test_unreadable_toml_is_one_line_naming_the_file(tmp_path):
    (tmp_path / "bad.toml").write_text("[backstop\n")
    (line,) = refused(tmp_path, "--scenario", tmp_path / "bad.toml")
    assert "bad.toml" in line and "TOML" in line


def test_a_scenario_file_and_the_command_line_are_checked_together(tmp_path):
    (tmp_path / "bad.toml").write_text('[backstop]\nstructur = "pooled"\n')
    lines = refused(tmp_path, "--scenario", tmp_path / "bad.toml", "--set", "trader.nmber=3")
    assert any("bad.toml" in line and "structure" in line for line in lines)
    assert any("command line" in line and "number" in line for line in lines)


def test_an_edge_list_naming_nobody_is_refused(tmp_path):
    (tmp_path / "debts.txt").write_text("protocol_0 protocol_1 100\nprotocol_0 protocol_99 5\nprotocol_2 nobody\n")
    exposure = ("--set", "exposure.graph=file", "--set", f"exposure.file={tmp_path / 'debts.txt'}")
    lines = refused(tmp_path, *exposure)
    assert len(lines) == 2
    assert "line 2" in lines[0] and "protocol_99" in lines[0]
    assert "line 3" in lines[1] and "nobody" in lines[1]


def test_price_files_without_a_common_time_are_refused(tmp_path):
    rows = "\n".join(f"2024-01-0{{day}} 0{hour}:00,1,1,1,1,0" for hour in range(9))
    for day in (1, 2):
        (tmp_path / f"{day}.csv").write_text("Date,Open,High,Low,Close,Volume\n" + rows.format(day=day) + "\n")
    lines = refused(tmp_path, "--prices", tmp_path / "1.csv", "--prices", tmp_path / "2.csv")
    assert len(lines) == 1


def test_an_unknown_option_is_bad_usage():
    assert invoke("compare", "--structre", "pooled").exit_code == 2


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "file").touch()
    result = invoke("compare", "--out", tmp_path / "file" / "out")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_settings_are_read_as_toml_and_else_as_text():
    assert parse_setting("a.b=3") == ("a.b", 3)
    assert parse_setting("a = [1.5, inf]") == ("a", [1.5, float("inf")])
    assert parse_setting("a=pooled") == ("a", "pooled")
    assert parse_setting("price.episode=2025-10-10") == ("price.episode", "2025-10-10")
    assert parse_setting("a=x=y") == ("a", "x=y")


def test_every_episode_is_listed():
    listed = invoke("episodes")
    assert all(name in listed.stdout for name in EPISODES)
    assert [row["name"] for row in json.loads(invoke("episodes", "--json").stdout)] == list(EPISODES)


def test_every_parameter_is_listed_with_unit_and_source():
    rows = json.loads(invoke("parameters", "--json").stdout)
    assert [row["name"] for row in rows] == [declared.name for declared in declarations(Scenario)]
    assert all(row["unit"] not in ("", "None") and row["source"] not in ("", "None") for row in rows)
    table = invoke("parameters").stdout
    assert all(row["name"] in table for row in rows)


def test_a_listed_default_can_be_typed_back():
    declared = [row for row in declarations(Scenario) if as_text(row.default) != "-"]
    again = Scenario().replace(dict(parse_setting(f"{row.name}={as_text(row.default)}") for row in declared))
    assert again == Scenario()


@pytest.mark.parametrize("command", [["--help"], ["compare", "--help"], ["episodes"], ["parameters"]])
def test_light_commands_import_nothing_heavy(command):
    code = (
        "import sys; from experiments.cli.main import main; main(sys.argv[1:], standalone_mode=False);"
        f"print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert done.stdout


def test_a_name_with_a_line_break_is_told_on_one_line(tmp_path):
    [line] = refused(tmp_path, "--scenario", "no\nsuch.toml")
    assert "no\\nsuch.toml: cannot be read" in line
