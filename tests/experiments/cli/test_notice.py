"""Nothing that was asked for is dropped in silence: it takes effect, or a line names it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.app.session.configuration import from_toml
from experiments.cli.main import main
from experiments.cli.study.phase import arranged
from experiments.plan.arrangement import Estimate, arrangements, needs_pilot
from experiments.plan.configuration import plan
from experiments.plan.notice import PROCESS_OF, STRUCTURE_OF, value_at
from experiments.plan.options import Options
from experiments.plan.plan import read_plan
from experiments.plan.problem import SweepError
from model.ecosystem import Ecosystem
from model.price.tape import draw_tape
from model.scenario import Scenario
from model.scenario.registry import PROCESSES, STRUCTURES

pytestmark = pytest.mark.usefixtures("no_figures")

README = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "prices.md").read_text(encoding="utf-8")
LOSSES = "[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]"


def written(folder, text, name="mine.toml"):
    file = folder / name
    file.write_text(text)
    return str(file)


def planned(folder, text="", **options):
    if text:
        options["scenario"] = written(folder, text)
    return plan(Options(workers=1, out=str(folder / "out"), **options))


@pytest.mark.parametrize("named", ["file", "setting"])
def test_the_structure_of_a_scenario_is_compared(tmp_path, named):
    text = {"file": '[backstop]\nstructure = "partial"\n', "setting": ""}[named]
    settings = () if text else ("backstop.structure=partial",)
    chosen = planned(tmp_path, text, settings=settings)
    assert chosen.structures == ("partial", "isolated", "pooled")
    assert planned(tmp_path, '[backstop]\nstructure = "reinsured"\n').structures == ("isolated", "pooled", "reinsured")


def test_the_scenario_of_the_readme_is_run_as_it_says(tmp_path):
    text = re.search(r"```toml\n(seed = 7\n.*?)```", README, re.DOTALL)[1]
    chosen = planned(tmp_path, text)
    assert (chosen.structures, chosen.regimes) == (("partial", "isolated", "pooled"), ("adl",))
    assert (chosen.scenario.price.episode, chosen.scenario.seed) == ("2025-10-10", 7)


def test_a_structure_that_options_leave_out_is_named(tmp_path):
    own = '[price]\nprocess = "gbm"\n[backstop]\nregime = "adl"\n'
    chosen = planned(tmp_path, own + 'structure = "partial"\n', structures=("pooled",))
    assert chosen.structures == ("pooled",) and chosen.regimes == ("adl",)
    (line,) = chosen.notices
    assert line.startswith("backstop.structure = partial") and "is not run: compared are pooled" in line
    (line,) = planned(tmp_path, own, regimes=("bad_debt",)).notices
    assert line.startswith("backstop.regime = adl") and "is not run" in line


def test_other_studies_take_the_structure_of_the_scenario_too(tmp_path):
    options = Options(out=str(tmp_path / "out"), settings=("backstop.structure=mutual",))
    assert plan(options, ("isolated", "pooled")).structures == ("mutual", "isolated", "pooled")
    assert plan(Options(out=str(tmp_path / "o")), ("isolated", "pooled")).structures == ("isolated", "pooled")


def test_a_map_takes_structure_and_regime_of_the_scenario():
    typed = {
        "regime": None,
        "prices": (),
        "accounts": None,
        "process": None,
        "episode": None,
        "scenario": None,
        "seed": None,
    }
    own = {**typed, "settings": ("backstop.structure=partial", "backstop.regime=adl")}
    assert arranged(None, None, {**typed, "settings": ()}) == (("isolated", "pooled"), "bad_debt")
    assert arranged(None, None, own) == (("isolated", "partial"), "adl")
    assert arranged(None, "partial", own) == (("isolated", "partial"), "adl")
    assert arranged("none", "pooled", {**own, "regime": "bad_debt"}) == (("none", "pooled"), "bad_debt")


def test_a_file_without_prices_keeps_the_episode_and_says_so(tmp_path):
    chosen = planned(tmp_path, "[backstop]\ncapital_ratio = 0.02\n")
    assert (chosen.scenario.price.process, chosen.scenario.price.episode) == ("episode", "2025-10-10")
    (line,) = chosen.notices
    assert "names no price.process: the episode 2025-10-10 stays" in line


@pytest.mark.parametrize(
    ("text", "process", "episode"),
    [
        ('[price]\nprocess = "gbm"\n', "gbm", "2025-10-10"),
        ('[price]\nepisode = "2020-03-12"\n', "episode", "2020-03-12"),
        ('[price]\nprocess = "stochastic_volatility"\n', "stochastic_volatility", "2025-10-10"),
    ],
)
def test_a_file_changes_the_prices_it_names(tmp_path, text, process, episode):
    price = planned(tmp_path, text).scenario.price
    assert (price.process, price.episode) == (process, episode)
    assert from_toml(text).scenario.price.process == process


def test_price_files_of_a_scenario_are_replayed(tmp_path):
    rows = "\n".join(f"2024-01-01 {hour:02d}:00,1,1,1,1,0" for hour in range(24))
    prices = written(tmp_path, f"Date,Open,High,Low,Close,Volume\n{rows}\n", "BTC.csv")
    chosen = planned(tmp_path, f'[price]\nfiles = ["{prices}"]\n')
    assert chosen.scenario.price.process == "replay" and "are replayed" in chosen.notices[0]


def test_given_losses_size_the_second_isolated_and_no_pilot_is_run(tmp_path):
    chosen = planned(tmp_path, f'[backstop]\nallotment = "expected_loss"\nexpected_loss = {LOSSES}\n')
    assert not needs_pilot(chosen.scenario, chosen.structures)
    found = {
        arrangement.name: arrangement.scenario.backstop
        for arrangement in arrangements(chosen.scenario, chosen.structures, ("adl",), Estimate())
    }
    given = chosen.scenario.backstop.expected_loss
    for name in ("isolated_by_loss", "pooled", "reinsured"):
        assert (found[name].allotment, found[name].expected_loss) == ("expected_loss", given)
    assert found["isolated"].allotment == "open_interest"
    assert any("no pilot is run" in line for line in chosen.notices)
    assert needs_pilot(Scenario(), ("isolated",)) and not needs_pilot(Scenario(), ("pooled",))


def test_what_one_source_says_and_another_takes_back_is_named(tmp_path):
    chosen = planned(tmp_path, "seed = 3\n[price]\nprocess = 'gbm'\n", seed=4, settings=("steps=9", "steps=8"))
    assert chosen.scenario.seed == 4 and chosen.scenario.steps == 8
    assert [line.partition(" (")[0] for line in chosen.notices] == ["seed = 3", "steps = 9"]
    assert planned(tmp_path, "seed = 4\n[price]\nprocess = 'gbm'\n", seed=4).notices == ()


def test_a_capital_that_is_searched_is_not_used_and_named(tmp_path):
    options = Options(out=str(tmp_path / "out"), settings=("backstop.capital_ratio=0.02",))
    (line,) = plan(options, ("pooled",), ("backstop.capital_ratio",)).notices
    assert line == "backstop.capital_ratio = 0.02 (--set) is searched: this value is not used"


def test_what_belongs_to_another_process_or_structure_is_named(tmp_path):
    settings = ("price.garch_alpha=0.05", "backstop.pooled_share=0.3")
    lines = planned(tmp_path, settings=settings).notices
    assert len(lines) == 2 and all("does nothing" in line for line in lines)
    assert planned(tmp_path, settings=("backstop.ceded_share=0.3", "price.severity=0.5")).notices == ()


class Read:
    """Notes which fields are read."""

    def __init__(self, terms):
        self._terms, self.names = terms, set()

    def __getattr__(self, name):
        self.names.add(f"backstop.{name}")
        return getattr(self._terms, name)


def test_a_structure_reads_just_the_parameters_that_are_said_to_be_its(monkeypatch):
    read = {}
    for name in STRUCTURES:
        ecosystem = Ecosystem(Scenario().replace({"backstop.structure": name, "trader.number": 20, "steps": 1}))
        terms = Read(ecosystem.scenario.backstop)
        kind = type(ecosystem.structure)
        built = kind(terms, ecosystem.structure.capital, 1.0)
        built.terms = terms
        built.assessable(built.capital, built.capital)
        read[name] = terms.names & STRUCTURE_OF.keys()
    for field, owner in STRUCTURE_OF.items():
        assert {name for name, fields in read.items() if field in fields} <= {owner}, field


OTHER = {
    "asset.initial_price": (1.0,),
    "price.degrees_of_freedom": 9.0,
    "price.drift": 0.5,
    "price.episode": "2020-03-12",
    "price.fundamental_share": (0.3,),
}
FILED = ("price.files", "price.names", "price.start")
DRAWN = [name for name, registered in PROCESSES.items() if not registered.needs_files]


@pytest.mark.parametrize("field", [name for name in PROCESS_OF if name not in FILED])
def test_a_price_parameter_acts_just_under_the_processes_that_are_said(field):
    for process in DRAWN:
        base = Scenario().replace({"price.process": process, "steps": 60, "minutes": 10})
        changed = base.replace({field: OTHER[field] if field in OTHER else value_at(base, field) / 2})
        first, second = (draw_tape(scenario, 0) for scenario in (base, changed))
        same = all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        assert same is (process not in PROCESS_OF[field]), process


PLAN = """
replications = 1
process = "gbm"
{}
[fields]
trader.number = [11, 12]
"""


def test_a_plan_names_what_its_design_moves_away_from(tmp_path):
    text = PLAN.format('[set]\ntrader.number = 50\n[across]\nbackstop.structure = ["pooled"]\n')
    file = tmp_path / "plan.toml"
    file.write_text(text.replace("[set]\n", '[set]\nbackstop.structure = "partial"\n'))
    lines = read_plan(file).notices
    assert any(line.startswith("trader.number = 50 ([set])") and "11, 12" in line for line in lines)
    assert any("backstop.structure = partial" in line and "is not run" in line for line in lines)


def test_a_plan_may_name_a_shipped_scenario(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text('replications = 1\nscenario = "innocents"\n[fields]\ntrader.number = [11, 12]\n')
    assert read_plan(file).base.shock.hit_share > 0.0


def test_a_plan_refuses_what_it_would_ignore(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(PLAN.format('premiums = ["flat"]'))
    with pytest.raises(SweepError, match="premiums: unknown name"):
        read_plan(file)


def test_notices_are_told_and_kept(tmp_path):
    words = ("--set", "trader.number=20", "--set", "steps=3", "--set", "price.garch_beta=0.5", "--structure", "none")
    place = tmp_path / "out"
    result = CliRunner().invoke(main, ["compare", "--workers", "1", "--replications", "1", "--out", str(place), *words])
    assert "note: price.garch_beta = 0.5 (--set) does nothing with process episode" in result.stderr
    assert json.loads((place / "manifest.json").read_text())["notices"]
