"""The documentation says what the code does: names resolve, tables and order agree, nothing declared is missing."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from agents.account.account import Account
from agents.exchange.exchange import Exchange
from agents.exchange.keeper import Keeper
from agents.market_maker.market_maker import MarketMaker
from agents.protocol.protocol import Protocol
from agents.provider.capital_provider import CapitalProvider
from agents.provider.liquidity_provider import LiquidityProvider
from agents.reinsurer.reinsurer import Reinsurer
from agents.trader.strategy import STRATEGIES
from agents.trader.value_fund import ValueFund
from experiments.cli.model_tables import described
from experiments.cli.parameter_table import markdown
from model.market.impact import SHAPES
from model.market.market import MARKET_COLUMNS
from model.scenario import Scenario
from model.scenario.parameter import declarations
from model.scenario.registry import CLAIMS, GRAPHS, PREMIUMS, PROCESSES, REGIMES, SETTLEMENTS, STRUCTURES, TRIGGERS
from model.schedule import PHASES

ROOT = Path(__file__).resolve().parents[2]
ODD = (ROOT / "docs" / "ODD.md").read_text(encoding="utf-8")
PARAMETERS = ROOT / "docs" / "parameters.md"
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
]
NOTEBOOKS = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs" / "notebook").glob("*.ipynb"))]
REGENERATE = "the documentation is out of date: python -m experiments.cli.model_tables"
ELEMENTS = (
    "Purpose and patterns",
    "Entities, state variables and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Initialization",
    "Input data",
    "Submodels",
    "The questions of ODD+D",
)
QUESTIONS = {
    "I.i": "ab", "I.ii": "abcde", "I.iii": "a", "II.i": "abcde", "II.ii": "abcdefgh", "II.iii": "ab", "II.iv": "abcde",
    "II.v": "abc", "II.vi": "abcd", "II.vii": "ab", "II.viii": "ab", "II.ix": "a", "II.x": "ab",
    "III.i": "ab", "III.ii": "abc", "III.iii": "a", "III.iv": "abc",
}  # fmt: skip
CONCEPTS = (
    "Basic principles",
    "Emergence",
    "Adaptation",
    "Objectives",
    "Learning",
    "Prediction",
    "Sensing",
    "Interaction",
    "Stochasticity",
    "Collectives",
    "Observation",
)
ENTITIES = {
    "Trader": Account,
    "Exchange": Exchange,
    "Protocol": Protocol,
    "Keeper": Keeper,
    "LiquidityProvider": LiquidityProvider,
    "Reinsurer": Reinsurer,
    "CapitalProvider": CapitalProvider,
    "ValueFund": ValueFund,
    "MarketMaker": MarketMaker,
}
CHOICES = {
    "process": PROCESSES,
    "impact": SHAPES,
    "strategy": STRATEGIES,
    "structure": STRUCTURES,
    "settlement": SETTLEMENTS,
    "trigger": TRIGGERS,
    "regime": REGIMES,
    "premium": PREMIUMS,
    "claims": CLAIMS,
    "graph": GRAPHS,
}
NAMES = [declared.name for declared in declarations(Scenario)]


def headings(text: str, depth: int) -> list[str]:
    """Titles of one depth, without their numbers, in order."""
    return re.findall(rf"^#{{{depth}}} [\d.]+ (.+)$", text, re.MULTILINE)


def part(text: str, title: str, depth: int) -> str:
    """What stands below a heading, up to the next of the same depth or above."""
    found = re.search(rf"^#{{{depth}}} [\d.]+ {re.escape(title)}$\n", text, re.MULTILINE)
    assert found, f"no heading {title!r}"
    return re.split(rf"^#{{1,{depth}}} ", text[found.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def code_spans(text: str) -> list[str]:
    """What stands between backticks in a line, code blocks apart."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def named_in(text: str) -> list[str]:
    """The dotted names of the project's packages among the code spans."""
    return [span for span in code_spans(text) if re.fullmatch(r"(?:agents|model|experiments)(?:\.\w+)+", span)]


def imported_in(text: str) -> list[str]:
    """The dotted names that a page's or a notebook's code imports from the project's packages."""
    lines = re.findall(r"from ((?:agents|model|experiments)[\w.]*) import ([\w, ]+)", text)
    return [f"{module}.{name.split(' as ')[0].strip()}" for module, names in lines for name in names.split(",")]


def dangling(names: set[str]) -> list[str]:
    """Those that stand for nothing."""
    found = []
    for name in sorted(names):
        try:
            resolve(name)
        except (ImportError, AttributeError):
            found.append(name)
    return found


def resolve(name: str) -> object:
    """Return what a dotted name stands for; ImportError or AttributeError where there is nothing."""
    words = name.split(".")
    for count in range(len(words), 0, -1):
        try:
            found = import_module(".".join(words[:count]))
        except ModuleNotFoundError:
            continue
        for word in words[count:]:
            found = getattr(found, word)
        return found
    raise ModuleNotFoundError(name)


def test_every_function_named_exists():
    """In text, and in the code of pages and notebooks, but for what a page's own files bring."""
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in (*PAGES, *NOTEBOOKS)}
    named = {page: {*named_in(text), *imported_in(text)} for page, text in texts.items()}
    brought = {path[:-3].replace("/", ".") for text in texts.values() for path in re.findall(r"file=(\S+\.py)", text)}
    missing = {page: dangling({name for name in names if name.rpartition(".")[0] not in brought})
               for page, names in named.items()}  # fmt: skip
    assert {page: names for page, names in missing.items() if names} == {}
    assert sum(map(len, named.values())) > 300


def test_the_odd_description_names_the_code_in_every_layer_it_describes():
    assert {name.partition(".")[0] for name in named_in(ODD)} >= {"agents", "model"}


