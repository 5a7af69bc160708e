"""Claims about what the page says: each side in its own right, units at every zoom, and what runs."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.app.chart.series import liquidations
from experiments.app.chart.stage import headline
from experiments.app.explore.result import BINS, binned, edges, read
from experiments.app.server.server import RESULTS
from experiments.app.session.configuration import Configuration
from experiments.app.session.session import Session, build
from experiments.app.view.explore import middles
from experiments.app.view.live import opened
from experiments.app.view.setting import shelf_state
from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import Intervention
from experiments.app.world.snapshot import View, snapshot
from experiments.app.world.thin import MOST
from experiments.app.world.wave import meant

TINY = Configuration({"price.process": "gbm", "trader.number": 32, "protocol.number": 3, "steps": 40})


def told(**sides):
    """A headline of the smallest world in which the totals of both sides are given."""
    shot = snapshot(build(TINY))
    changed = (shot.sides[n]._replace(totals=shot.sides[n].totals | sides["ab"[n]]) for n in range(2))
    return headline(shot._replace(sides=tuple(changed)))


def side(deficit, uncovered):
    return {"deficit": deficit, "backstop_loss": deficit, "uncovered": uncovered}


def test_each_side_is_told_of_what_was_asked_of_it():
    text = told(a=side(10.0, 4.0), b=side(30.0, 6.0))
    assert "A $4.00M of $10.00M, B $6.00M of $30.00M below bankruptcy" in text
    assert text.endswith("A leaves $2.00M less uncovered.") and "covers" not in text


def test_one_amount_is_told_once_where_both_sides_were_asked_for_it():
    text = told(a=side(10.0, 4.0), b=side(10.0, 6.0))
    assert "A $4.00M, B $6.00M of $10.00M below bankruptcy" in text
    assert text.endswith("A covers $2.00M more.")


def test_no_side_is_said_to_do_better_where_as_much_is_uncovered():
    assert told(a=side(10.0, 4.0), b=side(30.0, 4.0)).endswith("As much is uncovered on both sides.")


@pytest.mark.parametrize("steps", [40, MOST, 2 * MOST])
@pytest.mark.parametrize("window", [0, 60])
def test_the_unit_of_a_bar_is_what_the_bar_adds_up(steps, window):
    world = build(TINY.changed("steps", steps))
    world.step(steps)
    shot = snapshot(world, View(0, window))
    chart = liquidations(shot)
    at = [int(step) for step, _ in shot.sides[0].liquidated]
    width = at[1] - at[0]
    assert chart.unit == ("$M a step" if width == 1 else f"$M in {width} steps")
    assert chart.unit in chart.summary
    if window:
        assert width == 1


def test_a_click_on_a_bar_means_the_busiest_step_of_that_bar():
    """A bar of the whole run sums several steps: its wave is looked for inside it, not at its edge or next to it."""
    world = build(TINY.changed("steps", 4 * MOST).changed("trader.number", 64))
    for step in (100, 101, 700, 705):
        world.intervene(Intervention("price_shock", step, -0.3))
    world.step(4 * MOST)
    shot = snapshot(world, View(0, 0))
    flow = sum(side.ecosystem.record.total("liquidated", world.clock) for side in world.sides)
    drawn = {int(step): 0.0 for step, _ in shot.sides[0].liquidated}
    for side in shot.sides:
        for step, value in side.liquidated:
            drawn[int(step)] += value
    assert shot.bar == 8 and any(drawn.values())
    for middle, value in drawn.items():
        for off in (1 - shot.bar // 2, 0, shot.bar // 2 - 1):
            step = meant(world.sides, shot.first, shot.bar, min(middle + off, world.clock - 1))
            bar = range(middle - shot.bar // 2, middle + shot.bar // 2)
            assert step in bar
            assert not value or flow[step] == flow[bar.start : bar.stop].max() > 0


def test_a_click_where_a_bar_is_one_step_means_that_step():
    world = build(TINY)
    world.step(40)
    assert [meant(world.sides, 0, 1, step) for step in (-3, 0, 7, 39, 50)] == [-3, 0, 7, 39, 50]


@pytest.mark.parametrize(
    "values",
    [
        [1.0, np.nextafter(1.0, 2.0)],
        [1e9, 1e9 + 1e-7],
        [0.1 + 0.2, 0.3],
        [5.0] * 7,
        [0.0],
        [-0.0, 5e-324],
        [1e-320, 3e-320],
        [-1.7e308, 1.7e308],
        [1.7e308, 1.7e308],
        [1.0, np.nan, np.inf, -np.inf],
        [np.nan],
        [],
        [0.0, 1.0, 2.0],
    ],
)
def test_any_metric_has_a_histogram(values):
    found = np.array(values)
    bins = edges(found)
    assert np.isfinite(bins).all() and (np.diff(bins) >= 0).all() and bins[0] < bins[-1]
    assert sum(binned(found, bins)) == np.isfinite(found).sum()
    assert all(np.isfinite(float(text)) for text in middles(bins))


def test_the_intervals_of_a_nearly_constant_metric_are_told_apart():
    names = middles(edges(np.array([1e9, 1e9 + 1.0])))
    assert len(names) == len(set(names)) == BINS


@pytest.mark.parametrize("manifest", [[], 5, None, {"format": 5}])
@pytest.mark.parametrize("column", [pa.array(["x"]), pa.array([1.0])])
def test_a_folder_without_runs_or_metrics_is_told_and_never_a_traceback(tmp_path, monkeypatch, manifest, column):
    monkeypatch.setenv(RESULTS, str(tmp_path))
    runs = tmp_path / "odd" / "runs"
    runs.mkdir(parents=True)
    table = pa.table({"cell": ["a"], "replication": [0], "uncovered": column})
    pq.write_table(table, runs / "part.parquet")
    (tmp_path / "odd" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    try:
        assert read("odd").metrics
    except ValueError as error:
        assert str(error).startswith("odd: cannot be read: ")


@pytest.mark.parametrize("query", ["c=%%%", "c=AAAA", "c=", f"c={'A' * 200_000}", "x=1&c=eJw"])
def test_a_bad_link_is_refused_and_no_other_page_stands_for_it(query):
    session = opened(lambda frame: None, query)
    assert session.refused and not session.problems and not session.player.playing
    session.close()


def test_a_link_to_a_world_too_large_says_so():
    session = opened(lambda frame: None, TINY.changed("protocol.number", 61).to_query())
    assert "protocol.number: 61: at most 60" in session.refused
    session.close()


def test_the_lists_show_what_a_preset_runs():
    session = Session(lambda frame: None, TINY._replace(b=Arrangement("pooled", "socialized_loss", "dydx_v4")))
    running = session.world.sides[1].ecosystem.scenario.backstop
    shown = shelf_state(session)
    assert shown["sides"][1]["structure"] == running.structure
    assert shown["sides"][1]["regime"] == running.regime
    assert shown["sides"][0]["structure"] == "isolated"
    changes = Arrangement("pooled", "socialized_loss", "dydx_v4").changes()
    assert set(shown["overruled"]) <= set(changes) and all("B runs" in text for text in shown["overruled"].values())
    session.close()


def test_a_refused_choice_leaves_the_lists_at_what_runs():
    session = Session(lambda frame: None, TINY)
    assert not session.arrange("b", Arrangement("nothing of the kind", "socialized_loss"))
    assert shelf_state(session)["sides"][1]["structure"] == "pooled" and session.problems["b"]
    session.close()
