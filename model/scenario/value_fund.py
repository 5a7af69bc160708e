"""Parameters of the value-investing funds: how many, how bold, how levered, and how their investors behave."""

from pydantic import field_validator

from model.parameter import Section, parameter

THURNER = "Thurner, Farmer, Geanakoplos (2012)"


class ValueFundSection(Section):
    """The value-investing funds of every protocol, who meet the noise traders in an auction; none by default."""

    number: int = parameter(0, "funds", "value-investing funds per protocol", "none; ten in " + THURNER, ge=0)
    aggression: tuple[float, ...] = parameter(
        tuple(5.0 * rank for rank in range(1, 11)),
        "1",
        "leverage per unit of relative mispricing, fund by fund; the last value is repeated",
        THURNER,
        min_length=1,
    )
    leverage: float = parameter(10.0, "1", "maximal leverage of a fund", THURNER + ": 1 to 15", gt=0)
    wealth: float = parameter(2e6, "USD", "wealth a fund begins with", THURNER, gt=0)
    supply: float = parameter(
        1e9,
        "USD",
        "contracts of an asset that funds and noise traders hold together, at its first price",
        THURNER,
        gt=0,
    )
    benchmark: float = parameter(
        0.005,
        "1 per step",
        "performance at which investors neither add nor withdraw",
        "public implementations of that model; see docs/ODD.md, 7.19",
    )
    sensitivity: float = parameter(
        0.15, "1", "part of wealth added per unit of performance above the benchmark", THURNER, ge=0
    )
    memory: float = parameter(0.1, "1", "weight of the newest return in a fund's performance", THURNER, gt=0, le=1)
    ruin: float = parameter(
        0.1, "1", "fraction of the wealth it began with below which a fund is bankrupt", THURNER, ge=0, lt=1
    )
    absence: int = parameter(100, "steps", "steps until a new fund takes a bankrupt one's place", THURNER, ge=1)

    @field_validator("aggression")
    @classmethod
    def _is_positive(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        bad = [value for value in values if not 0.0 < value < float("inf")]
        if bad:
            raise ValueError(f"{', '.join(map(str, bad))}: allowed: more than 0")
        return values
