"""Claims about splitting as a study: what is finished is kept, the way is chosen by a pilot, a figure shows it."""

import json
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.figure.attempt import load
from experiments.results.parquet import read_table
from experiments.study.rare import choice
from experiments.study.rare.choice import SPENT, Choice, Judged
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.answer import REPETITIONS, Searched, SplitAnswer, SplitArrangement
from experiments.study.rare.splitting.fixed_effort import Product, Split
from experiments.study.rare.splitting.recorded import TRIAL, product_of, summary, trial_of

SMALL = ("price.process=gbm", "asset.daily_volatility=0.5", "steps=20", "minutes=20", "trader.number=20",
         "protocol.number=2", "provider.number=2")  # fmt: skip
SET = [word for setting in SMALL for word in ("--set", setting)]
WORLD = ["rare", *SET, "--metric", "deficit", "--threshold", "1e5", "--pilot", "50", "--seeds", "2"]
WORLD += ["--structure", "isolated", "--replications", "60"]
WORDS = [*WORLD, "--method", "splitting"]
PARTS = 2 * (1 + REPETITIONS)


def asked(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def told(words, out):
    done = asked(*words, "--workers", 1, "--json", "--quiet", "--out", out)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def rows(folder):
    """The parts in a folder in an order of their own."""
    table = read_table(folder / "runs").to_pandas()
    assert not table.duplicated(["cell", "id"]).any() and not table.duplicated(["seed", "replication"]).any()
    return table.sort_values(["seed", "replication"], ignore_index=True)


def same(folder, calm):
    """Assert that two folders hold the same parts and products, every number bit for bit."""
    pd.testing.assert_frame_equal(rows(folder), rows(calm), check_exact=True, check_like=True)
    both = [pq.read_table(place / "products.parquet") for place in (folder, calm)]
    assert both[0].equals(both[1])


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Return the folder of a study that nothing stopped, and what it said."""
    out = tmp_path_factory.mktemp("calm") / "out"
    return out, told(WORDS, out)


@pytest.fixture
def made(monkeypatch):
    """Return the parts that are made, and when a user has had enough of it."""
    study, done = sys.modules["experiments.study.rare.splitting.study"], []
    patience = {"left": 10**9}

    def counted(name):
        make = getattr(study, name)

        def counting(*arguments):
            if not patience["left"]:
                raise KeyboardInterrupt
            patience["left"] -= 1
            done.append((name, arguments[0].seed, arguments[-1] if name == "repeated" else TRIAL))
            return make(*arguments)

        return counting

    for name in ("searched", "repeated"):
        monkeypatch.setattr(study, name, counted(name))
    return done, patience


def test_a_study_stopped_again_and_again_makes_no_part_twice(calm, made, tmp_path):
    before, said = calm
    done, patience = made
    out, ends = tmp_path / "out", [1, 7, 20, 25, 41]  # after a trial, amid repetitions, between seeds, before the last
    for end in ends:
        patience["left"] = end - len(done)
        stopped = asked(*WORDS, "--workers", 1, "--quiet", "--out", out)
        assert stopped.exit_code == 130 and f"the same words with --out {out} go on" in stopped.stderr
        assert len(done) == end == len(rows(out)) and not (out / "products.parquet").exists()
    patience["left"] = 10**9
    assert told(WORDS, out) == said
    assert len(done) == len(set(done)) == PARTS
    same(out, before)


def test_one_that_is_stopped_before_any_part_leaves_nothing(made, tmp_path):
    made[1]["left"] = 0
    stopped = asked(*WORDS, "--workers", 1, "--quiet", "--out", tmp_path / "out")
    assert stopped.exit_code == 130 and "nothing was written" in stopped.stderr and list(tmp_path.iterdir()) == []


def test_a_finished_folder_is_shown_and_left_as_it_is(calm, made):
    out, said = calm
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = asked(*WORDS, "--workers", 1, "--json", "--out", out)
    assert again.exit_code == 0 and json.loads(again.stdout) == said and made[0] == []
    assert "finished before" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == files


@pytest.mark.parametrize(
    "words", [["--pilot", "51"], ["--method", "tilting"], ["--method", "auto"], ["--threshold", "2e5"]]
)
def test_other_words_are_refused(calm, made, words):
    done = asked(*WORDS, *words, "--workers", 1, "--quiet", "--out", calm[0])
    assert done.exit_code == 2 and "made with other words" in done.stderr and made[0] == []


def test_a_part_that_is_not_what_was_written_is_done_again(calm, made, tmp_path):
    before, said = calm
    told(WORDS, out := tmp_path / "out")
    done, _ = made
    [*_, part] = sorted((out / "runs").iterdir())
    lost = pq.read_table(part).num_rows
    part.write_bytes(part.read_bytes()[:-9])
    done.clear()
    assert told(WORDS, out) == said and len(done) == lost
    same(out, before)


def test_workers_change_nothing(calm, tmp_path):
    done = asked(*WORDS, "--workers", 2, "--json", "--quiet", "--out", tmp_path / "out")
    assert done.exit_code == 0 and json.loads(done.stdout) == calm[1]
    same(tmp_path / "out", calm[0])


def test_parts_say_what_they_are_and_are_made_again_bit_for_bit(calm):
    out, said = calm
    table = rows(out)
    assert len(table) == PARTS and table["product"].isna().sum() == 2
    repetitions = table[table["replication"] > TRIAL]
    products = pq.read_table(out / "products.parquet").to_pandas()
    assert np.array_equal(products["product"], repetitions["product"])
    shares = repetitions.filter(like="share_").to_numpy()
    assert np.allclose(np.nanprod(shares, axis=1), repetitions["product"]) and (products["product"] > 0.0).any()
    [cell] = said["cells"].values()
    assert [len(one["levels"]) for one in cell["by_seed"]] == table[table["replication"] == TRIAL]["levels"].tolist()
    again = asked("reproduce", out, "--runs", 8)
    assert again.exit_code == 0 and "are the same, bit for bit" in again.output, again.output
    asking = asked("query", out, "SELECT seed, count(*) AS parts FROM runs GROUP BY seed ORDER BY seed", "--json")
    assert json.loads(asking.stdout) == [{"seed": seed, "parts": 1 + REPETITIONS} for seed in (1.0, 2.0)]


def test_parts_come_back_from_metrics_as_they_were():
    trial, product = Searched((-3.0, -0.1, np.inf), 7.5), Product(0.125, 3.25, (0.25, 0.5))
    assert trial_of(summary(1, trial.levels, trial)) == trial
    assert product_of(summary(1, trial.levels, product)) == product
    assert trial_of(summary(1, (np.inf,), Searched((np.inf,), 1.0))).levels == (np.inf,)


def test_the_figure_is_in_the_folder_and_the_report(calm, tmp_path):
    out, _ = calm
    assert sorted(path.name for path in (out / "figures").iterdir()) == ["rare.pdf", "rare.png"]
    done = asked("report", out, "--out", tmp_path / "report")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.count("<img") == 1 and "Probability of the event" in page


def answer(*shares, levels=(-2.0, -1.0, np.inf)):
    split = Split.of([Product(float(np.prod(one)), 1.0, one) for one in shares])
    arrangement = SplitArrangement("isolated/adl", (Searched(levels, 1.0),), (split,))
    return SplitAnswer(Event("deficit", 1.0), 8, len(shares), (1,), (arrangement,))


def test_passages_are_products_up_to_each_level_and_end_at_the_estimate():
    load("experiments.study.rare.splitting.figure")
    figure = sys.modules["experiments.study.rare.splitting.figure"]
    found = answer((0.5, 0.5, 0.25), (0.5, 0.25, 0.25), (0.25, 0.0))
    value, low, high = figure.passages(found.arrangements[0].splits[0], 3)
    assert np.allclose(value, [1.25 / 3, 0.375 / 3, 0.09375 / 3]) and (low <= value).all() and (value <= high).all()
    assert value[-1] == pytest.approx(found.arrangements[0].pooled[0])
    [panel] = figure.draw(found).axes
    line = panel.lines[0]
    assert panel.get_yscale() == "log" and np.allclose(line.get_ydata(), value)
    assert line.get_xdata()[:2].tolist() == [-2.0, -1.0] and line.get_xdata()[2] > -1.0


@pytest.mark.parametrize(
    "found",
    [
        answer((0.0,), (0.0,), (0.0,)),
        answer((0.5,), (0.5,), levels=(np.inf,)),
        answer((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ],
)
def test_what_there_is_little_of_is_drawn_all_the_same(found):
    load("experiments.study.rare.splitting.figure")
    figure = sys.modules["experiments.study.rare.splitting.figure"].draw(found)
    figure.draw_without_rendering()


def judged(error, work=100.0, name="a"):
    return {name: Judged(1e-3, error, 0.0, work)}


@pytest.mark.parametrize(
    "tilting, splitting, method, why",
    [
        (judged(0.9), judged(0.2), "splitting", "tilting"),
        (judged(0.2), judged(0.9), "tilting", "splitting"),
        (judged(0.2, 100.0), judged(0.2, 300.0), "tilting", "needs 400 runs for a relative error of 10 %"),
        (judged(0.3, 100.0), judged(0.2, 100.0), "splitting", "needs 400 runs for a relative error of 10 %"),
        (judged(np.nan), judged(0.9), "splitting", "the pilot by tilting could not tell"),
        (judged(0.9), judged(np.nan), "tilting", "the pilot by splitting could not tell"),
        (judged(np.nan), judged(np.nan), "tilting", "neither pilot could tell"),
        (judged(0.3) | judged(0.3, name="b"), judged(0.1) | judged(0.8, name="b"), "splitting", "needs"),
    ],
)
def test_the_way_with_less_variance_at_equal_work_is_chosen(tilting, splitting, method, why):
    found = choice.chosen(tilting, splitting)
    assert found.method == method and why in found.why
    assert found.added(lambda _: {})(None)["pilots"].keys() == {"tilting", "splitting"}


def test_a_search_is_paid_once_and_replications_as_often_as_the_study_does():
    one = Judged(1e-3, 0.4, 100.0, 50.0)
    assert one.cost == pytest.approx(0.4**2 * SPENT * (100.0 + 50.0 / SPENT))


@pytest.mark.parametrize("method", ["tilting", "splitting"])
def test_auto_goes_the_way_that_is_chosen_and_says_so(method, monkeypatch, tmp_path):
    chosen = Choice(method, "as the test says so", {"tilting": judged(0.1), "splitting": judged(np.nan)})
    monkeypatch.setattr("experiments.cli.study.rare.pilot", lambda *_: chosen)
    out = tmp_path / "out"
    done = asked(*WORLD, "--method", "auto", "--workers", 1, "--json", "--out", out)
    assert done.exit_code == 0, done.output
    said, manifest = json.loads(done.stdout), json.loads((out / "manifest.json").read_text())
    assert (said["method"], said["chosen_by"], said["why"]) == (method, "auto", "as the test says so")
    line = f"method: {method}, as the test says so"
    assert line in done.stderr and manifest["summary"][0] == line
    assert {name: manifest["rare"][name] for name in ("method", "chosen_by", "pilots")} == {
        name: said[name] for name in ("method", "chosen_by", "pilots")
    }
    assert (out / "products.parquet").exists() == (method == "splitting")
    by_name = told([*WORLD, "--method", method], tmp_path / "by name")
    assert "chosen_by" not in by_name and by_name["cells"] == said["cells"]


def test_auto_tries_both_on_a_seed_of_its_own_and_goes_on_where_it_was(made, tmp_path):
    words, out = [*WORLD, "--method", "auto"], tmp_path / "out"
    done, patience = made
    patience["left"] = 3
    stopped = asked(*words, "--workers", 1, "--quiet", "--out", out)
    assert stopped.exit_code == 130 and "go on" in stopped.stderr and len(done) == 3
    patience["left"] = 10**9
    said = told(words, out)
    assert said["method"] in ("tilting", "splitting") and "pilot" in said["why"]
    assert said["pilots"].keys() == {"tilting", "splitting"} and said["seeds"] == [1, 2]
    assert {seed for _, seed, _ in done[:6]} == {3} and len(done) == len(set(done))
    done.clear()
    assert told(words, out) == said and done == []
    assert len(list((out / "pilot" / "runs").iterdir())) > 1
    again = asked("reproduce", out, "--runs", 12)
    assert again.exit_code == 0 and "are the same, bit for bit" in again.output, again.output


@pytest.mark.parametrize(
    "more, why",
    [
        (["--metric", "uncovered", "--plain", "9"], "--plain is given"),
        (["--metric", "exhausted"], "exhausted is not a loss that never falls"),
        (["--set", "price.process=episode"], "episode is not drawn step by step"),
    ],
)
def test_auto_takes_tilting_where_nothing_can_be_split(more, why, monkeypatch, tmp_path):
    def nothing(*_):
        raise AssertionError

    monkeypatch.setattr("experiments.cli.study.rare.pilot", nothing)
    done = asked(*WORLD, *more, "--seeds", 1, "--method", "auto", "--workers", 1, "--json", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["method"] == "tilting" and said["chosen_by"] == "auto" and why in said["why"] and why in done.stderr
