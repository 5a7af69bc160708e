"""The page of findings says what was measured and nothing that a new measurement could contradict."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.results.run import Run
from experiments.study.comparison.answer import Comparison
from experiments.study.findings import contrast as judging
from experiments.study.findings import section
from experiments.study.findings.contrast import (
    APPEARS,
    KEEPS,
    TURNS,
    UNDECIDED,
    VANISHES,
    Contrast,
    Count,
    contrast,
    never_more,
)
from experiments.study.findings.page import Content, document, page
from experiments.study.findings.run import Measured, Sized
from experiments.study.findings.study import (
    CHANGES,
    DEFAULT,
    EPISODE_STUDIES,
    INNOCENTS,
    ONE_EACH,
    REGIMES,
    Study,
    studies,
)
from experiments.study.findings.word import counted, sentence
from model.scenario import Scenario
from model.scenario.episode import CRASHES

WORLDS = 40
CHANGED = {
    "asset": "protocol.asset", "exploits": "shock.exploit_intensity", "permanent": "market.permanent_share",
    "interest": "protocol.open_interest", "number": "protocol.number", "keepers": "keeper.capacity",
    "depth": "market.depth_multiplier", "severity": "price.severity_dispersion",
}  # fmt: skip


def between(low, high):
    return Contrast("a", "b", (low + high) / 2.0, low, high, 10)


def measured(study=DEFAULT, **levels):
    """Return a study in which arrangement c leaves about levels[c] $M uncovered at protocol 2 a world."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=WORLDS)
    comparison = Comparison(list(levels), range(WORLDS))
    for arrangement, level in levels.items():
        for r in range(WORLDS):
            lost = max(1e6 * level * (1.0 + 0.1 * noise[r]), 0.0)
            members = {f"uncovered_{i}": lost * (i == 2) for i in range(8)}
            exhausted = float(arrangement == "pooled" and r < 4)
            summary = {
                "deficit": 2e7, "uncovered": lost, "exhausted": exhausted, "all_exhausted": exhausted,
                "covered_per_capital": 0.5, "paid_regime": lost, **members,
            }  # fmt: skip
            comparison.add(Run(arrangement, arrangement, "", r, summary, {}))
    return Measured(study, study.scenario(1, {}), comparison)


def usual(**changed):
    """Return the default study: by open interest 2, by loss 1, pooled 1, unless changed, $M."""
    levels = {"isolated": 2.0, "isolated_by_loss": 1.0, "pooled": 1.0, "reinsured": 1.5, "mutual": 1.2}
    return measured(**(levels | changed))


def content(*found, sized=()):
    return Content({one.study.name: one for one in found}, sized, "abc123", "2026-01-01T00:00:00Z", 1)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (between(1.0, 3.0), "more"),
        (between(-3.0, -1.0), "less"),
        (between(-1.0, 3.0), "not told apart"),
        (between(0.0, 3.0), "not told apart"),
        (between(0.0, 0.0), "the same in every world"),
        (between(float("nan"), 1.0), "no value"),
        (Contrast("a", "b", 1.0, float("nan"), float("nan"), 1), "not told apart"),
    ],
)
def test_an_interval_tells_apart_or_does_not(found, verdict):
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("base", "changed", "fate"),
    [
        ((1.0, 3.0), (2.0, 3.0), KEEPS),
        ((1.0, 3.0), (-2.0, 3.0), UNDECIDED),
        ((1.0, 3.0), (-2.0, -1.0), TURNS),
        ((-1.0, 3.0), (1.0, 2.0), APPEARS),
        ((1.0, 3.0), (0.0, 0.0), VANISHES),
        ((-1.0, 3.0), (0.0, 0.0), UNDECIDED),
        ((-1.0, 3.0), (-1.0, 2.0), UNDECIDED),
    ],
)
def test_a_change_keeps_a_finding_loses_it_or_turns_it(base, changed, fate):
    assert between(*base).under(between(*changed)) == fate


def test_counts_have_exact_intervals():
    assert counted(Count(0, 100)) == "0 of 100, at most 3.6 %"
    assert counted(Count(4, 100)) == "4 of 100 [1.1 %, 9.9 %]"
    four, none = np.repeat([1.0, 0.0], [4, 96]), np.zeros(100)
    assert judging.paired_p(four, none) == pytest.approx(0.125)


def test_a_pool_that_never_leaves_more_is_counted_world_by_world():
    assert never_more(np.array([3.0, 2.0, np.nan, 5.0]), np.array([3.0, 2.5, 0.0, 1.0])) == Count(2, 3)


def test_a_sentence_follows_the_numbers():
    worlds = np.arange(1.0, 41.0) * 1e6
    assert sentence(contrast("x", "y", worlds + 1e6, worlds)).startswith("x leaves more uncovered than y (1.00 [")
    assert sentence(contrast("x", "y", worlds, worlds + 1e6)).startswith("x leaves less uncovered than y (")
    assert "leave the same uncovered in every world" in sentence(contrast("x", "y", worlds, worlds))
    assert "are not told apart" in sentence(contrast("x", "y", worlds, worlds[::-1]))


