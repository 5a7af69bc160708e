"""Claims about malformed inputs: whatever a file or an option says, a command ends as commands do.

A sample runs with every suite; all of them by ``pytest -m slow tests/experiments/cli/test_malformed.py``.
"""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from experiments.cli.main import main
from tests.support.malformed import HEAD, Case, cases

CASES = tuple(cases())
SAMPLE = 60
PROBLEM = ("error: ", "Usage: ", "Try ", "Error: ", "note: ", "warning: ")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished sweep in it, whose copies are harmed."""
    folder = tmp_path_factory.mktemp("malformed")
    (folder / "sound.toml").write_text(HEAD.format(base='process = "gbm"'), encoding="utf-8")
    made = CliRunner().invoke(main, ["sweep", str(folder / "sound.toml"), "--out", str(folder / "sound"), "--quiet"])
    assert made.exit_code == 0, made.output
    return folder


def ended(case: Case, place: Path, number: int) -> Result:
    """Return how the command of `case` ended, run in a folder of its own."""
    folder = place / str(number)
    folder.mkdir()
    return CliRunner().invoke(main, case.build(folder))


def check(case: Case, place: Path, number: int) -> None:
    """Fail unless the command ended with 0, 1 or 2, told problems a line each, and left nothing where it refused."""
    result = ended(case, place, number)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code in (0, 1, 2)
    lines = result.stderr.splitlines()
    assert "Traceback" not in result.output
    if result.exit_code:
        assert lines, "an exit code without a word"
    if result.exit_code == 2:
        assert all(line.startswith(PROBLEM) or not line for line in lines), lines
        assert all(len(line) < 1_000 for line in lines)
        assert not (place / str(number) / "out").exists()
    assert not [path for path in (place / str(number)).rglob(".*") if path.is_dir()], "a hidden folder is left"


def test_there_are_many() -> None:
    assert len(CASES) >= 300 and len({case.name for case in CASES}) == len(CASES)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "number", range(0, len(CASES), len(CASES) // SAMPLE), ids=lambda number: CASES[number].name[:60]
)
def test_a_sample_ends_as_commands_do(place: Path, number: int) -> None:
    check(CASES[number], place, number)


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].name[:60])
def test_all_end_as_commands_do(place: Path, number: int, tmp_path: Path) -> None:
    check(CASES[number], place, number)
