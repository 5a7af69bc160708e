"""Parameters of protocols' choices: leverage caps, retentions, membership of a pool; all off by default."""

from model.scenario.bound import DELAY, MULTIPLE, SHARE, SOME, SPAN, between
from model.scenario.parameter import Numbers, Section, parameter

LEARNING = "Sutton and Barto (1998), sections 2.5 and 2.8"


class ChoiceSection(Section):
    """What protocols choose and how they learn."""

    leverage: bool = parameter(
        False, "flag", "whether protocols choose leverage caps and retentions", "design: moral hazard"
    )
    membership: bool = parameter(
        False, "flag", "whether protocols may leave a pool, and it refuse them", "design: adverse selection"
    )
    epoch: float = parameter(240.0, "min", "time between choices", "modelling choice", SPAN)
    caps: Numbers = parameter(
        (0.5, 1.0, 1.5, 2.0),
        "1",
        "leverage caps to choose from, over the asset's",
        "modelling choice",
        between(0.01, 1e3, "some leverage stays; a thousand times the asset's is no cap"),
        min_length=1,
    )
    retentions: Numbers = parameter(
        (0.0,), "1", "parts of its claims, and of its premium, a protocol may keep", "coinsurance", SHARE, min_length=1
    )
    learning: float = parameter(0.3, "1", "weight of the newest payoff of a choice", LEARNING, SOME)
    sensitivity: float = parameter(
        2.0,
        "day/bp",
        "logit sensitivity to payoffs, in bp of open interest per day",
        LEARNING,
        between(0, 1e6, "0: choices are drawn evenly; from a million on the best is always taken"),
    )
    leave_margin: float = parameter(
        0.5,
        "1",
        "a member leaves when the premium exceeds what its cover is worth by more than this part",
        "modelling choice",
        MULTIPLE,
    )
    refusal_ratio: float = parameter(
        0.0,
        "1",
        "claims over premiums so far above which the pool expels a member; 0: never",
        "modelling choice",
        between(0, 1e6, "0: never; a million times the premiums is never reached"),
    )
    return_wait: float = parameter(
        10_080.0, "min", "time before one that left or was expelled may come back", "modelling choice", DELAY
    )

    @property
    def active(self) -> bool:
        """Whether anything is chosen."""
        return self.leverage or self.membership
