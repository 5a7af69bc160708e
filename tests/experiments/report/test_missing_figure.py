"""Claims about figures that cannot be drawn, and about surroundings that would keep them from it: results stay."""

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.figure.attempt import FigureWarning, load, save_alone, save_vector
from experiments.run.process_pool import WorkerPool
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.draw import FIGURES, LOST, draw_all, drawable
from tests.experiments.report.test_figure import ARRANGEMENTS, drawn, made_up_run
from tests.support.environment import SHARED

USETEX = "text.usetex: True\nfont.family: serif\nsavefig.dpi: 30\nfigure.figsize: 2, 2\n"
SMALL = ["trader.number=20", "protocol.number=3", "steps=6", "provider.number=2"]
SET = [word for setting in SMALL for word in ("--set", setting)]
DRAWN = """
import sys
from pathlib import Path
from experiments.figure.attempt import load
load()
from experiments.figure.style import save_styled, new_figure
def draw(title):
    figure, panels = new_figure(1, 1, 2.0)
    panels[0].plot([1, 2], label="one")
    panels[0].set_title(title)
    return figure
save_styled(draw, Path(sys.argv[1]), "−1 $x$")
"""


def files(place):
    return {path.name: path.read_bytes() for path in place.iterdir()}


@pytest.mark.slow
def test_the_users_settings_change_no_byte(tmp_path):
    plain = files(drawn(tmp_path / "plain"))
    with mpl.rc_context({"text.usetex": True, "font.family": ["Nowhere Sans"], "savefig.dpi": 20}):
        assert files(drawn(tmp_path / "styled")) == plain


def test_the_users_settings_stay(tmp_path):
    # In a process of its own: once Solara's server has started, no context of settings ends in this one.
    told = "import matplotlib as mpl; mpl.rcParams.update({'text.usetex': True, 'savefig.dpi': 20})\n" + DRAWN
    told += "print(mpl.rcParams['text.usetex'], mpl.rcParams['savefig.dpi'])"
    run = [sys.executable, "-c", told, str(tmp_path / "figure")]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.split() == ["True", "20.0"]


