"""What differs by protocol: funds, treasuries and vaults in USD, ratios and fees in lists, names."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import FUND, POOL, TREASURY, VAULT
from experiments.plan.notice import notes
from experiments.plan.problem import SweepError
from experiments.plan.scenario_option import parse_setting
from experiments.plan.world import describe_world
from experiments.study.comparison.callable_capital import callable_capital
from experiments.study.phase.axis import read_axis
from experiments.study.phase.run import grid_plan
from experiments.study.size.sizing import with_ratio
from model.engine.engine import Engine
from model.measure.metric import callable_at_start
from model.scenario import Scenario, ScenarioError
from model.scenario.parameter import per_item, side_by_side
from model.state.initial import allotment_weights, fund_sizes, skins, total_capital, treasuries, vaults
from model.state.population import trader_terms

VENUES = {
    "protocol.number": 3,
    "protocol.open_interest": [400e6, 200e6, 60e6],
    "protocol.name": ["Aster", "Borea", "Cirrus"],
    "protocol.fund": [30e6, 12e6, 5e6],
    "protocol.treasury": [9e6, 3e6, 1e6],
    "protocol.vault": [350e6, 120e6, 70e6],
}
SMALL = {"trader.number": 8, "provider.number": 2, "steps": 1, "price.process": "gbm", "protocol.listings": [1]}
LISTED = (
    "protocol.treasury_ratio", "protocol.vault_ratio", "protocol.skin_in_the_game", "backstop.capital_ratio",
    "exchange.trading_fee", "exchange.fee_to_vault", "exchange.fee_to_fund", "exchange.liquidation_fee",
    "exchange.keeper_share", "exchange.surcharge", "trader.long_leverage", "trader.short_leverage",
)  # fmt: skip


def scenario(**changes) -> Scenario:
    """Return three small venues with `changes`, dots written as two underscores."""
    return Scenario().replace(SMALL | VENUES | {name.replace("__", "."): value for name, value in changes.items()})


def problems(changes) -> list[str]:
    """Return why `changes` are refused."""
    with pytest.raises(ScenarioError) as caught:
        Scenario().replace(changes, "given")
    return caught.value.problems


def test_the_ledger_of_the_first_moment_holds_the_usd_given_to_the_last_bit():
    engine = Engine(scenario())
    for account, name in ((FUND, "fund"), (TREASURY, "treasury")):
        assert engine.ledger.balance[account].tolist() == VENUES[f"protocol.{name}"]
    assert engine.exchange.vault_start.tolist() == VENUES["protocol.vault"]
    assert engine.ledger.balance[VAULT] == pytest.approx(
        VENUES["protocol.vault"], rel=1e-12
    )  # net of its flat position


@pytest.mark.parametrize("structure", ["pooled", "partial", "reinsured", "capped", "clustered"])
def test_every_structure_holds_the_sum_of_the_funds(structure):
    balance = Engine(scenario(backstop__structure=structure)).ledger.balance
    assert balance[FUND].sum() + balance[POOL].sum() == pytest.approx(47e6, rel=1e-12)
    assert callable_capital(scenario(backstop__structure=structure)) == pytest.approx(47e6 + 0.25 * 13e6)


def test_the_last_amount_is_repeated():
    assert fund_sizes(scenario(protocol__fund=[30e6, 12e6])).tolist() == [30e6, 12e6, 12e6]
    assert treasuries(scenario(protocol__treasury=2e6)).tolist() == [2e6, 2e6, 2e6]
    assert vaults(scenario(protocol__vault=7e6, provider__number=0)).tolist() == [0.0, 0.0, 0.0]


def test_an_allotment_by_losses_shares_out_the_sum_and_says_so():
    changed = scenario(backstop__allotment="expected_loss", backstop__expected_loss=[1.0, 1.0, 2.0])
    assert fund_sizes(changed).tolist() == [47e6 / 4, 47e6 / 4, 47e6 / 2]
    assert any("protocol.fund gives the sum alone" in line for line in notes(changed))
    assert not any("protocol.fund" in line for line in notes(scenario()))


def test_what_a_run_does_not_use_is_told():
    told = notes(scenario(provider__number=0, protocol__fund=[1e6, 2e6, 3e6, 4e6]), ("none",))
    assert "protocol.vault does nothing in none: provider.number is 0: no vault" in told
    assert "protocol.fund does nothing in none: it has neither funds nor pools" in told
    assert "protocol.fund has 4 values for 3 protocols: the last 1 are not used" in told


@pytest.mark.parametrize(
    ("amount", "ratio", "value"),
    [
        ("fund", "backstop.capital_ratio", 0.07),
        ("fund", "backstop.capital_ratio", [0.075, 0.06]),
        ("treasury", "protocol.treasury_ratio", [0.075, 0.06]),
        ("skin", "protocol.skin_in_the_game", [1.0, 0.8]),
        ("vault", "protocol.vault_ratio", [0.075, 0.06]),
    ],
)
def test_an_amount_given_twice_is_refused_unless_both_say_the_same(amount, ratio, value):
    world = {"protocol.number": 2, "protocol.open_interest": [400e6, 200e6], f"protocol.{amount}": [30e6, 12e6]}
    world |= {"protocol.treasury_ratio": 0.075} if amount == "skin" else {}
    Scenario().replace(world | {ratio: value})
    [line] = problems(world | {ratio: 0.02})
    assert f"protocol.{amount} " in line and f"{ratio} 0.02 disagree: the ratio makes" in line
    whole = "treasury" if amount == "skin" else "open interest"
    assert line.endswith(f"USD of the {whole}; allowed: one of the two, or the same by both")


def test_skin_in_usd_is_what_the_protocols_commit_and_is_callable():
    given = scenario(protocol__skin=[2e6, 1e6, 0.0])
    assert skins(given).tolist() == [2e6, 1e6, 0.0] and treasuries(given).tolist() == [9e6, 3e6, 1e6]
    engine = Engine(given)
    assert engine.protocol.skin.tolist() == [2e6, 1e6, 0.0]
    assert callable_capital(given) == 50e6 and callable_at_start(engine) == 50e6
    assert skins(scenario(protocol__skin=1e6)).tolist() == [1e6, 1e6, 1e6]


@pytest.mark.parametrize("structure", ["isolated", "pooled", "mutual"])
def test_skin_in_usd_is_the_part_of_the_treasury_it_says(structure):
    """By hand: a quarter of 9, 3 and 1 million."""
    lean = {"backstop__structure": structure, "steps": 20}
    one, other = Engine(scenario(**lean)), Engine(scenario(protocol__skin=[2.25e6, 0.75e6, 0.25e6], **lean))
    one.run(), other.run()
    assert (one.ledger.balance == other.ledger.balance).all()


def test_skin_beyond_the_treasury_is_refused():
    [line] = problems(VENUES | {"protocol.skin": [2e6, 4e6, 0.0]})
    assert "protocol.skin 4,000,000 USD exceeds the treasury of protocol 1, 3,000,000 USD; allowed: up to" in line
    [line] = problems({"protocol.number": 1, "protocol.skin": 3e6})  # half a percent of 400 million
    assert "exceeds the treasury of protocol 0, 2,000,000 USD" in line
    Scenario().replace({"protocol.number": 1, "protocol.skin": 2e6})


def test_skin_of_accounts_on_file_is_checked_where_the_treasury_is_known():
    told = {"protocol.number": 1, "trader.accounts": "accounts.csv", "protocol.skin": 3e6}
    Scenario().replace(told)
    [line] = problems(told | {"protocol.treasury": 2e6})
    assert "exceeds the treasury of protocol 0, 2,000,000 USD" in line


def test_the_refusal_names_both_amounts():
    [line] = problems({"protocol.number": 1, "protocol.fund": 30e6, "backstop.capital_ratio": 0.02})
    assert (
        "protocol.fund 30,000,000 USD and backstop.capital_ratio 0.02 disagree: the ratio makes 8,000,000 USD" in line
    )


@pytest.mark.parametrize("name", LISTED)
def test_one_number_stays_one_and_a_list_is_one_by_protocol(name):
    section, field = name.split(".")
    plain = getattr(getattr(Scenario(), section), field)
    for value in (plain, (plain, plain)):
        changed = Scenario().replace({name: value})
        assert getattr(getattr(changed, section), field) == value
        assert Scenario.model_validate_json(changed.model_dump_json()) == changed
    written = json.loads(Scenario().model_dump_json())[section][field]
    assert written == plain and not isinstance(written, list)


@pytest.mark.parametrize("name", LISTED)
def test_every_value_of_a_list_is_checked(name):
    section, field = name.split(".")
    plain = getattr(getattr(Scenario(), section), field)
    for wrong, said in (([plain, -1.0], "-1: allowed:"), ([], "at least one value"), (["x"], "a number is needed")):
        [line] = problems({name: wrong})
        assert line.startswith(f"given: {name}") and said in line


def test_shares_of_a_fee_are_compared_protocol_by_protocol():
    assert list(side_by_side(1.0, (2.0, 3.0))) == [(1.0, 2.0), (1.0, 3.0)]
    Scenario().replace({"exchange.liquidation_fee": [0.01, 0.02], "exchange.keeper_share": [0.005, 0.02]})
    [line] = problems({"exchange.liquidation_fee": [0.01, 0.02], "exchange.keeper_share": 0.015})
    assert "keeper_share 0.015 exceeds liquidation_fee 0.01" in line
    [line] = problems({"exchange.fee_to_fund": [0.1, 0.6]})
    assert "fee_to_vault 0.5 + fee_to_fund 0.6 exceed 1" in line
    [line] = problems({"exchange.liquidation_fee": [0.01, 0.4], "control.fee_health": 1.0, "control.fee_bound": 0.1})
    assert "control.fee_bound 0.1: allowed: at least exchange.liquidation_fee, 0.4" in line


def test_ratios_by_protocol_make_amounts_by_hand():
    changed = Scenario().replace(
        {
            "protocol.number": 3,
            "protocol.listings": [1],
            "backstop.capital_ratio": [0.1, 0.01],
            "protocol.treasury_ratio": [0.5, 0.25, 0.0],
            "protocol.skin_in_the_game": [1.0, 0.5],
            "protocol.vault_ratio": [1.0, 2.0],
        }
    )
    assert fund_sizes(changed).tolist() == [40e6, 2e6, 0.6e6]
    assert total_capital(changed) == 42.6e6
    assert treasuries(changed).tolist() == [200e6, 50e6, 0.0]
    assert skins(changed).tolist() == [200e6, 25e6, 0.0]
    assert vaults(changed).tolist() == [400e6, 400e6, 120e6]


@given(st.integers(1, 6), st.floats(0.0, 1.0), st.sampled_from(["skin_in_the_game", "treasury_ratio", "vault_ratio"]))
def test_a_list_of_equal_numbers_says_what_the_number_says(number, value, field):
    one = Scenario().replace({"protocol.number": number, f"protocol.{field}": value})
    many = Scenario().replace({"protocol.number": number, f"protocol.{field}": [value] * number})
    for amounts in (skins, treasuries, vaults):
        assert amounts(one).tolist() == amounts(many).tolist()


def test_fees_and_leverage_by_protocol_reach_the_tables():
    fees = {
        "exchange__trading_fee": [5e-4, 1e-3],
        "exchange__liquidation_fee": [0.01, 0.02],
        "exchange__surcharge": [0, 1],
    }
    engine = Engine(scenario(**fees))
    assert engine.exchange.liquidation_fee.tolist() == [0.01, 0.02, 0.02]
    assert engine.rules.trade.fee.tolist() == [5e-4, 1e-3, 1e-3]
    assert engine.rules.liquidation.tariff.surcharge.tolist() == [0.0, 1.0, 1.0]
    terms = trader_terms(scenario(trader__long_leverage=[2.0, 5.0]).trader, (1, 1, 1))
    assert [one.long_leverage for one in terms] == [2.0, 5.0, 5.0]
    assert {one.short_leverage for one in terms} == {1.0}


def test_each_protocol_charges_its_own_trading_fee():
    """What a venue charges over what was traded there is its own fee, bit for bit but for the sum."""
    engine = Engine(
        scenario(exchange__trading_fee=[5e-4, 0.0, 2e-3], steps=30, trader__attention=1.0, trader__turnover=1.0)
    )
    engine.step()
    before = engine.ledger.balance.copy()
    other = Engine(scenario(exchange__trading_fee=0.0, steps=30, trader__attention=1.0, trader__turnover=1.0))
    other.step()
    paid = (before - other.ledger.balance)[[FUND, TREASURY, VAULT]].sum(axis=0)
    volume = np.asarray(engine.exchange.volume)
    assert volume.min() > 0.0
    assert paid == pytest.approx(volume * [5e-4, 0.0, 2e-3], rel=1e-6, abs=1e-4)


def test_names_are_used_where_protocols_are_told_of():
    assert scenario().protocol.names("P") == ("Aster", "Borea", "Cirrus")
    assert Scenario().replace({"protocol.number": 2}).protocol.names("P") == ("P0", "P1")
    lines = "\n".join(describe_world(scenario()))
    assert "3 protocols (Aster, Borea, Cirrus), open interest $M 400 200 60" in lines
    assert "capital $M 47, by fund 30 12 5 (as given)" in lines


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Aster", "aster", "Borea"], "every protocol has a name of its own"),
        (["Aster", "Borea"], "2 for 3 protocols: one each is needed, or none"),
        (["Aster", "", "C"], "'': a name of at most 40"),
        (["[red]A", "B", "C"], "a letter or digit first"),
        (["A" * 41, "B", "C"], "at most 40"),
        (["A\n", "B", "C"], "letters, digits, spaces"),
        (["=1+1", "B", "C"], "a letter or digit first"),
        (["<b>", "$x$", "C"], "a letter or digit first"),
    ],
)
def test_names_are_plain_and_different(names, said):
    [line] = problems({"protocol.number": 3, "protocol.name": names})
    assert said in line


def test_settings_of_the_command_line_take_lists():
    name, value = parse_setting("protocol.fund=[30e6, 12e6]")
    assert fund_sizes(Scenario().replace({name: value, "protocol.number": 2})).tolist() == [30e6, 12e6]
    assert parse_setting("protocol.fund=30e6")[1] == 30e6


def test_a_design_over_a_ratio_that_an_amount_overrules_is_refused(tmp_path):
    file = tmp_path / "venues.toml"
    file.write_text('price.process = "gbm"\n[protocol]\nnumber = 2\nfund = [30e6, 12e6]\n')
    axis = read_axis("--x", "backstop.capital_ratio=0.01,0.015")
    with pytest.raises(SweepError, match=r"backstop\.capital_ratio is moved, and protocol\.fund is given in USD"):
        grid_plan({"scenario": str(file)}, [axis], {}, 2, False)
    moved = read_axis("--x", "protocol.fund=1e6,2e6")
    assert len(grid_plan({"scenario": str(file)}, [moved], {}, 2, False).design) == 2


def test_sizing_keeps_the_proportions_of_the_funds():
    sized = with_ratio(scenario())
    assert sized.protocol.fund == () and sized.backstop.capital_ratio == 0.015
    assert allotment_weights(sized) == pytest.approx(np.array([30, 12, 5]) / 47)
    plain = Scenario()
    assert with_ratio(plain) is plain
    assert per_item(0.5, 2) == (0.5, 0.5)


def test_protocols_may_have_different_numbers_of_traders():
    """The first accounts are those that one number for all would have drawn; the rest of the slots are free."""
    few, many = Engine(scenario(trader__number=[5, 0, 12])), Engine(scenario(trader__number=12))
    slots = few.slots_per_listing
    taken = (np.asarray(few.accounts.status) > 0).reshape(3, slots).sum(axis=1)
    assert taken.tolist() == [5, 0, 12] and slots == many.slots_per_listing
    last = slice(2 * slots, 3 * slots)
    assert (few.accounts.size[last] == many.accounts.size[last]).all()
    assert few.accounts.strategy[:5].tolist() == many.accounts.strategy[:5].tolist()
    for side in (few.exchange.long_size, few.exchange.short_size):
        assert side[2] * few.exchange.mark[2] == pytest.approx(60e6)
    few.step()


def test_value_funds_stand_behind_each_protocol_s_own_traders():
    engine = Engine(scenario(trader__number=[5, 12], trader__reserve=3, value_fund__number=2))
    slots = engine.slots_per_listing
    rows = np.asarray(engine.value_investing.funds.account).reshape(3, 2)
    assert (rows - slots * np.arange(3)[:, None]).tolist() == [[8, 9], [15, 16], [15, 16]]


@pytest.mark.parametrize("wrong", [[5, -1], [5.5], "many", []])
def test_numbers_of_traders_are_whole_and_not_negative(wrong):
    [line] = problems({"trader.number": wrong})
    assert line.startswith("given: trader.number")


def test_the_guide_s_venues_are_read_as_the_guide_says():
    page = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "prices.md").read_text(encoding="utf-8")
    _, venues, correlated, *_ = (block.partition("```")[0] for block in page.split("```toml\n")[1:])
    chosen = Scenario.from_mapping(tomllib.loads(venues))
    assert chosen.protocol.names() == ("Aster", "Borea", "Cirrus") and chosen.trader.number == (1000, 600, 200)
    assert fund_sizes(chosen).tolist() == [30e6, 12e6, 5e6] and treasuries(chosen).tolist() == [9e6, 3e6, 1e6]
    assert skins(chosen).tolist() == [2e6, 1e6, 0.0]
    assert len(Scenario.from_mapping(tomllib.loads(correlated)).asset.correlation_matrix) == 3
