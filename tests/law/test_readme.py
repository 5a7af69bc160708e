"""The README's code runs as it stands."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_there_are_examples():
    """A Mesa model like any other, and an agent of one's own."""
    assert len(BLOCKS) == 2


@pytest.mark.compiled
@pytest.mark.parametrize("block", BLOCKS, ids=["model", "own agent"])
def test_an_example_runs(block, capsys):
    """Executed word for word, an example prints something and raises nothing."""
    scope = {"__name__": "example"}
    exec(compile(block, "README.md", "exec"), scope)
    assert capsys.readouterr().out
    assert scope["ecosystem"].ledger.imbalance() < 1e-9