def test_an_artefact_of_allotment_is_called_so_only_where_it_is():
    assert "artefact of their allotment" in section.allotment(usual())
    kept = section.allotment(usual(isolated_by_loss=1.5))
    assert "artefact" not in kept and "50 % is left" in kept
    assert "The sign turns with the allotment" in section.allotment(usual(isolated_by_loss=0.5))


def test_what_venues_of_one_thin_asset_make_is_called_so():
    assert not section.thin_protocols(usual()).size  # all list it, and other assets too
    found = measured(ONE_EACH, isolated=2.0, isolated_by_loss=1.0, pooled=1.0)
    assert section.thin_protocols(found).tolist() == [2, 5]
    told = section.thin(found)
    assert "Without protocols 2, 5" in told and "due to these protocols alone" in told


def test_the_table_of_changes_says_what_turns():
    changed = [
        measured(CHANGES[0], isolated=2.0, isolated_by_loss=2.0, pooled=1.0),
        measured(CHANGES[1], isolated=1.0, isolated_by_loss=1.0, pooled=1.0),
        measured(CHANGES[2], isolated=0.5, isolated_by_loss=0.5, pooled=1.0),
    ]
    told = section.turns(usual(), changed)
    isolated = told.splitlines()[-1]
    names = [study.title for study in CHANGES[:3]]
    assert f"keeps its sign under 1 of 3 changes ({names[0]})" in isolated
    assert f"vanishes under 1 of 3 changes ({names[1]})" in isolated
    assert f"turns under 1 of 3 changes ({names[2]})" in isolated


def test_the_page_has_every_section_that_was_measured_and_says_where_from():
    cut = next(study for study in studies() if study.name == "without_feedback")
    pair = {"isolated": 2.0, "isolated_by_loss": 1.0, "pooled": 1.0}
    both = {
        f"{arrangement}/{regime}": 1.0
        for arrangement in ("isolated", "pooled")
        for regime in ("socialized_loss", "adl")
    }
    sized = Sized(
        0.95, {"capital": [{"structure": "pooled", "capital": 1e7, "interval": [9e6, "inf"]}]}, ["$10M in all"]
    )
    found = content(
        usual(), measured(cut, **pair), measured(REGIMES, **both), measured(INNOCENTS, **pair, reinsured=1.0),
        measured(EPISODE_STUDIES[0], **pair), measured(CHANGES[0], **pair), sized=[sized],
    )  # fmt: skip
    text = page(found)
    for part in ("Commit abc123, 2026-01-01", "world: episode 2025-10-10", "held in 40 of 40 worlds", "$10M in all"):
        assert part in text, part
    assert len(re.findall(r"^## ", text, re.MULTILINE)) == 11
    assert json.dumps(document(found))


def test_what_failed_is_said_and_not_shown():
    failed = usual()._replace(failure="ValueError: no")
    text = page(content(failed))
    assert "Not measured" in text and "ValueError: no" in text and "leaves uncovered" not in text


def test_a_page_of_a_calm_world_warns():
    found = usual()
    for arrangement in found.comparison.arrangements:
        found.comparison.values(arrangement, "deficit")[:] = 0.0
    assert "nothing was stressed" in page(content(found))


def test_every_study_is_a_scenario_and_all_changes_are_there():
    found = studies()
    assert len({study.name for study in found}) == len(found)
    assert {study.scenario(1, {}).price.episode for study in (DEFAULT, *EPISODE_STUDIES)} == set(CRASHES)
    changed = {name for study in CHANGES for name in study.changes}
    assert set(CHANGED.values()) <= changed
    total = sum(section._interest(Scenario()))
    for study in CHANGES:
        scenario = study.scenario(1, {})
        assert scenario.price.process == "episode"
        if study.name != "three_protocols":
            assert sum(section._interest(scenario)) == pytest.approx(total), study.name


def run(folder, *words):
    options = ("--quick", "--workers", "1", "--out", folder / "kept", *words)
    return CliRunner().invoke(main, ["findings", *map(str, options)])


def test_the_command_writes_the_page_and_goes_on_where_it_was(tmp_path, monkeypatch):
    chosen = [Study("default", "tiny", {"steps": 6}, ("isolated", "pooled"))]
    monkeypatch.setattr("experiments.cli.study.findings.studies", lambda: tuple(chosen))
    place = tmp_path / "findings.md"
    first = run(tmp_path, "--study", "default", "--write", "--page", place, "--json")
    assert first.exit_code == 0, first.output
    text = place.read_text()
    assert "its numbers mean nothing" in text and "What each structure leaves uncovered" in text
    told = json.loads(first.stdout)["studies"]["default"]
    assert told["replications"] == 2 and {row["n"] for row in told["uncovered"]} == {2}

    def never(*_):
        raise AssertionError("a study that is kept is not run again")

    with monkeypatch.context() as patch:
        patch.setattr("experiments.run.run.run_arrangement", never)
        again = run(tmp_path, "--study", "default", "--json")
    assert json.loads(again.stdout)["studies"]["default"]["uncovered"] == told["uncovered"]
    [kept] = (tmp_path / "kept").iterdir()
    done = CliRunner().invoke(main, ["reproduce", str(kept), "--runs", "3"])
    assert done.exit_code == 0 and "3 runs made again: they are the same" in done.stdout
    unknown = run(tmp_path, "--study", "defalt")
    assert unknown.exit_code == 2 and "did you mean 'default'" in unknown.stderr
