"""Presets: named real arrangements that are configuration and nothing else."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import model.scenario.preset
from experiments.cli.main import main
from experiments.plan.configuration import plan
from experiments.plan.options import ConfigurationError, Options
from model.scenario import Scenario
from model.scenario.preset import PresetError, load_preset, parse_preset, preset_names

pytestmark = pytest.mark.usefixtures("no_figures")

HEADER = 'description = "One of our own"\nsource = "a test"\n'
OURS = HEADER + '[backstop]\nstructure = "reinsured"\nregime = "lp_absorbs"\nceded_share = 0.5\n[trader]\nnumber = 30\n'
SHIPPED = {
    "binance_2019",
    "binance_2021_alt",
    "bybit_2025_12",
    "clearing_house",
    "derive",
    "drift",
    "dydx_v4",
    "hyperliquid",
    "hyperliquid_2025_03",
    "injective",
    "lighter_2026_02",
    "mars",
    "okx",
    "percosec_isolated",
    "percosec_pooled",
    "percosec_reinsured",
    "vega",
}
SETTINGS = ("protocol.number=3", "steps=6", "provider.number=2")
every_preset = pytest.mark.parametrize("name", sorted(SHIPPED))


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """A folder of presets with one, ``ours``, that uses names which every version has."""
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "ours.toml").write_text(OURS)
    (folder / "readme.txt").write_text("no preset")
    monkeypatch.setattr(model.scenario.preset, "files", lambda package: folder)
    return tmp_path


def planned(folder, settings=(), **options):
    return plan(Options(workers=1, out=str(folder / "out"), settings=(*SETTINGS, *settings), **options))


def test_the_presets_are_the_arrangements_we_know():
    assert set(preset_names()) == SHIPPED
    assert list(preset_names()) == sorted(SHIPPED)


@every_preset
def test_a_preset_says_what_it_is_and_where_that_was_read(name):
    preset = load_preset(name)
    assert preset.name == name
    assert len(preset.description) > 40 and len(preset.source) > 40
    assert {"backstop.structure", "backstop.regime"} <= preset.changes.keys()
    assert len(preset.changes) <= 10


@every_preset
def test_a_preset_is_a_scenario(name):
    """Every name and value is one the model has, and takes hold."""
    preset = load_preset(name)
    scenario = Scenario().replace(preset.changes, origin=name)
    for dotted, wanted in preset.changes.items():
        value = scenario
        for part in dotted.split("."):
            value = getattr(value, part)
        assert (list(value) if isinstance(value, tuple) else value) == wanted


@every_preset
def test_a_preset_leaves_sizes_prices_and_traders_alone(name):
    touched = {dotted.partition(".")[0] for dotted in load_preset(name).changes}
    assert touched <= {"backstop", "loss", "fund", "control", "exchange", "protocol"}
    kept = {"backstop.capital_ratio", "protocol.number", "protocol.open_interest", "protocol.treasury_ratio"}
    assert not kept & load_preset(name).changes.keys()


def test_a_preset_becomes_dotted_names():
    preset = parse_preset("ours", OURS)
    assert preset.changes == {
        "backstop.structure": "reinsured",
        "backstop.regime": "lp_absorbs",
        "backstop.ceded_share": 0.5,
        "trader.number": 30,
    }
    assert Scenario().replace(preset.changes).backstop.ceded_share == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('source = "x"\n[backstop]\n', "preset bad: description: missing"),
        ('description = " "\nsource = 3\n', "preset bad: description and source: missing"),
        (HEADER + "seed = 3\n", "preset bad: seed: allowed: tables"),
    ],
)
def test_a_file_that_is_no_preset_is_refused(text, message):
    with pytest.raises(PresetError, match=message):
        parse_preset("bad", text)


def test_only_presets_are_listed_and_no_other_is_loaded(ours):
    assert preset_names() == ("ours",)
    with pytest.raises(KeyError):
        load_preset("readme")


def test_a_preset_is_compared_with_isolated_and_pooled_under_its_regime(ours):
    chosen = planned(ours, preset="ours")
    assert chosen.structures == ("reinsured", "isolated", "pooled")
    assert chosen.regimes == ("lp_absorbs",)
    assert (chosen.scenario.backstop.ceded_share, chosen.scenario.trader.number) == (0.5, 30)
    assert chosen.scenario.price.episode == "2025-10-10"


def test_options_and_settings_win_over_a_preset(ours):
    settings = ("backstop.ceded_share=0.75", "backstop.structure=pooled")
    chosen = planned(ours, settings, preset="ours", regimes=("adl",))
    assert (chosen.structures, chosen.regimes) == (("pooled", "isolated"), ("adl",))
    assert chosen.scenario.backstop.ceded_share == 0.75
    assert planned(ours, preset="ours", structures=("none",)).structures == ("none",)


def test_a_preset_wins_over_the_scenario_file(ours):
    file = ours / "mine.toml"
    file.write_text("[backstop]\nceded_share = 0.9\npremium_rate = 0.125\n[trader]\nnumber = 77\n")
    backstop = (chosen := planned(ours, scenario=str(file), preset="ours").scenario).backstop
    assert (backstop.ceded_share, backstop.premium_rate, chosen.trader.number) == (0.5, 0.125, 30)


def test_a_misspelt_preset_is_told_with_what_there_is(ours):
    with pytest.raises(ConfigurationError) as refused:
        planned(ours, preset="our")
    assert refused.value.problems == [
        "command line: --preset: 'our' is unknown (did you mean 'ours'?); allowed: ours",
    ]


def test_a_bad_value_beside_a_preset_names_both(ours):
    with pytest.raises(ConfigurationError) as refused:
        planned(ours, ("backstop.ceded_share=-1",), preset="ours")
    assert [line.partition(": ")[0] for line in refused.value.problems] == ["command line with preset ours"]


@pytest.mark.compiled
def test_the_command_runs_a_preset(ours):
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    result = invoke(
        "compare", "--preset", "ours", "--replications", 1, "--workers", 1, "--json", "--out", ours / "out", *settings
    )
    assert result.exit_code == 0, result.output
    assert list(json.loads(result.stdout)["cells"]) == ["reinsured", "isolated", "isolated_by_loss", "pooled"]
    arrangements = json.loads((ours / "out" / "manifest.json").read_text())["cells"]
    assert {arrangement["backstop"]["ceded_share"] for arrangement in arrangements.values()} == {0.5}


def test_the_listing_names_every_preset_with_its_source():
    result = invoke("presets", "--json")
    assert result.exit_code == 0
    listed = json.loads(result.stdout)
    assert {entry["name"] for entry in listed} == SHIPPED
    assert all({"name", "description", "source", "changes"} == entry.keys() for entry in listed)
    text = invoke("presets").stdout
    assert all(f"\n{name}  (" in f"\n{text}" for name in SHIPPED)
    assert text.count("Source: ") == len(SHIPPED)
    assert max(map(len, text.splitlines())) <= 100


def test_listing_presets_imports_nothing_heavy():
    code = (
        "from experiments.cli.main import main; main(['presets'], standalone_mode=False)\n"
        "import sys; print('LOADED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.rpartition("LOADED")[2].split()}
    assert not loaded & {"numpy", "numba", "mesa", "pandas", "matplotlib", "pyarrow", "scipy", "networkx"}


def test_who_stands_for_a_vault_and_how_it_passes_on_is_the_venues_rule():
    """Drift's fund pays its maker's deficit; Hyperliquid, Lighter, Mars deleverage; the others have no such vault."""
    changes = {name: load_preset(name).changes for name in SHIPPED}
    covers = {name for name, found in changes.items() if found.get("backstop.vault_cover") == "backstop"}
    closes = {
        name: found["protocol.vault_closure"] for name, found in changes.items() if "protocol.vault_closure" in found
    }
    assert covers == {"drift"}
    assert closes == dict.fromkeys(("hyperliquid", "hyperliquid_2025_03", "lighter_2026_02", "mars"), "deleverage")
