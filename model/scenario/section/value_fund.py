"""Parameters of the value-investing funds: how many, how bold, how levered, and how their investors behave."""

from model.scenario.bound import COUNT, DOLLARS, PART, SOME, above, between
from model.scenario.parameter import Numbers, Section, parameter

THURNER = "Thurner, Farmer, Geanakoplos (2012)"


class ValueFundSection(Section):
    """The value-investing funds of every protocol, who meet the noise traders in an auction; none by default."""

    number: int = parameter(0, "funds", "value-investing funds per protocol", "none; ten in " + THURNER, COUNT)
    aggression: Numbers = parameter(
        tuple(5.0 * rank for rank in range(1, 11)),
        "1",
        "leverage per unit of relative mispricing, fund by fund; the last value is repeated",
        THURNER,
        between(1e-6, 1e4, "from none to a fund wholly invested at a basis point of mispricing"),
        min_length=1,
    )
    leverage: float = parameter(
        10.0,
        "1",
        "maximal leverage of a fund",
        THURNER + ": 1 to 15",
        above(0, 1e3, "a fund holds something; 1,000 is beyond any lender's terms"),
    )
    wealth: float = parameter(2e6, "USD", "wealth a fund begins with", THURNER, DOLLARS)
    supply: float = parameter(
        1e9,
        "USD",
        "contracts of an asset that funds and noise traders hold together, at its first price",
        THURNER,
        DOLLARS,
    )
    benchmark: float = parameter(
        0.005,
        "1 per step",
        "performance at which investors neither add nor withdraw",
        "public implementations of that model; see docs/ODD.md, 7.19",
        between(-1, 1, "the whole of it in one step, either way"),
    )
    sensitivity: float = parameter(
        0.15,
        "1",
        "part of wealth added per unit of performance above the benchmark",
        THURNER,
        between(0, 10, "0: none; 10 is ten times the performance, at once"),
    )
    memory: float = parameter(0.1, "1", "weight of the newest return in a fund's performance", THURNER, SOME)
    ruin: float = parameter(
        0.1, "1", "fraction of the wealth it began with below which a fund is bankrupt", THURNER, PART
    )
    absence: int = parameter(
        100,
        "steps",
        "steps until a new fund takes a bankrupt one's place",
        THURNER,
        between(1, 1e9, "at least a step; a billion are longer than any run"),
    )
