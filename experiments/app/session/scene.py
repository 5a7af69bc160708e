"""Learn: five guided scenes, each a small twin world that ends where its text says.

A scene is a configuration, the interventions that make it happen, the step at which it ends, and a claim about the
worlds at that step. The claim is checked when the scene ends, on the page as in the tests.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from experiments.app.session.configuration import Configuration
from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import EVERY, Intervention
from experiments.app.world.snapshot import payers, totals
from experiments.app.world.trace import REGIME
from experiments.app.world.world import World

SMALL: dict[str, Any] = {
    "seed": 3,
    "price.process": "gbm",
    "protocol.number": 4,
    "protocol.open_interest": (200e6,),
    "protocol.asset": (0,),
    "trader.number": 300,
}
ISOLATED, POOLED = Arrangement("isolated", "socialized_loss"), Arrangement("pooled", "socialized_loss")
SHOCK = 10


class Scene(NamedTuple):
    """One guided scene; `formula` is plain text with Unicode, `claim` is true when the scene ends as it says."""

    name: str
    title: str
    text: str
    formula: str
    ending: str
    end: int
    changes: dict[str, Any]
    interventions: tuple[Intervention, ...]
    claim: Callable[[World], bool]

    @property
    def configuration(self) -> Configuration:
        """The configuration of the scene."""
        return Configuration({**SMALL, "steps": self.end, **self.changes}, ISOLATED, POOLED, 0, self.interventions)


def normal(world: World) -> bool:
    """Claim: positions were liquidated and no account ended below zero, on both sides."""
    return all(sums["liquidations"] > 0 and sums["deficit"] < 1e-6 for sums in map(totals, world.sides))


def insolvent(world: World) -> bool:
    """Claim: liquidations left deficits, and the backstop paid all of them on both sides."""
    return all(sums["trader_deficit"] > 0.01 and sums["uncovered"] < 1e-6 for sums in map(totals, world.sides))


def cascade(world: World) -> bool:
    """Claim: forced sales pushed the price at least a further 2 % below the fundamental."""
    record, steps = world.sides[0].ecosystem.record, world.clock
    fundamental, mid = record.asset[:steps, 0, 0], record.asset[:steps, 0, 1]
    return bool((mid / fundamental).min(initial=1.0) < 0.98)


def saves(world: World) -> bool:
    """Claim: the same loss is covered when pooled; isolated, traders bear most of what fund and skin leave."""
    a, b = map(totals, world.sides)
    borne = dict(payers(world.sides[0]))[REGIME]
    return a["uncovered"] > 1.0 and borne > a["uncovered"] / 2 and b["uncovered"] < 1e-6


def sinks(world: World) -> bool:
    """Claim: the pool left all protocols without cover and isolated funds one, though the pool covered more in all."""
    a, b = map(totals, world.sides)
    everybody = len(world.sides[1].ecosystem.protocol)
    return a["exhausted"] == 1.0 and b["exhausted"] == everybody and b["uncovered"] < a["uncovered"]


SCENES = (
    Scene(
        name="normal",
        title="1 · A normal liquidation",
        text="Prices fall by 5 % in small steps, in a deep market. Traders who borrowed too much reach their"
        " maintenance margin, keepers close their positions while there is still collateral left, and"
        " nobody else notices.",
        formula="liquidate when  e = c + q (p − p₀) − f  <  m |q| p",
        ending="Positions were liquidated on both sides, and every one of them still covered its own debt.",
        end=22,
        changes={"market.depth_multiplier": 20.0, "keeper.capacity": 1.0},
        interventions=tuple(Intervention("price_shock", step, -0.005, EVERY) for step in range(8, 18)),
        claim=normal,
    ),
    Scene(
        name="insolvent",
        title="2 · An insolvent liquidation",
        text="Prices fall by 12 % at once, still in a deep market. Some positions jump past the price at which their"
        " collateral is gone; closing them leaves a hole. The insurance fund fills it: that is what it is for.",
        formula="deficit  D = |q| · (bankruptcy price − fill price)⁺",
        ending="Deficits appeared, and the backstop paid all of them on both sides.",
        end=20,
        changes={"market.depth_multiplier": 20.0, "backstop.capital_ratio": 0.05},
        interventions=(Intervention("price_shock", SHOCK, -0.12, EVERY),),
        claim=insolvent,
    ),
    Scene(
        name="cascade",
        title="3 · A cascade",
        text="A fall of 5 % in a thin market. Every forced sale pushes the price that everybody marks to, which"
        " flags the next position. The gap between the dotted fundamental and the price is the market's own doing.",
        formula="p = F · exp(d),   Δd = flow / depth",
        ending="Forced sales pushed the price at least 2 % below the fundamental, on top of the shock itself.",
        end=25,
        changes={"market.depth_multiplier": 1.2},
        interventions=(Intervention("price_shock", SHOCK, -0.05, EVERY),),
        claim=cascade,
    ),
    Scene(
        name="saves",
        title="4 · The pool saves",
        text="One protocol of four is robbed of 4 % of its open interest, more than its own fund of 1.5 % holds."
        " Isolated, most of the rest falls on its traders. Pooled, the other three funds stand behind it.",
        formula="max(0, ΣD − ΣF)  ≤  Σ max(0, D − F)",
        ending="The same loss is partly uncovered on side A, and covered in full on side B.",
        end=15,
        changes={},
        interventions=(Intervention("exploit", SHOCK, 0.04, 0),),
        claim=saves,
    ),
    Scene(
        name="sinks",
        title="5 · The pool sinks",
        text="Now the robbery takes 12 % of open interest, more than all four funds together, and a fall in prices"
        " follows. Isolated, three protocols still have their funds when it comes. Pooled, the money is gone, for"
        " everybody.",
        formula="every Dᵢ ≥ Fᵢ implies ΣD ≥ ΣF, so  P(pool empty)  ≥  P(all isolated funds empty)",
        ending="The pool covered more dollars in all, and yet it left all four protocols bare where isolated funds left"
        " one: the robbery of one had spent the safety of all.",
        end=25,
        changes={"market.depth_multiplier": 20.0},
        interventions=(Intervention("exploit", SHOCK, 0.12, 0), Intervention("price_shock", SHOCK + 4, -0.10, EVERY)),
        claim=sinks,
    ),
)