def test_the_seven_elements_of_odd_are_there_in_order_and_then_the_questions_of_odd_d():
    assert tuple(headings(ODD, 2)) == ELEMENTS


def test_the_eleven_design_concepts_of_odd_are_there_in_order():
    assert tuple(headings(part(ODD, "Design concepts", 2), 3)) == CONCEPTS


def test_the_phases_are_described_in_the_order_in_which_they_run():
    described = named_in(part(ODD, "Process overview and scheduling", 2))
    prefix = "model.engine.engine.Engine."
    methods = [name.removeprefix(prefix) for name in described if name.startswith(prefix)]
    assert [name for name in methods if name != "step"] == [phase.name for phase in PHASES] and len(PHASES) == 9


@pytest.mark.parametrize("phase", [phase.name for phase in PHASES])
def test_what_a_phase_is_done_by_is_named(phase):
    [row] = re.findall(rf"^\| \d \| `model.engine.engine.Engine.{phase}` \|.*$", ODD, re.MULTILINE)
    assert named_in(row)[1:]


def test_every_question_of_odd_d_is_answered_once_and_in_order():
    """Müller et al. (2013), table 1."""
    answered = []
    for numeral, first, last in re.findall(r"^\| (I+\.[ivx]+)\.([a-h])(?:–([a-h]))? .+ \| .+ \|$", ODD, re.MULTILINE):
        letters = range(ord(first), ord(last or first) + 1)
        answered += [(numeral, chr(letter)) for letter in letters]
    assert answered == [(numeral, letter) for numeral, letters in QUESTIONS.items() for letter in letters]


def rules() -> set[str]:
    """The dotted names of all functions declared as rules."""
    found = set()
    for path in [path for package in ("agents", "model") for path in (ROOT / package).rglob("*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(mark) == "rule" for mark in node.decorator_list):
                found.add(f"{module}.{node.name}")
    return found


def test_every_rule_is_named_or_its_module_is():
    named, ledger = set(named_in(ODD)), {name for name in rules() if name.startswith("agents.core.ledger.")}
    assert len(rules()) > 70
    assert {name for name in rules() - ledger if not {name, name.rpartition(".")[0]} & named} == set()


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_attribute_is_described_with_its_unit_and_sign(entity):
    text = part(part(ODD, "Entities, state variables and scales", 2), entity, 3)
    described = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert described == {name: column.unit for name, column in ENTITIES[entity].columns().items()}


def test_the_tables_of_the_odd_description_are_the_generated_ones():
    assert described(ODD) == ODD, REGENERATE


def test_a_generated_table_that_was_edited_is_noticed():
    assert described(ODD.replace("| `cash` | USD |", "| `cash` | EUR |")) == described(ODD)


def test_every_attribute_of_an_asset_market_is_described():
    text = part(part(ODD, "Entities, state variables and scales", 2), "Asset market", 3)
    assert set(MARKET_COLUMNS.names) <= set(code_spans(text))


@pytest.mark.parametrize("axis", CHOICES)
def test_every_choice_is_described_among_the_submodels(axis):
    assert set(CHOICES[axis]) <= set(code_spans(part(ODD, "Submodels", 2)))


def test_every_parameter_the_odd_description_names_is_declared():
    sections = {name.partition(".")[0] for name in NAMES if "." in name}
    named = {span for span in code_spans(ODD) if re.fullmatch(rf"(?:{'|'.join(sections)})\.\w+", span)}
    assert named
    assert named - set(NAMES) == set()


def test_every_parameter_is_in_the_table_once():
    listed = re.findall(r"^\| `([\w.]+)` \|", PARAMETERS.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == NAMES


def test_the_table_of_parameters_is_the_generated_one():
    assert PARAMETERS.read_text(encoding="utf-8") == markdown(), REGENERATE


@pytest.mark.parametrize("name", ["agents.nobody", "model.ecosystem.Ecosystem.nothing", "experiments.nowhere.run"])
def test_a_name_that_stands_for_nothing_is_noticed(name):
    with pytest.raises((ImportError, AttributeError)):
        resolve(name)


MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def modules() -> dict[str, Path]:
    """Dotted names of all modules and packages, and their files."""
    paths = [path for package in ("agents", "model", "experiments") for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def test_the_map_names_every_room():
    rooms = {str(path.parent.relative_to(ROOT)) for path in modules().values() if path.name == "__init__.py"}
    named = re.findall(r"^\| `([a-z_/]+[a-z])` \|", MAP, re.MULTILINE)
    assert sorted(named) == sorted(rooms - {"agents", "model", "experiments"})


def test_rooms_import_only_what_lies_on_lower_floors():
    """The floors of the map; a name below a room is the room's."""
    floors = {room: int(floor) for floor, rooms in re.findall(r"^\| (\d+) \| (.+) \|$", MAP, re.MULTILINE)
              for room in re.findall(r"`([\w.]+)`", rooms)}  # fmt: skip
    upward = []
    for name, path in modules().items():
        own = room_of(name)
        if not own:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in REACHED:
                others = {room_of(f"{node.module}.{alias.name}") for alias in node.names} - {own, ""}
                upward += [f"{name} -> {other}" for other in others if floors[other] >= floors[own]]
    assert upward == []


REACHED = ("agents", "model", "experiments")


def room_of(name: str) -> str:
    """The second-level package or module a dotted name lies in; nothing for the packages themselves."""
    words = name.split(".")[:2]
    known = len(words) == 2 and (ROOT.joinpath(*words).is_dir() or ROOT.joinpath(*words).with_suffix(".py").is_file())
    return ".".join(words) if known else ""
