"""Scenarios: frozen, complete, and plain about what is wrong with them."""

import pytest
from pydantic import ValidationError

from model.scenario import Scenario, ScenarioError
from model.scenario.parameter import declarations, per_item


def problems(values) -> list[str]:
    """Return the problems of a nested mapping."""
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_mapping(values, "file.toml")
    return caught.value.problems


def test_defaults_are_valid_and_frozen():
    """The default scenario checks, and nothing in it can be changed."""
    scenario = Scenario()
    with pytest.raises(ValidationError):
        scenario.seed = 2
    with pytest.raises(ValidationError):
        scenario.market.arbitrage = 1.0


def test_every_parameter_has_unit_meaning_and_source():
    """No parameter is declared without saying what it is and where it comes from."""
    rows = list(declarations(Scenario))
    assert len(rows) > 80
    assert [row.name for row in rows if not (row.unit and row.meaning and row.source)] == []
    assert len({row.name for row in rows}) == len(rows)


def test_misspelt_names_are_told_with_the_closest():
    """In a section, at the top, and a field that lives in another section."""
    found = problems({"market": {"arbitage": 1.0}, "sed": 3, "keeper": {"skin_in_the_game": 0.1}})
    assert found == [
        "file.toml: market.arbitage: unknown name (did you mean 'arbitrage'?)",
        "file.toml: keeper.skin_in_the_game: unknown name (did you mean 'protocol.skin_in_the_game'?)",
        "file.toml: sed: unknown name (did you mean 'seed'?)",
    ]


def test_all_problems_are_told_at_once():
    """Bounds, types, impossible combinations and unknown choices, one line each."""
    found = problems(
        {
            "backstop": {"capital_ratio": -1.0, "structure": "poled"},
            "exchange": {"keeper_share": 0.02, "liquidation_fee": 0.01},
            "asset": {"maintenance_ratio": 1.0},
            "trader": {"number": "many"},
        }
    )
    assert len(found) == 5
    joined = "\n".join(found)
    for part in (
        "backstop.capital_ratio: -1: allowed: 0 to 100 (",
        "structure 'poled' is unknown (did you mean 'pooled'?); allowed: none, isolated",
        "keeper_share 0.02 exceeds liquidation_fee 0.01; allowed: up to it",
        "asset.maintenance_ratio: 1: allowed: more than 0 and less than 1 (",
        "trader.number: 'many': a whole number is needed",
    ):
        assert part in joined


def test_not_a_number_is_refused():
    """NaN is no value of any parameter; infinity is, where it is a limit."""
    assert "arbitrage: nan" in problems({"market": {"arbitrage": float("nan")}})[0]
    assert "open_interest: nan: allowed: 1 to 1e+15 USD" in problems({"protocol": {"open_interest": [float("nan")]}})[0]
    assert Scenario().replace({"market.arbitrage": float("inf")}).market.arbitrage == float("inf")


def test_toml_files(tmp_path):
    """A file sets what it names; a broken or missing one is one line."""
    file = tmp_path / "a.toml"
    file.write_text("seed = 9\n[backstop]\nstructure = 'pooled'\n[protocol]\nopen_interest = [1e8, 2e8]\n")
    scenario = Scenario.from_toml(file)
    assert (scenario.seed, scenario.backstop.structure, scenario.protocol.open_interest) == (9, "pooled", (1e8, 2e8))
    file.write_text("seed = = 9")
    with pytest.raises(ScenarioError, match="not valid TOML"):
        Scenario.from_toml(file)
    with pytest.raises(ScenarioError, match="cannot be read"):
        Scenario.from_toml(tmp_path / "none.toml")


def test_replace_takes_dotted_names():
    """Dotted names replace fields and are checked; others stay."""
    scenario = Scenario().replace({"backstop.regime": "adl", "steps": 5})
    assert (scenario.backstop.regime, scenario.steps, scenario.seed) == ("adl", 5, 1)
    with pytest.raises(ScenarioError, match="did you mean 'regime'"):
        Scenario().replace({"backstop.regim": "adl"})
    with pytest.raises(ScenarioError, match="market"):
        Scenario().replace({"market": 3})


def test_the_backstop_says_what_it_refuses():
    """Unknown triggers and negative limits, by name; a plain number is a tuple of one."""
    assert "drawdown" in problems({"backstop": {"trigger": "drawdwn"}})[0]
    assert "sublimit: -1: allowed: 0 to 1,000" in problems({"backstop": {"sublimit": -1.0}})[0]
    assert "expected_shortfall has 2 values" in problems({"backstop": {"expected_shortfall": [1.0, 2.0]}})[0]
    assert Scenario().replace({"backstop.limit": 0.5}) == Scenario().replace({"backstop.limit": (0.5,)})


def test_expected_losses_must_fit_the_protocols():
    """One estimate for each protocol, none negative."""
    assert "2 values for 8 protocols" in problems({"backstop": {"expected_loss": [1.0, 2.0]}})[0]
    assert (
        "expected_loss: -1, -1, -1 and 5 more: allowed: 0 to"
        in problems({"backstop": {"expected_loss": [-1.0] * 8}})[0]
    )


def test_values_per_item_repeat_the_last():
    """Shorter tuples are stretched, longer ones cut."""
    assert per_item((1.0, 2.0), 4) == (1.0, 2.0, 2.0, 2.0)
    assert per_item((1.0, 2.0), 1) == (1.0,)
