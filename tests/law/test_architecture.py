"""The code keeps its layers, its sizes and its promises about imports: one case a law, each with all its offenders.

Floors of the rooms, from the lowest; a room imports only lower ones (``FLOORS`` of :mod:`tests.law.laws`)::

    agents    core < account, provider, reinsurer < exchange, protocol < trader
    model     < scenario < price, batch run < market < backstop < state < measure, network
              < reinsurance, schedule < engine < agent view < own agents < saved view < ecosystem
    experiments < plan, statistics, figure < results < run < study: comparison, replay, sensitivity
              < study: attribution, network, phase, rare, size < study: calibration, findings; report, benchmark
              < app, validation < cli
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.law.laws import CALLED_OUTSIDE, CHOICES, ENDING, LAWS, MANY_PARAMETERS, counts
from tests.law.source import ROOT, Code, body_lines, imported, project

HEAVY = {"matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "scipy", "solara"}
PRIVATE = {
    "a path of one machine": re.compile(r"(?<![\w.:/~-])/(?:home|root|work|tmp|opt|srv|mnt|Users)/\w"),
    "a package index": re.compile(r"pypi\.org|pythonhosted\.org|(?:index|find)[-_](?:url|links)\b|/[s]imple/"),
}


@pytest.mark.parametrize("law", LAWS)
def test_law(law):
    offenders = LAWS[law].offenders(project())
    assert not offenders, "\n".join(offenders)


@pytest.mark.parametrize("law", LAWS)
def test_an_offence_is_seen(law):
    assert LAWS[law].offenders(Code(LAWS[law].offence))


def test_exemptions_are_needed():
    functions = {node.name for _, node in project().functions()}
    assert (MANY_PARAMETERS.keys() | CALLED_OUTSIDE.keys()) - functions == set()
    assert {folder for folder in CHOICES if not (ROOT / folder).is_dir()} == set()
    assert {name for name in ENDING if not (ROOT / name.partition(":")[0]).is_file()} == set()


@pytest.mark.parametrize(
    ("test", "ends"),
    [("True", False), ("other > 0", False), ("i", False), ("i < 3", True), ("x > 0 and i < 3", True),
     ("x > 0 or i < 3", False)],
)  # fmt: skip
def test_an_endless_loop_is_seen(test, ends):
    assert counts(ast.parse(f"while {test}:\n    i += 1").body[0]) == ends


@pytest.mark.parametrize(
    "light",
    [
        "import agents, model, experiments",
        "import model.scenario",
        "import model.network.reader.edge_list",
        "from experiments.cli.main import main; main(['--help'], standalone_mode=False)",
        "from experiments.cli.main import main; main(['episodes'], standalone_mode=False)",
        "from experiments.cli.main import main; main(['parameters'], standalone_mode=False)",
    ],
)
def test_light_commands_import_nothing_heavy(light):
    code = f"{light}\nimport sys; print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.rpartition("LOADED")[2].split()
    assert HEAVY & {name.partition(".")[0] for name in loaded} == set()


def project_files() -> list[Path]:
    """Files that are or would be committed; all sources where there is no git."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return [ROOT / path for path in project().files]
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("secret", PRIVATE)
def test_no_file_names(secret):
    found = []
    for path in project_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in PRIVATE[secret].finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("def late():\n    from model.market.market import Market", "model.market.market.Market"),
        ("import experiments.study.comparison.table as table", "experiments.study.comparison.table"),
        ("PART = {'isolated': 'model.backstop.structure.share:Isolated'}", "model.backstop.structure.share"),
        ("from mesa import batch_run", "mesa.batch_run"),
    ],
)
def test_imports_are_seen_wherever_they_hide(code, name):
    assert name in imported(list(ast.walk(ast.parse(code))))


def test_a_body_is_counted_without_its_docstring():
    [function] = ast.parse("def rule(x):\n    'Text.'\n\n    y = x\n    # why\n    return y").body
    assert body_lines(function) == 3
