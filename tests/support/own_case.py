"""Cases of one's own for every topic of `validate --cases`, computed by hand, and the command put to them."""

import json
import math
from pathlib import Path

from click.testing import CliRunner, Result

from experiments.cli.main import main

PAIR = [[0, 4], [1, 0]]
OWN = {
    "clearing": {"tolerance": 1e-9, "cases": [
        {"id": "one fails", "L": PAIR, "e": [1, 2], "payments": [2, 1], "equity": [0, 3], "defaults": [0]},
        {"id": "dear", "L": PAIR, "e": [1, 2], "alpha": 0.5, "beta": 0.5, "payments": [1, 1], "equity": [0, 2]},
        {"id": "seniors", "L": PAIR, "e": [1, 2], "outside": [0.5, 0], "payments": [1.5, 1]},
    ]},
    "clearing_phase_transition": {"n": 4, "a": 1.5, "v": 1.4, "y": 5, "tolerance": 0, "cases": [
        {"eps": 0.05, "ring": 0, "complete": 0, "half_ring_half_complete": 0}, {"eps": 0.25, "ring": 2, "complete": 1},
    ]},
    "debtrank": {"tolerance": 1e-12, "cases": [
        {"leverage_matrix": [[0, 0], [0.5, 0]], "initial_distress": [0.2, 0], "final_distress": [0.2, 0.1]},
        {"leverage_matrix": [[0, 0], [0.5, 0]], "initial_distress": [1, 0], "variant": "2012", "weight": [1, 3],
         "final_distress": [1, 0.5], "additional_stress": 0.375},
    ]},
    "sybil_split": {"tolerance": 1e-12, "cases": [
        {"ranking": "absolute size", "sizes": [-5, 9, 3], "to_close": 11, "closed_of_account_0": 2,
         "after_split_of_account_0_in_three": {"sizes": [3, 1, 1, 9, 3], "closed_of_account_0": 2}},
        {"ranking": "pro rata to size", "sizes": [-5, 9, 6], "to_close": 10, "closed_of_account_0": 2.5,
         "after_split_of_account_0_in_three": {"sizes": [3, 1, 1, 9, 6], "closed_of_account_0": 2.5}},
    ]},
    "adl_queue": {"positions": [[7, 4, 0.5], [8, 2, 3], [9, 5, 1]], "deleverage": 4, "closed": {"8": 2, "9": 2}},
    "socialized_loss": {"tolerance": 1e-9, "cases": [
        {"losers": [{"lots": -10, "collateral": 30}], "winners": [{"lots": 6}, {"lots": 4}], "pool": 20,
         "auxiliary_loser_solvent_lots": 0, "mark_before": 50, "mark_after": 60,
         "haircuts": [30, 20], "haircut_winner_0": 30, "haircut_winners_0_1": [30, 20]},
    ]},
    "clawback": {"cases": [{"loss": 10, "fund": 4, "profits": [9, -5, 3], "rate": 0.5}]},
    "withdrawal_run": {"tolerance": 1e-12, "cases": [
        {"assets": 0.5, "share_first": 0.25, "rest_get": 0.3333333333333333, "gain_of_running": 0.6666666666666667},
    ]},
    "liquidation_prices": {"tolerance": 1e-9, "cases": [
        {"entry": 50, "leverage": 5, "bankruptcy": 40},
        {"entry": 100, "size": -2, "margin_available": 20, "max_leverage": 5, "liquidation": 100},
        {"entry": 100, "size": 2, "margin_available": 40, "max_leverage": 5, "maintenance": 0.2, "liquidation": 100},
    ]},
    "insurance_fund_delta": {"tolerance": 1e-9, "cases": [
        {"fill": 200, "bankruptcy": 150, "max_fee": 0.1, "delta": 20},
        {"fill": 200, "bankruptcy": 150, "max_fee": 0.1, "surcharge": 0.5, "delta": 35},
        {"fill": 140, "bankruptcy": 150, "max_fee": 0.1, "delta": -10},
    ]},
    "funding_rate": {"tolerance": 1e-12, "cases": [
        {"P": -0.3, "F": -0.25}, {"P": 0.02, "F": 0.01}, {"P": 1, "I": 0, "clamp": 0.25, "F": 0.75},
    ]},
    "constant_product": {"tolerance": 1e-12, "cases": [{"dx": 3, "x": 1, "y": 8, "fee": 0, "out": 6}]},
    "impact": {"tolerance": 1e-12, "cases": [{"Y": 2, "sigma": 0.1, "Q_over_V": 0.25, "impact": 0.1}]},
    "margin_tiers": {"tolerance": 1e-9, "tables": {"two": {"limit": [100, 300], "mm_percent": [1, 5]}}, "cases": [
        {"table": "two", "position": 50, "maintenance": 0.5}, {"table": "two", "position": 200, "maintenance": 6},
    ]},
    "delta_neutral_fund": {"tolerance": 1e-9, "cases": [
        {"entry": 50, "leverage": 4, "maintenance": 0.25,
         "short_bankruptcy_price": 62.5, "short_liquidation_price": 50},
    ]},
    "self_dealing_drain": {"tolerance": 1e-9, "cases": [
        {"Q": 8, "leverage": 2, "x": math.log(2), "deficit": 4}, {"Q": 8, "leverage": 1, "x": 0.5, "deficit": 0},
    ]},
    "open_interest_cap": {"tolerance": 1e-9, "cases": [{"vault": 50, "move": 0.6, "skew": 9, "cap_at_30_percent": 25}]},
    "episode_arithmetic": {"cases": [{"from": 3, "to": 9, "bankruptcy_price_of_1x_short": 6}]},
    "synthetic_dollar_run": {"tolerance": 1e-9, "cases": [
        {"fund_held_in_the_dollar": 80, "venue_price": 0.25, "spendable": 20},
    ]},
    "layers": {"tolerance": 1e-7, "cases": [
        {"loss": [1, 3, 90], "attachment": 2, "limit": 5, "paid": [0, 1, 5]},
        {"dist": "exp(2)", "attachment": 0, "limit": 1e9, "expected": 0.5},
    ]},
    "ccp_waterfall": {"tolerance": 1e-9, "cases": [
        {"loss": 9, "own_capital": 4, "default_fund": 20,
         "own_capital_pays": 4, "members_pay": 5, "members_lose_percent": 25, "fund_left": 15},
    ]},
    "risk_measures": {"tolerance": 1e-9, "cases": [{"losses": [0, 1, 2, 9, 3], "level": 0.6, "var": 2, "es": 6}]},
}  # fmt: skip
"""Cases computed by hand, for every topic."""


def filed(folder: Path, content: object) -> Path:
    """Write `content`, text or what JSON can hold, into a file of `folder` and return it."""
    path = folder / "own.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def run(folder: Path, content: object, *words: str) -> Result:
    """Run the command on `content` with further `words`."""
    return CliRunner().invoke(main, ["validate", "--cases", str(filed(folder, content)), *words])
