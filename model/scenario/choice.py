"""Parameters of protocols' choices: leverage caps, retentions, membership of a pool; all off by default."""

from model.parameter import Numbers, Section, parameter

LEARNING = "Sutton and Barto (1998), sections 2.5 and 2.8"


class ChoiceSection(Section):
    """What protocols choose and how they learn."""

    leverage: bool = parameter(
        False, "flag", "whether protocols choose leverage caps and retentions", "design: moral hazard"
    )
    membership: bool = parameter(
        False, "flag", "whether protocols may leave a pool, and it refuse them", "design: adverse selection"
    )
    epoch: float = parameter(240.0, "min", "time between choices", "modelling choice", gt=0)
    caps: Numbers = parameter(
        (0.5, 1.0, 1.5, 2.0), "1", "leverage caps to choose from, over the asset's", "modelling choice", min_length=1
    )
    retentions: Numbers = parameter(
        (0.0,), "1", "parts of its claims, and of its premium, a protocol may keep", "coinsurance", min_length=1
    )
    learning: float = parameter(0.3, "1", "weight of the newest payoff of a choice", LEARNING, gt=0, le=1)
    sensitivity: float = parameter(
        2.0, "day/bp", "logit sensitivity to payoffs, in bp of open interest per day", LEARNING, ge=0
    )
    leave_margin: float = parameter(
        0.5,
        "1",
        "a member leaves when the premium exceeds what its cover is worth by more than this part",
        "modelling choice",
        ge=0,
    )
    refusal_ratio: float = parameter(
        0.0, "1", "claims over premiums so far above which the pool expels a member; 0: never", "modelling choice", ge=0
    )
    return_wait: float = parameter(
        10_080.0, "min", "time before one that left or was expelled may come back", "modelling choice", ge=0
    )

    @property
    def active(self) -> bool:
        """Whether anything is chosen."""
        return self.leverage or self.membership
