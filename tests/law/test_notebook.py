"""The tutorial notebooks run from top to bottom, hold no stale output, and do what they say."""

import asyncio
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebook").glob("*.ipynb"))
SAID = {
    "1_first_comparison": [r"same prices of the outside world: True", r"Paired differences", "uncovered"],
    "2_your_own_loss_regime": [r"^15 lines", r"large_pay +uncovered"],
    "3_size_a_fund": [r"worlds x protocols: \(40, 3\)", r"pooled +any +\d+\.\d\d million USD, 95 % interval"],
    "4_on_a_cluster": [r"16 runs done, 0 failed", r"bit for bit the same: True", r"#SBATCH --array=1-16"],
}


def named(path):
    return path.stem


def read(path):
    return nbformat.read(path, as_version=4)


def printed(notebook):
    """Return all text the cells wrote or displayed, and the number of pictures."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    text = "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)
    return text, sum("image/png" in output.get("data", {}) for output in outputs)


def test_there_is_one_for_each_task():
    assert [named(path) for path in NOTEBOOKS] == list(SAID)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_a_notebook_is_kept_without_output(path):
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_a_notebook_links_to_files_that_exist(path):
    links = re.findall(r"\]\(([\w./]+)\)", "\n".join(cell.source for cell in read(path).cells))
    assert [link for link in links if not (path.parent / link).exists()] == []


LONG = {"1_first_comparison", "3_size_a_fund", "4_on_a_cluster"}
RUNS = [pytest.param(path, marks=pytest.mark.slow if named(path) in LONG else (), id=named(path)) for path in NOTEBOOKS]


@pytest.mark.compiled
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", RUNS)
def test_a_notebook_runs(path, monkeypatch):
    """In a kernel of this interpreter, next to this checkout."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    notebook = read(path)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    asyncio.run(client.async_execute())
    text, pictures = printed(notebook)
    assert [said for said in SAID[named(path)] if not re.search(said, text, re.MULTILINE)] == []
    assert pictures == sum("plt.show()" in cell.source for cell in notebook.cells)
