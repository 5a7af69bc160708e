"""Topics about who pays a loss: queues and shares of deleveraging, socialised losses, clawback, a run."""

import numpy as np

from experiments.validation.case.kind import (
    above_zero,
    from_zero,
    number,
    numbers,
    one_of,
    records,
    rows,
    within_unit,
)
from experiments.validation.case.registry import Found, Given, topic
from model.backstop.loss_regime.allocation import adl_close, allot, clawback_rate, socialized_loss
from model.backstop.loss_regime.room import make_room
from model.backstop.loss_regime.score import adl_score, ranking_code
from model.backstop.pool import first_come

BY_SIZE = {"absolute size": "position", "pro rata to size": "pro_rata_position"}
SPLIT = "after_split_of_account_0_in_three"
PARTS = 3


def closed(ranking: str, sizes: list[float], quantity: float) -> np.ndarray:
    """Return what a ranking by size closes of each position; entry, mark and equity do not enter it."""
    size, code = np.array(sizes), ranking_code(BY_SIZE[ranking])
    room = make_room(size.size)
    scores = adl_score(BY_SIZE[ranking], entry=1.0, mark=1.0, equity=1.0, size=size)
    allot(code.way, scores, np.abs(size), size.size, quantity, room)
    return room.given


@topic("sybil_split", ("closed_of_account_0",), {"ranking": one_of(*BY_SIZE), "sizes": numbers, "to_close": from_zero})
def closed_of_one(given: Given) -> Found:
    """Account 0 is the first."""
    return {"closed_of_account_0": closed(given["ranking"], given["sizes"], given["to_close"])[0]}


@topic(
    "sybil_split", (f"{SPLIT}.closed_of_account_0",),
    {"ranking": one_of(*BY_SIZE), "to_close": from_zero, f"{SPLIT}.sizes": numbers},
)  # fmt: skip
def closed_of_parts(given: Given) -> Found:
    """Its parts are the first three."""
    taken = closed(given["ranking"], given[f"{SPLIT}.sizes"], given["to_close"])
    return {f"{SPLIT}.closed_of_account_0": taken[:PARTS].sum()}


@topic("adl_queue", ("closed",), {"positions": rows(3), "deleverage": from_zero}, tells=("price",))
def queued(given: Given) -> Found:
    """Positions are account, quantity and score; accounts of which something is closed."""
    account, quantity, scores = np.array(given["positions"]).T
    taken = adl_close(scores, quantity, given["deleverage"])
    return {"closed": {f"{account[at]:g}": taken[at] for at in np.flatnonzero(taken)}}


LOTS = {
    "losers": records({"lots": number, "collateral": from_zero}),
    "winners": records({"lots": number}),
    "auxiliary_loser_solvent_lots": number,
}
HAIRCUTS = ("haircuts", "haircut_winner_0", "haircut_winners_0_1")


@topic("socialized_loss", HAIRCUTS, LOTS, {"pool": from_zero, "mark_before": above_zero, "mark_after": above_zero})
def haircuts(given: Given) -> Found:
    """Collect collateral and `pool` for what losers owe once the mark has moved, by default from 100 to 180 as Vega."""
    move = given.get("mark_after", 180.0) - given.get("mark_before", 100.0)
    owed = [-one["lots"] * move for one in given["losers"]]
    solvent = -given["auxiliary_loser_solvent_lots"] * move
    collected = sum(min(due, one["collateral"]) for due, one in zip(owed, given["losers"], strict=True)) + solvent
    gains = np.array([one["lots"] * move for one in given["winners"]])
    lost = gains - socialized_loss(gains, collected + given.get("pool", 0.0), sum(owed) + solvent)
    return dict(zip(HAIRCUTS, (lost, lost[0], lost[:2]), strict=True))


@topic("clawback", ("rate",), {"loss": from_zero, "fund": from_zero, "profits": numbers})
def clawed_back(given: Given) -> Found:
    """Of every net profit of the settlement window."""
    return {"rate": clawback_rate(given["loss"], given["fund"], given["profits"])}


@topic("withdrawal_run", ("rest_get", "gain_of_running"), {"assets": from_zero, "share_first": within_unit})
def left_by_the_first(given: Given) -> Found:
    """Claims of 1 are paid in order of arrival, those of the share that runs first; per unit claimed."""
    first = given["share_first"]
    if not 0.0 < first < 1.0:
        raise ValueError(f"share_first: {first:g}: some must run and some must not, between 0 and 1")
    claims = np.array([first, 1.0 - first])
    each = first_come(claims, given["assets"], np.zeros(2), np.array([0.25, 0.75])) / claims
    return {"rest_get": each[1], "gain_of_running": each[0] - each[1]}
