"""Claims about plans of sweeps: what is run, in which order, and what is refused."""

import numpy as np
import pytest
from SALib.analyze import morris as morris_analysis
from SALib.analyze import sobol as sobol_analysis

from experiments.plan.design import SAMPLERS, Terms, draw, size
from experiments.plan.field import Choice, Range
from experiments.plan.plan import point_identities, read_plan
from experiments.plan.problem import SweepError
from tests.support.sweep_plan import plan_of

WIDE = Range("a", 0.0, 1.0, False, False, 3)
NARROW = Range("b", 1.0, 100.0, True, False, 3)


def refused(folder, text, **options):
    with pytest.raises(SweepError) as caught:
        path = folder / "bad.toml"
        path.write_text(text, encoding="utf-8")
        read_plan(path, **options)
    assert caught.value.code == 2
    assert all("\n" not in problem for problem in caught.value.problems)
    return caught.value.problems


def test_a_grid_is_every_combination_in_every_replication(tmp_path):
    plan = plan_of(
        tmp_path,
        'replications = 3\nprocess = "gbm"\n[fields]\ntrader.number = [5, 6]\n'
        '[across]\nbackstop.structure = ["isolated", "pooled"]\n',
    )
    assert plan.runs == 12
    tasks = [plan.task(run) for run in range(plan.runs)]
    assert [task.replication for task in tasks] == [0] * 4 + [1] * 4 + [2] * 4
    assert [tuple(task.changes.values()) for task in tasks[:4]] == [
        (5, "isolated"), (5, "pooled"), (6, "isolated"), (6, "pooled"),
    ]  # fmt: skip
    assert [task.changes for task in tasks[4:8]] == [task.changes for task in tasks[:4]]


def test_fields_may_be_written_with_dots_quotes_or_tables(tmp_path):
    texts = ("[fields]\ntrader.number = [5]", '[fields]\n"trader.number" = [5]', "[fields.trader]\nnumber = [5]")
    assert len({str(plan_of(tmp_path, text).design[0]) for text in texts}) == 1


def test_one_at_a_time_is_the_base_and_each_level_alone():
    design = draw(Terms("one_at_a_time"), [WIDE, Choice("c", ("x", "y"))], [])
    assert list(design) == [{}, {"a": 0.0}, {"a": 0.5}, {"a": 1.0}, {"c": "x"}, {"c": "y"}]


@pytest.mark.parametrize("kind", SAMPLERS)
def test_a_sampled_design_has_its_size_its_bounds_and_one_seed(kind):
    terms = Terms(kind, 8, seed=3)
    design = draw(terms, [WIDE, NARROW], [])
    points = [tuple(point.values()) for point in (design[index] for index in range(len(design)))]
    assert len(points) == size(terms, [WIDE, NARROW], [])
    assert all(0 <= a <= 1 and 1 <= b <= 100 for a, b in points)
    again = draw(terms, [WIDE, NARROW], [])
    assert points == [tuple(again[index].values()) for index in range(len(again))]
    other = draw(terms._replace(seed=4), [WIDE, NARROW], [])
    assert points != [tuple(other[index].values()) for index in range(len(other))]


def test_a_latin_hypercube_hits_every_part_of_every_field_once():
    design = draw(Terms("latin_hypercube", 10), [WIDE, NARROW], [])
    parts = [sorted(int(10 * design[index][name]) for index in range(10)) for name in ("a",)]
    logs = sorted(int(10 * np.log10(design[index]["b"]) / 2) for index in range(10))
    assert parts == [list(range(10))] and logs == list(range(10))