def test_no_backend_and_no_file_of_settings_keeps_figures_from_being_drawn(tmp_path):
    written = tmp_path / "matplotlibrc"
    written.write_text(USETEX + "backend: nonsense\nno.such.key: 1\n")
    shared = SHARED / "cases" / "matplotlibrc_usetex"
    for name, settings in {"plain": {}, "hostile": {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": str(written)}}.items():
        (tmp_path / name).mkdir()
        surroundings = {key: value for key, value in os.environ.items() if not key.startswith(("MPL", "MATPLOTLIB"))}
        run = [sys.executable, "-c", DRAWN, str(tmp_path / name / "figure")]
        done = subprocess.run(run, env=surroundings | settings, capture_output=True, text=True, check=True)
        assert done.stderr == ""
    assert files(tmp_path / "plain") == files(tmp_path / "hostile")
    if shared.exists():
        assert "text.usetex" in shared.read_text()


def test_a_backend_that_there_is_stays_the_users(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "svg")
    code = "from experiments.figure.attempt import load; load(); import matplotlib; print(matplotlib.get_backend())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "svg"


def test_a_figure_that_fails_is_named_and_the_others_are_drawn(tmp_path, monkeypatch):
    load("experiments.study.comparison.figure.fan")
    monkeypatch.setattr("experiments.study.comparison.figure.fan.draw", broken)
    with pytest.warns(FigureWarning, match="figure fan could not be drawn and is missing: RuntimeError: no such font"):
        figures = drawn(tmp_path / "out")
    others = [name for name in FIGURES if name != "fan"]
    assert set(files(figures)) == {f"{name}.{kind}" for name in others for kind in ("png", "pdf")}
    assert (tmp_path / "out" / "manifest.json").is_file()


def broken(*_):
    raise RuntimeError("no such\nfont")


class Dying(WorkerPool):
    """A executor all of whose workers die while they draw, or whose user has had enough."""

    def __init__(self, error=None):
        super().__init__(2)
        self.error = error

    def each(self, action, items, lost):
        if self.error:
            raise self.error
        return [lost] * len(items)


@pytest.mark.parametrize("error, why", [(None, LOST), (KeyboardInterrupt(), "interrupted")])
def test_figures_in_the_hands_of_a_process_that_died_are_named(tmp_path, error, why):
    comparison = Comparison(ARRANGEMENTS, range(2))
    for arrangement in ARRANGEMENTS:
        comparison.add(made_up_run(arrangement, 0))
    with pytest.warns(FigureWarning) as told:
        assert draw_all(tmp_path, comparison, Dying(error)) == []
    assert [str(warning.message) for warning in told] == [
        f"figure {name} could not be drawn and is missing: {why}" for name in drawable(tmp_path)
    ]


def test_half_a_figure_is_none(tmp_path, monkeypatch):
    def no_pdf(self, place, *arguments, **options):
        if place.suffix == ".pdf":
            raise OSError(28, "No space left on device")
        place.write_bytes(b"half")

    (tmp_path / "phase.png").write_bytes(b"of fewer runs")
    load()
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", no_pdf)
    with pytest.warns(FigureWarning, match="figure phase .*No space left"):
        assert save_vector(mpl.figure.Figure, tmp_path / "phase") == []
    assert list(tmp_path.iterdir()) == []
    with pytest.warns(FigureWarning, match="figure rare"):
        save_alone(tmp_path, "rare", None, "experiments.study.rare.figure")
    assert files(tmp_path / "figures") == {}


def commands(place: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Every command that draws, as small as it can be, with files of its results."""
    alone = ["--workers", "1", "--quiet"]
    price = ["--process", "gbm"]
    axes = ["--x", "backstop.capital_ratio=0.01,0.1", "--y", "trader.attention=0.1,0.2", "--replications", "2"]
    out = str(place / "out")
    return {
        "compare": (["compare", *SET, *alone, "--replications", "2", "--structure", "pooled"], ["runs", "series"]),
        "network": (["network", *SET, *alone], ["manifest.json"]),
        "phase": (["phase", *price, *axes, *SET, "--quiet"], ["phase.csv"]),
        "frontier": (
            ["frontier", *price, *SET, "--quiet", "--structure", "pooled", "--regime", "adl", "--capital",
             "backstop.capital_ratio=0.01,0.1", "--replications", "2"],
            ["frontier.csv"],
        ),
        "report": (["report", out], ["report/index.html", "report/tables/points.csv"]),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["network", *(pytest.param(name, marks=pytest.mark.slow) for name in ("compare", "phase", "frontier"))]
)
def test_results_outlive_their_figures(tmp_path, name, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    load("experiments.figure.style")
    monkeypatch.setattr("experiments.figure.style.save", broken)
    monkeypatch.setattr("experiments.figure.vector.save", broken, raising=False)
    words, kept = commands(tmp_path)[name]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "could not be drawn and is missing: RuntimeError: no such font" in done.stderr
    assert all(line.startswith("warning: figure ") for line in done.stderr.splitlines() if "drawn" in line)
    assert [one for one in kept if not (tmp_path / "out" / one).exists()] == []
    assert list(tmp_path.rglob("*.png")) == list(tmp_path.rglob("*.pdf")) == []
    if name == "frontier":
        report = CliRunner().invoke(main, ["report", str(tmp_path / "out")])
        assert report.exit_code == 0 and "warning: figure effect" in report.stderr
        assert "could not be drawn and is missing" in (tmp_path / "out" / "report" / "index.html").read_text()
    if (tmp_path / "out" / "manifest.json").exists():
        assert json.loads((tmp_path / "out" / "manifest.json").read_text())
