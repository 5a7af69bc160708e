"""Claims about the figures: all drawn, the same bytes each time, also where there is little to draw."""

import numpy as np
import pytest

from experiments.figure.style import DASHES, MARKERS, looks
from experiments.results.folder import ResultFolder
from experiments.results.run import Run
from experiments.run.process_pool import WorkerPool
from experiments.statistics.headline_metrics import CAPITAL, HEADLINES, TOTALS
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.draw import FIGURES, draw_all, further
from experiments.study.comparison.figure.result import read_result

SERIES = ("pool", "fund_0", "fund_1", "uncovered_0", "liquidated_0", "mid_BTC", "mid_ETH")
ARRANGEMENTS = ("isolated", "isolated_by_loss", "pooled", "reinsured")


def made_up_run(arrangement, replication, steps=50):
    generator = np.random.default_rng([replication, len(arrangement)])
    summary = {headline.metric: float(generator.integers(0, 9)) for headline in HEADLINES}
    series = {name: generator.random(steps, dtype=np.float32) for name in SERIES}
    return Run(arrangement, arrangement, "adl", replication, summary, series)


def drawn(place, arrangements=ARRANGEMENTS, replications=5):
    comparison = Comparison(arrangements, range(replications))
    with ResultFolder(place) as folder:
        for replication in range(replications):
            for arrangement in arrangements:
                comparison.add(made_up_run(arrangement, replication))
                folder.runs.add(replication, str(replication), made_up_run(arrangement, replication))
        folder.flush()
        draw_all(folder.path, comparison, WorkerPool(1))
        folder.finish({})
    return place / "figures"


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("figures") / "out")


def test_every_figure_is_there_for_the_screen_and_for_print(figures):
    assert {path.name for path in figures.iterdir()} == {
        f"{name}.{kind}" for name in FIGURES for kind in ("png", "pdf")
    }


def test_equal_results_give_equal_files(figures, tmp_path):
    second = drawn(tmp_path / "two")
    for path in figures.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


@pytest.mark.parametrize("arrangements", [("pooled",), ARRANGEMENTS])
def test_a_single_replication_is_drawn(tmp_path, arrangements):
    assert len(list(drawn(tmp_path / "out", arrangements, replications=1).iterdir())) == 2 * len(FIGURES)


def test_a_run_without_series_or_headlines_is_drawn(tmp_path):
    comparison = Comparison(["pooled"], [0])
    comparison.add(Run("pooled", "pooled", "adl", 0, {"other": 1.0}, {}))
    assert [path.name for path in draw_all(tmp_path, comparison, WorkerPool(1))] == ["outcome", "exhaustion"]


def test_choices_are_drawn_where_there_are_any(tmp_path):
    (tmp_path / "series").mkdir()
    assert further(tmp_path) == []
    with ResultFolder(tmp_path / "out") as folder:
        comparison = Comparison(["pooled"], [0])
        run = made_up_run("pooled", 0)
        series = run.series | {"mean_cap": np.ones(50, np.float32), "members": np.full(50, 3, np.float32)}
        folder.runs.add(0, run.arrangement, run._replace(series=series))
        comparison.add(run)
        folder.flush()
        assert [path.name for path in draw_all(folder.path, comparison, WorkerPool(1))] == [*FIGURES, "choice"]
        assert (folder.path / "figures" / "choice.png").is_file()


def test_eight_arrangements_look_different():
    many = looks([str(number) for number in range(8)])
    assert len(set(map(str, many.values()))) == 8
    assert len(DASHES) < len(MARKERS)


def test_totals_add_the_protocols_and_take_the_first_asset(tmp_path):
    assert CAPITAL.columns(["step", "fund_0", "fund_10", "pool", "funding_rate_0"]) == (
        "fund_0",
        "fund_10",
        "pool",
    )
    drawn_from = Comparison(["pooled"], [0, 1])
    with ResultFolder(tmp_path / "out") as folder:
        for replication in (0, 1):
            folder.runs.add(replication, str(replication), made_up_run("pooled", replication))
        folder.flush()
        series = read_result(folder.path, drawn_from, TOTALS).series["pooled"]
    for replication in (0, 1):
        own = made_up_run("pooled", replication).series
        assert np.allclose(series["capital"][replication], own["pool"] + own["fund_0"] + own["fund_1"])
        assert np.array_equal(series["price"][replication], own["mid_BTC"])