def test_saltelli_and_morris_points_are_in_the_order_the_analysis_reads():
    problem = {"num_vars": 2, "names": ["a", "c"], "bounds": [[0, 1], [0, 1]]}
    fields = [WIDE, Range("c", 0.0, 1.0, False, False, 3)]
    saltelli = draw(Terms("saltelli", 256), fields, [])
    answer = np.array([3 * saltelli[i]["a"] + saltelli[i]["c"] for i in range(len(saltelli))])
    first = sobol_analysis.analyze(problem, answer, calc_second_order=False, seed=1)["S1"]
    assert first == pytest.approx([0.9, 0.1], abs=0.02)
    morris = draw(Terms("morris", 6), fields, [])
    points = np.array([list(morris[i].values()) for i in range(len(morris))])
    effects = morris_analysis.analyze(problem, points, points @ [3.0, 1.0], num_levels=4, seed=1)
    assert list(effects["mu_star"]) == pytest.approx([3.0, 1.0])


def test_whole_numbers_have_equal_shares_of_a_range():
    field = Range("n", 1, 4, False, True, 4)
    counts = np.bincount([field.at(u) for u in np.linspace(0, 1, 4001)])
    assert field.levels() == (1, 2, 3, 4)
    assert list(counts[1:]) == pytest.approx([1000] * 4, abs=1)


def test_a_run_is_identified_by_what_its_scenario_says(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    one, two = (point_identities(plan_of(tmp_path, "[fields]\ntrader.number = [5, 6]"), "p") for _ in range(2))
    assert one == two and len(set(one)) == 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[fields]\nbackstop.capital_rato = [1]", "capital_ratio"),
        ("[field]\ntrader.number = [1]", "did you mean 'fields'"),
        ("replications = 2", "empty"),
        ("[fields]\ntrader.number = []", "list of values"),
        ("replications = 0\n[fields]\ntrader.number = [1]", "replications 0"),
        ('[design]\nkind = "gird"\n[fields]\ntrader.number = [1]', "'grid'"),
        ('[design]\nkind = "sobol"\npoints = 100\n[fields]\ntrader.number = [1, 2]', "power of two"),
        ('[design]\nkind = "latin_hypercube"\n[fields]\ntrader.number = [1, 2]', "points 0"),
        ('[design]\nkind = "list"', "[[point]]"),
        ("[fields]\ntrader.number = {low = 5, high = 1}", "low < high"),
        ("[fields]\ntrader.number = {low = 1, high = 5}", "levels = 5"),
        ("[fields]\ntrader.number = 3", "list of values"),
        ("[fields\n", "TOML"),
        ('scenario = "absent.toml"\n[fields]\ntrader.number = [1]', "absent.toml"),
        ("set.trader.number = -1\n[fields]\nprotocol.number = [1]", "trader.number"),
    ],
)
def test_a_bad_plan_is_one_clear_line(tmp_path, text, word):
    assert any(word in problem for problem in refused(tmp_path, text))


def test_all_problems_are_told_at_once(tmp_path):
    assert len(refused(tmp_path, "replications = 0\nnonsense = 1\n[fields]\nbackstop.rgime = [1]\n")) >= 3


def test_many_runs_must_be_meant(tmp_path):
    text = "replications = 20001\nprocess = 'gbm'\n[fields]\ntrader.number = [5]"
    (line,) = refused(tmp_path, text)
    assert "20001 runs" in line and "--yes" in line
    assert read_plan(tmp_path / "bad.toml", allow_many=True).runs == 20_001
    (tmp_path / "bad.toml").write_text(text.replace("20001", "10000000"))
    assert read_plan(tmp_path / "bad.toml", allow_many=True).runs == 10_000_000


def test_too_many_runs_are_refused_and_are_counted_before_they_are_drawn(tmp_path):
    text = "replications = 1000000\n[fields]\ntrader.number = {low = 1, high = 900000, levels = 900000}"
    (line,) = refused(tmp_path, text, allow_many=True)
    assert "900000000000 runs" in line and "divide the plan" in line


def test_a_point_no_scenario_allows_is_refused(tmp_path):
    with pytest.raises(SweepError, match=r"trader\.number"):
        point_identities(plan_of(tmp_path, "[fields]\ntrader.number = [5, -5]"), "plan.toml")
