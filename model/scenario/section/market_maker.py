"""Parameters of market makers: how many, their capital, and when they leave and return."""

from model.scenario.bound import MULTIPLE, SHARE, SPAN, between
from model.scenario.parameter import Numbers, Section, parameter

OCTOBER = "prototype, 10 Oct 2025"


class MarketMakerSection(Section):
    """The market makers at all venues, who need a book for each (``market.books``); none by default."""

    number: int = parameter(0, "makers", "market makers at all venues", "none", between(0, 1_000, "0: none"))
    capital: float = parameter(
        0.033, "1", "capital of all makers together over all one-sided open interest at the start", OCTOBER, MULTIPLE
    )
    share: Numbers = parameter(
        (0.4, 0.3, 0.2, 0.1),
        "1",
        "maker by maker, its part of depth and capital, over their sum; the last value is repeated",
        OCTOBER,
        between(1e-6, 1e6, "only the proportions count"),
        min_length=1,
    )
    loss_limit: Numbers = parameter(
        (0.1,),
        "1",
        "maker by maker, fall of equity below its peak, over capital, at which it leaves; the last value is repeated",
        OCTOBER,
        between(0, 100, "0: at any loss; beyond its capital a maker is bankrupt"),
        min_length=1,
    )
    unwind: float = parameter(30.0, "min", "time in which a maker that has left sells all it holds", OCTOBER, SPAN)
    away: float = parameter(30.0, "min", "least time that a maker is away", OCTOBER, SPAN)
    longer: float = parameter(30.0, "min", "mean of the exponential time on top", OCTOBER, SPAN)
    back: float = parameter(0.7, "1", "size of a maker that returns, over that before", OCTOBER, SHARE)
