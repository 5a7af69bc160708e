"""The replay of recorded waves: hand-computed answers, the published totals, and what it refuses."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.cli.main import main
from experiments.study.replay.rule import allocations, fund_needed
from experiments.study.replay.wave import GAPS, POLICIES, WAVES, ReplayError, read_waves
from tests.support.environment import SHARED, present

# Wave 1 needs 10 in A and 30 in B, wave 2 needs 50 in A, wave 5 20 in B; the winners of wave 2 have too little profit.
TINY = {
    GAPS: """wave,coin,gap_usd_x_qty,qty_contracts,gap_per_contract_usd
1,B,30,3,10
1,A,10,5,2
2,A,50,25,2
5,B,20,4,5
""",
    WAVES: """wave,deficit_usd,max_loss_usd,budget_needed_usd,budget_prod_usd,winners_equity_start_usd,\
winners_pnl_start_usd
1,700,600,40,20,400,80
2,600,600,50,70,500,40
5,9,5,20,100,100,25
""",
    POLICIES: """wave,budget_needed,budget_prod,max_pct_prod,budget_pr,max_pct_pr,budget_target
1,40,20,0.5,40,0.1,40
2,50,70,1.0,40,0.3,50
5,20,100,0.75,20,0.2,20
""",
}
grids = arrays(np.float64, (4, 3), elements=st.floats(0, 1e6))


def invoke(*arguments):
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path):
    for name, text in TINY.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def rules(folder):
    return {row.rule: row for row in allocations(read_waves(folder))}


def test_the_fund_alone_pays_every_gap(rules):
    """Needs only grow: 60 in A and 50 in B, 110 in all. In one wave: 50 in A and 30 in B, but never more than 50."""
    alone = rules["fund alone"]
    assert (alone.taken, alone.overshoot, alone.short) == (0.0, -110.0, 110.0)
    assert alone.fund == (110.0, 110.0, 80.0, 50.0)


def test_deleveraging_at_the_bankruptcy_price_takes_what_is_needed(rules):
    """Contracts times gap per contract: 3·10 + 5·2 + 25·2 + 4·5."""
    assert (rules["adl"].taken, rules["adl"].overshoot, rules["adl"].excess) == (110.0, 0.0, 0.0)
    assert rules["adl"].fund == (0.0, 0.0, 0.0, 0.0)


def test_a_haircut_on_profit_ends_where_profit_does(rules):
    """Wave 2 has a profit of 40 for a need of 50: 10 stay with the fund, in A."""
    row = rules["socialized_loss"]
    assert (row.taken, row.short) == (100.0, 10.0)
    assert row.fund == (10.0, 10.0, 10.0, 10.0)
    assert (row.fraction_mean, row.fraction_worst) == (pytest.approx((0.5 + 1.0 + 0.8) / 3), 1.0)


def test_a_haircut_on_equity_reaches_further(rules):
    row = rules["equity_haircut"]
    assert (row.taken, row.short, row.fraction_worst) == (110.0, 0.0, 0.2)
    assert row.fraction_mean == pytest.approx((0.1 + 0.1 + 0.2) / 3)


def test_production_takes_too_little_and_then_too_much(rules):
    """It took 20 of 40: 5 short in A and 15 in B. Then 20 too much in A, which a pool would hold for B."""
    row = rules["production"]
    assert (row.origin, row.taken, row.overshoot, row.excess, row.short) == ("data", 190.0, 80.0, 100.0, 20.0)
    assert row.fund == pytest.approx((20.0, 20.0, 20.0, 20.0))
    assert (row.fraction_mean, row.fraction_worst) == (0.75, 1.0)


def test_a_pool_uses_the_surplus_of_one_coin_for_another():
    """A has 10 too much in wave 1 and B 10 too little in wave 2: 10 isolated, nothing pooled, if surplus is kept."""
    need, taken = np.array([[10.0, 0.0], [0.0, 10.0]]), np.array([[20.0, 0.0], [0.0, 0.0]])
    assert fund_needed(need, taken) == (10.0, 0.0, 10.0, 10.0)


@given(grids, grids)
def test_pooled_is_never_more_than_isolated(need, taken):
    fund = fund_needed(need, taken)
    assert fund.pooled <= fund.isolated * (1 + 1e-12) + 1e-6
    assert fund.pooled_worst_wave <= fund.isolated_worst_wave * (1 + 1e-12) + 1e-6
    assert fund_needed(need, need) == (0.0, 0.0, 0.0, 0.0)


def test_the_document_tells_the_datas_figures_from_the_computed_and_counts_an_account_once(folder):
    result = invoke(folder, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["waves"], found["coins"]) == (3, 2)
    assert found["data"] == {
        "needed": 110.0,
        "production_taken": 190.0,
        "production_overshoot": 80.0,
        "deficit_as_filed": 1309.0,
        "deficit_counted_once": 709.0,
        "repeated": [{"loss": 600.0, "waves": 2}],
    }
    assert {row["rule"]: row["origin"] for row in found["rules"]} == {
        "fund alone": "computed",
        "adl": "computed",
        "socialized_loss": "computed",
        "equity_haircut": "computed",
        "production": "data",
        "wealth pro rata": "data",
    }
    assert any("Double counting" in line and "2 of 3 waves" in line for line in found["caveats"])


def test_the_table_says_where_each_figure_comes_from(folder):
    result = invoke(folder)
    assert result.exit_code == 0, result.output
    for word in ("computed", "data", "production", "Not identifiable", "Double counting", "pooled"):
        assert word in result.stdout


def test_the_published_totals_of_10_october_2025(published):
    """The data's totals, and the peak need: equal over the whole event, nearly halved by pooling in one wave."""
    waves = read_waves(present(SHARED / "data" / "hyperliquid_2025_10_10"))
    rules = {row.rule: row for row in allocations(waves)}
    totals = published["replay_2025_10_10"]
    assert (len(waves.wave), len(waves.coin)) == (16, 162)
    assert waves.needed.sum() == pytest.approx(totals["total_gap_usd"], rel=1e-3)
    assert rules["production"].overshoot == pytest.approx(totals["overshoot_of_production_usd"], rel=1e-3)
    for name in ("adl", "socialized_loss", "equity_haircut"):
        assert rules[name].taken == pytest.approx(totals["total_gap_usd"], rel=1e-3)
        assert rules[name].overshoot == pytest.approx(0.0, abs=1.0)
    alone = rules["fund alone"].fund
    assert alone.isolated == pytest.approx(alone.pooled) == pytest.approx(waves.needed.sum())
    assert alone.pooled_worst_wave == waves.needed.max() < 0.6 * alone.isolated_worst_wave


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        (GAPS, "gap_usd_x_qty", "gap_usd", "column 'gap_usd_x_qty' is missing"),
        (GAPS, "1,A,10", "1,A,many", "row 3: gap_usd_x_qty: many: allowed: a number of 0 or more"),
        (WAVES, "2,600,600,50", "2,600,600,-50", "row 3: budget_needed_usd: -50: allowed"),
        (POLICIES, "1.0,40,0.3", "1.0,,0.3", "row 3: budget_pr: "),
        (GAPS, "1,A,10", "1,B,10", "1 rows repeat a wave and coin"),
        (GAPS, "5,B,20", "5,B,21", "wave 5 needs 21.00 but 20.00 in"),
        (POLICIES, "5,20,100", "6,20,100", "its waves are not those of"),
        (WAVES, TINY[WAVES], "", "not a CSV file"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_in_a_line(folder, name, old, new, line):
    path = folder / name
    path.write_text(path.read_text().replace(old, new, 1))
    result = invoke(folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert all(told.startswith("error: ") for told in result.stderr.splitlines())
    assert f"{path}: " in result.stderr and line in result.stderr


def test_all_problems_are_told_at_once(folder):
    (folder / GAPS).unlink()
    (folder / WAVES).write_text("wave,deficit_usd\n1,2\n")
    with pytest.raises(ReplayError) as refused:
        read_waves(folder)
    assert len(refused.value.problems) == 1 + 5


def test_an_absent_folder_is_one_line(tmp_path):
    result = invoke(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"error: {tmp_path / 'nowhere'}: no such folder; allowed: one that holds {GAPS}, {WAVES}, {POLICIES}"
    ]
