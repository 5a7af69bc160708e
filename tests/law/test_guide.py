"""The pages on extending, word for word: files are written, lines inserted, commands run, in a copy of the sources.

A page's blocks are ``python file=PATH`` (a new file), ``diff file=PATH`` (lines that replace or follow others), ``sh``.
A choice is three files by hand, documentation and tests included: tables of the documentation are written by a command.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: ROOT / "docs" / "extend" / f"{name}.md" for name in ("regime", "structure", "process", "strategy")}
SOURCES = ("agents", "model", "experiments")
GENERATED = {"docs/ODD.md", "docs/parameters.md"}
EXAMPLES = {
    "model": ROOT / "docs" / "guide" / "mesa.md",
    "saved runs": ROOT / "docs" / "guide" / "saved-runs.md",
    "own agent": ROOT / "docs" / "extend" / "agent.md",
}
SHOWN = {"regime": "flat_fee", "structure": "custody", "process": "sawtooth", "strategy": "contrarian"}


def blocks(page: Path, kind: str) -> list[tuple[str, str]]:
    """File and text of a page's blocks of a kind."""
    return re.findall(
        rf"^```{kind}(?: file=(\S+))?\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def follow(page: Path, root: Path) -> set[str]:
    """Do in `root` by hand what a page says; return the files touched."""
    for name, text in blocks(page, "python"):
        assert not (root / name).exists()
        (root / name).write_text(text, encoding="utf-8")
    for name, change in blocks(page, "diff"):
        patch(root / name, change)
    return {name for kind in ("python", "diff") for name, _ in blocks(page, kind)}


def patch(path: Path, change: str) -> None:
    """Replace a change's old lines by its new ones; the old ones stand in the file once."""
    lines = [line for line in change.splitlines() if line]
    old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
    new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path.name, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(root: Path, *words: str) -> str:
    """Run Python in the copy, interpreted; return what it printed."""
    alone = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *words], cwd=root, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def contents(root: Path) -> dict[str, bytes]:
    """Every file of the copy that is a source or a document."""
    paths = [path for path in root.rglob("*") if path.is_file() and path.suffix in {".py", ".md", ".toml"}]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


RUN = """
from experiments.cli import model_tables

model_tables.main()
from agents.trader.trader import Trader
from model.ecosystem import Ecosystem
from model.scenario import Scenario

own = {"backstop.structure": "custody", "backstop.regime": "flat_fee", "price.process": "sawtooth", "price.tooth": 0.5}
strategies = dict.fromkeys(("noise", "trend", "fundamentalist", "carry", "hedger"), 0.0) | {"contrarian": 1.0}
small = {"trader.number": 20, "steps": 10, "shock.exploit_intensity": 200.0, "backstop.capital_ratio": 0.0001}
changes = own | small | {f"trader.{name}": share for name, share in strategies.items()}
ecosystem = Ecosystem(Scenario().replace(changes | {"loss.largest_fee": 1e3}))
ecosystem.run_for(10)
accounts = ecosystem.accounts
print("strategies", *{trader.strategy_name for trader in ecosystem.agents_by_type[Trader]})
print("placed", ecosystem.summary()["paid_regime"] > 0, accounts.haircut.max() <= 1e3 * 10)
print("kept", ecosystem.ledger.imbalance() < 1e-9, type(ecosystem.structure).__name__)
print("teeth", (ecosystem.tape.log_return[::2] > ecosystem.tape.log_return[1::2]).mean() > 0.9)
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the sources that has the parts of all pages."""
    root = tmp_path_factory.mktemp("extended")
    for name in (*SOURCES, "docs", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    for name in ("backstop_command.py", "pyproject.toml", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, root / name)
    before = contents(root)
    touched = {name: follow(page, root) for name, page in PAGES.items()}
    told = run(root, "-c", RUN)
    after = contents(root)
    return Extended(root, touched, {name for name in after if after[name] != before.get(name)}, told)


class Extended(NamedTuple):
    """A copy of the sources with more choices in it."""

    root: Path
    touched: dict[str, set[str]]  # the files that each page touched
    changed: set[str]  # all files that are new or other than before
    told: str  # what a run with all of them printed


@pytest.mark.parametrize("part", PAGES)
def test_a_choice_is_three_files_by_hand(extended, part):
    """With documentation and tests: what else changes, the command has written."""
    assert len(extended.touched[part]) <= 3


def test_nothing_else_changes_but_generated_tables(extended):
    assert extended.changed == set().union(*extended.touched.values()) | GENERATED


@pytest.mark.parametrize("part", PAGES)
def test_the_documentation_tells_of_it(extended, part):
    root, name = extended.root, SHOWN[part]
    assert re.search(rf"^\| `{name}` \| .+ \|$", (root / "docs" / "ODD.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(
        rf"^\| `\S+` \|.*{name}", (root / "docs" / "parameters.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_a_run_with_all_of_them_does_what_the_pages_say(extended):
    """All traders are contrarians, fees are bounded, prices have teeth, and no money is lost."""
    lines = dict(line.split(" ", 1) for line in extended.told.splitlines() if " " in line)
    assert lines == {"strategies": "contrarian", "placed": "True True", "kept": "True Custody", "teeth": "True"}


def shell(part: str) -> list[str]:
    """The words of the command that a page ends with, after `backstop`."""
    [(_, text)] = blocks(PAGES[part], "sh")
    tables, command = text.replace("\\\n", " ").splitlines()
    assert tables == "python -m experiments.cli.model_tables" and command.startswith("backstop ")
    return shlex.split(command)[1:]


@pytest.mark.slow
@pytest.mark.parametrize("part", PAGES)
def test_the_command_of_a_page_runs_it(extended, part):
    out = extended.root / "results" / part
    run(extended.root, "-m", "backstop_command", *shell(part), "--quiet", "--workers", "1", "--out", str(out))
    code = (
        "import sys, pandas; from pathlib import Path\n"
        "runs = pandas.concat(map(pandas.read_parquet, Path(sys.argv[1]).glob('runs/*.parquet')))\n"
        "print(len(runs), *sorted({*runs.structure, *runs.regime}))"
    )
    number, *names = run(extended.root, "-c", code, str(out)).split()
    assert int(number) >= 4
    assert part in ("process", "strategy") or SHOWN[part] in names


@pytest.mark.slow
def test_the_laws_of_documentation_hold_with_it(extended):
    words = "choice or table or generated or parameter or rule"
    run(
        extended.root,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "tests/law/test_documentation.py",
        "-k",
        words,
    )


@pytest.mark.compiled
@pytest.mark.parametrize("page", EXAMPLES)
def test_an_example_runs(page, capsys):
    """Executed word for word, an example prints something, raises nothing and loses no money."""
    [(_, block)] = blocks(EXAMPLES[page], "python")
    scope = {"__name__": "example"}
    exec(compile(block, EXAMPLES[page].name, "exec"), scope)
    assert capsys.readouterr().out
    assert scope["ecosystem"].ledger.imbalance() < 1e-9
