"""What commands have in common: how a study that cannot be finished ends."""

import pytest
from click.testing import CliRunner

from experiments.cli.main import main


@pytest.mark.parametrize("name", ["size", "rare", "network", "attribute"])
@pytest.mark.parametrize(
    ("error", "told"),
    [(KeyboardInterrupt(), "error: interrupted; nothing was written\n"), (RuntimeError("no"), "error: no\n")],
)
def test_a_study_that_is_cut_short_ends_with_one_line(name, error, told, monkeypatch):
    def plan(*_):
        raise error

    monkeypatch.setattr(f"experiments.cli.study.{name}.plan", plan)
    done = CliRunner().invoke(main, [name, "--workers", "1"])
    assert (done.exit_code, done.stderr) == (130 if isinstance(error, KeyboardInterrupt) else 1, told)
