"""The table of what matters of the market of venues: every change fits, and rows are of runs with it."""

import numpy as np
import pytest

from experiments.run.process_pool import WorkerPool
from experiments.validation.episode import ablation
from experiments.validation.episode.ablation import CHANGES, FIGURES, ablation_rows, base, shown
from experiments.validation.report import records_section

SHORT = {"steps": 12, "trader.number": 20, "protocol.number": 2}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_fits_the_world_and_changes_something(change):
    changed = base().replace(CHANGES[change])
    assert (changed == base()) == (not CHANGES[change])


def test_a_row_per_change_with_every_figure(monkeypatch):
    """Calm as these few steps are, nothing fails, and what did not occur reads so."""
    small = base().replace(SHORT)
    monkeypatch.setattr(ablation, "base", lambda: small)
    with WorkerPool(1) as executor:
        rows = ablation_rows(2, executor, ("as it is", "no makers"))
    assert [row["change"] for row in rows] == ["as it is", "no makers"]
    assert all(list(row) == ["change", *FIGURES] for row in rows)
    assert rows[0]["liquidated / OI"].startswith("0 ") and rows[1]["makers' profit / OI"] == "-"


def test_a_mean_stands_with_its_standard_error():
    assert shown(np.array([1.0, 3.0])) == "2 ± 1"
    assert shown(np.array([1.0, np.nan])) == "-"


def test_rows_without_verdicts_are_counted_as_changes_on_the_page():
    section = records_section([{"change": "as it is", "fall BTC": "-0.17 ± 0.01"}])
    assert section.startswith("1 changes.") and "| as it is | -0.17 ± 0.01 |" in section
