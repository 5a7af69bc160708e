"""The studies of the page of findings: the default comparison, and its world with one change at a time.

A finding is worth no more than the changes it survives. Each change below is plausible in itself or a limiting case;
all else stays. The replications of a study are a multiple of those asked for, more where differences are small.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from experiments.plan.scenario_option import DEFAULT_PRICES
from model.scenario import WITHOUT_FEEDBACK as CUT
from model.scenario import Scenario
from model.scenario.episode import CRASHES
from model.scenario.world import scenario_path

BASE = "2025-10-10"
PAIR = ("isolated", "pooled")
ALL = ("isolated", "pooled", "reinsured", "mutual")
LEAST = 2  # replications of any study
LEAN = {"backstop.capital_ratio": 0.006}
"""Two fifths of the default capital, which is never used up: where no fund runs out there is nothing to tell."""
QUICK: dict[str, Any] = {"trader.number": 40, "minutes": 10, "provider.number": 2}
TARGETS = (0.95, 0.99)
SIZE = "size"


class Study(NamedTuple):
    """A comparison to run.

    Attributes
    ----------
    name, title : short, and in words.
    changes : parameters that differ from the defaults.
    structures, regimes : compared; none: the scenario's regime.
    share : replications over those asked for.
    world : a shipped scenario instead of the episode.
    """

    name: str
    title: str
    changes: Mapping[str, Any] = {}
    structures: tuple[str, ...] = PAIR
    regimes: tuple[str, ...] = ()
    share: float = 1.0
    world: str = ""

    def replications(self, asked: int) -> int:
        """Return how many replications the study has."""
        return max(LEAST, math.ceil(self.share * asked))

    def scenario(self, seed: int, further: Mapping[str, Any]) -> "Scenario":
        """Return the scenario, with `further` changes."""
        if self.world:
            base = Scenario.from_toml(scenario_path(self.world))
        else:
            base = Scenario().replace({**DEFAULT_PRICES, **LEAN})
        return base.replace({**self.changes, **further, "seed": seed})


def change(name: str, title: str, **changes: Any) -> Study:
    """Return the default comparison with some parameters changed; names with ``__`` for dots."""
    return Study(name, title, {key.replace("__", "."): value for key, value in changes.items()})


DEFAULT = Study("default", "10 October 2025, funds of 0.6 % of open interest", structures=ALL, share=2.0)
# Who pays never changes what anybody does: the identity of the total holds bit for bit here.
WITHOUT_FEEDBACK = "without_feedback"
INNOCENTS = Study(
    "innocents", "one is hit alone, then all a little", {}, (*PAIR, "reinsured"), share=0.5, world="innocents"
)
REGIMES = Study("regimes", "two loss regimes", regimes=("socialized_loss", "adl"))
EPISODE_STUDIES = tuple(
    Study(f"episode_{name}", episode.title, {"price.episode": name}, ALL, share=0.5)
    for name, episode in CRASHES.items()
    if name != BASE
)
ONE_EACH = change("one_asset_each", "one asset a protocol, two of them the thin one alone", protocol__listings=(1,))
CHANGES = (
    change("default_capital", "funds of 1.5 % of open interest, the default", backstop__capital_ratio=0.015),
    ONE_EACH,
    change("one_asset", "one asset for all", protocol__asset=(0,)),
    change("no_thin_venue", "nobody trades the thin asset", protocol__listings=(2,), protocol__asset=(0, 1)),
    change("exploits", "exploits on (one a protocol in five days)", shock__exploit_intensity=0.2),
    change("permanent_impact", "half of impact permanent", market__permanent_share=0.5),
    change("equal_interest", "equal open interest", protocol__open_interest=(1.2e8,)),
    change("three_protocols", "3 protocols", protocol__number=3),
    change("fast_keepers", "keepers × 5", keeper__capacity=0.1),
    change("half_depth", "depth halved", market__depth_multiplier=0.5),
    change("dispersed", "severity twice as dispersed", price__severity_dispersion=0.6),
)


def studies() -> tuple[Study, ...]:
    """Return every comparison of the page, in the order it is run."""
    cut = Study(WITHOUT_FEEDBACK, "nobody reacts to who pays", CUT, share=0.5)
    return (DEFAULT, *CHANGES, cut, REGIMES, INNOCENTS, *EPISODE_STUDIES)
