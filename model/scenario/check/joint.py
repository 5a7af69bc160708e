"""Conditions on several parameters together: each may be within its bounds and the scenario still make no sense.

A rule returns one line a problem, naming the parameters that do not fit each other and what is allowed. What is
merely unused is not refused; a notice says so before the run (:mod:`model.scenario.check.unused`).
"""

from collections.abc import Callable, Iterator, Sequence
from operator import mul

from model.scenario.bound import WEIGHT, number
from model.scenario.episode import EPISODES
from model.scenario.extent import (
    MINUTES_A_DAY,
    asset_names,
    by_listing,
    by_protocol,
    divided,
    listing_counts,
    listing_interest,
    protocol_interest,
    treasury_amounts,
)
from model.scenario.parameter import SHOWN, bounds_of, items
from model.scenario.sections import Sections

type Floats = tuple[float, ...]

WHOLE = 1.0 + 1e-9  # shares that add up to it in decimals may exceed it in binary
FARTHEST_FALL = 20.0  # log; a factor no price moves by
LAYERS = ("retention", "limit", "reinstatements")
ROUNDING = 1e-6  # relative difference between an amount in USD and what a ratio makes of it
AMOUNTS = {
    "protocol.fund": "backstop.capital_ratio",
    "protocol.treasury": "protocol.treasury_ratio",
    "protocol.skin": "protocol.skin_in_the_game",
    "protocol.vault": "protocol.vault_ratio",
}
"""Amounts in USD, and the ratio that says the same, of skin to the treasury and of all else to open interest.

The amount wins over a ratio left as it is."""


def joint_problems(scenario: Sections) -> list[str]:
    """Return a line for everything that does not fit together."""
    return [line for rule in RULES for line in rule(scenario)]


def run_minutes(scenario: Sections) -> float | None:
    """Return the length of a run in minutes; none where the price files say it, which are not read here."""
    if scenario.steps is not None:
        return scenario.steps * scenario.minutes
    if scenario.price.process == "episode":
        return EPISODES[scenario.price.episode].minutes
    return None if scenario.price.process == "replay" else MINUTES_A_DAY


def _losses(scenario: Sections) -> Iterator[str]:
    members = scenario.protocol.number
    for name in ("expected_loss", "expected_shortfall"):
        losses = getattr(scenario.backstop, name)
        if losses and len(losses) != members:
            yield f"backstop.{name} has {len(losses)} values for {members} protocols; allowed: one each"


def _assets(scenario: Sections) -> Iterator[str]:
    traded = asset_names(scenario)
    for index in dict.fromkeys(index for index in scenario.protocol.asset if index >= len(traded)):
        yield (
            f"protocol.asset {index}: there is no such asset; allowed: 0 to {len(traded) - 1} "
            f"({', '.join(traded[:5])}{', ...' if len(traded) > 5 else ''})"
        )


def _correlations(scenario: Sections) -> Iterator[str]:
    """Yield rows of correlations that are too few for the assets traded."""
    asset, traded = scenario.asset, asset_names(scenario)
    for name in ("correlation_matrix", "factor_loading"):
        rows = getattr(asset, name)
        if rows and (lacking := asset.lacking(len(rows), traded)):
            yield f"asset.{name} has {len(rows)} rows, and none for {', '.join(lacking)}; allowed: one for each asset"


def _hit(scenario: Sections) -> Iterator[str]:
    shock, members = scenario.shock, scenario.protocol.number
    if shock.hit_protocol >= members:
        yield f"shock.hit_protocol {shock.hit_protocol}: there is no such protocol; allowed: 0 to {members - 1}"


def _timed(scenario: Sections) -> Iterator[str]:
    """Yield a shock that is placed beyond the end of the run, where it would never be."""
    shock, length = scenario.shock, run_minutes(scenario)
    placed = (("hit_minute", "hit_share", "the hit"), ("fall_minute", "fall", "the fall"))
    for name, size, what in placed:
        minute = getattr(shock, name)
        if getattr(shock, size) and length is not None and minute >= length:
            yield (
                f"shock.{name} {number(minute)}: {what} comes after the run, which is {number(length)} min long; "
                f"allowed: less than that, or a longer run by steps"
            )


def _fall(scenario: Sections) -> Iterator[str]:
    """Yield a fall or rise, in standard deviations, that is no price's in what it comes to."""
    size, volatility = scenario.shock.fall, _volatility(scenario)
    if abs(size) * volatility > FARTHEST_FALL:
        yield (
            f"shock.fall {size:g}: with a daily volatility of {volatility:.3g} the price moves by a factor "
            f"exp({abs(size) * volatility:.3g}); allowed: up to {FARTHEST_FALL / volatility:.3g} either way"
        )


def _volatility(scenario: Sections) -> float:
    """Return the greatest daily volatility by which a fall is measured; that of the mean, where it wanders."""
    rule, own = scenario.price, max(scenario.asset.daily_volatility)
    if rule.process == "noise_demand":
        a_step = rule.demand_sd * (2.0 / (1.0 + rule.demand_persistence)) ** 0.5
        return float(a_step * (MINUTES_A_DAY / scenario.minutes) ** 0.5)
    return own * rule.volatility_excess if rule.process == "stochastic_volatility" else own


def _strategies(scenario: Sections) -> Iterator[str]:
    trader = scenario.trader
    shares = [str(name) for name, bound in bounds_of(type(trader)).items() if bound is WEIGHT]
    most = max(items(trader.number))
    if most and not any(getattr(trader, name) for name in shares):
        yield (
            f"trader.{', '.join(shares)} are all 0: {most} traders have no strategy; "
            "allowed: more than 0 for at least one"
        )


def _margin_answers(scenario: Sections) -> Iterator[str]:
    """Yield shares of the traders near liquidation that are more than all of them."""
    stop, more = scenario.trader.stop_share, scenario.trader.top_up_share
    if stop + more > WHOLE:
        yield (
            f"trader.stop_share {stop:g} + trader.top_up_share {more:g} are {stop + more:g}: a trader near liquidation "
            "does one or the other; allowed: up to 1 together"
        )


def _layers(scenario: Sections) -> Iterator[str]:
    lengths = {name: len(getattr(scenario.backstop, name)) for name in LAYERS}
    if len({length for length in lengths.values() if length > 1}) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        yield f"backstop: the layers' values differ in number: {told}; allowed: one for all, or as many each"


def _tiers(scenario: Sections) -> Iterator[str]:
    rates, tiers = len(scenario.fund.contribution_rate), len(scenario.fund.tier_bounds) + 1
    if rates > tiers:
        yield (
            f"fund.contribution_rate has {rates} values, and fund.tier_bounds makes {tiers} "
            f"tier{'s' if tiers > 1 else ''}; allowed: at most one a tier"
        )


def _margin_tiers(scenario: Sections) -> Iterator[str]:
    """Yield what is no schedule of margins: a number for every tier, bounds ascending, rates not falling."""
    bound, maintenance, initial = scenario.exchange.tiers
    if not len(bound) == len(maintenance) == len(initial):
        yield (
            f"exchange.tier_bound has {len(bound)} values, exchange.tier_maintenance {len(maintenance)} and "
            f"exchange.tier_initial {len(initial)}; allowed: one a tier each"
        )
    if list(bound) != sorted(set(bound)):
        yield f"exchange.tier_bound {_list(bound)}: allowed: ascending values"
    for name, rates in (("maintenance", maintenance), ("initial", initial)):
        if list(rates) != sorted(rates):
            yield f"exchange.tier_{name} {_list(rates)}: allowed: rates that do not fall from tier to tier"
    low = [f"{least:g}, {given:g}" for least, given in zip(maintenance, initial, strict=False) if not given > least]
    if low:
        yield (
            f"exchange.tier_maintenance, exchange.tier_initial: {'; '.join(low)}: allowed: initial above maintenance "
            "in every tier"
        )


def _list(values: tuple[float, ...]) -> str:
    return ", ".join(map(number, values))


def _bounds_of_controls(scenario: Sections) -> Iterator[str]:
    """Yield a bound to which something rises that lies below where it starts."""
    control, initial = scenario.control, scenario.exchange.tier_initial
    fee, margin = max(items(scenario.exchange.liquidation_fee)), 1.0 / min(scenario.asset.maximal_leverage)
    origin = "the first of exchange.tier_initial" if initial else "1 / asset.maximal_leverage"
    margin = initial[0] if initial else margin
    if (control.fee_health or control.fee_volatility) and control.fee_bound < fee:
        yield f"control.fee_bound {control.fee_bound:g}: allowed: at least exchange.liquidation_fee, {fee:g}"
    if (control.margin_health or control.margin_volatility) and control.margin_bound < margin:
        yield (
            f"control.margin_bound {control.margin_bound:g}: allowed: at least the initial margin, {margin:g}, "
            f"which is {origin}"
        )


def _given_twice(scenario: Sections) -> Iterator[str]:
    """Yield an amount in USD next to a ratio, not its default, that makes another amount."""
    for name, other in AMOUNTS.items():
        amounts, (section, field) = getattr(scenario.protocol, name.partition(".")[2]), other.split(".")
        ratio, default = getattr(getattr(scenario, section), field), _default(scenario, section, field)
        if not amounts or ratio == default or _unknown(scenario, name):
            continue
        given, made = _by_both(scenario, name, amounts, ratio)
        if any(abs(one - two) > ROUNDING * max(one, two) for one, two in zip(given, made, strict=True)):
            yield (
                f"{name} {_few(given, ',.0f')} USD and {other} {_few(items(ratio))} disagree: the ratio makes "
                f"{_few(made, ',.0f')} USD of the {'treasury' if name == 'protocol.skin' else 'open interest'}; "
                "allowed: one of the two, or the same by both"
            )


def _by_both(
    scenario: Sections, name: str, amounts: Floats, ratio: float | Floats
) -> tuple[Sequence[float], Sequence[float]]:
    """Return what an amount and its ratio say, USD each.

    Parameters
    ----------
    scenario : what the ratio is of.
    name : one of :data:`AMOUNTS`.
    amounts : USD, as given.
    ratio : 1, as given.
    """
    if name == "protocol.vault":
        made = map(mul, by_listing(scenario, ratio), listing_interest(scenario))
        return divided(scenario, amounts), tuple(made)
    base = treasury_amounts(scenario) if name == "protocol.skin" else protocol_interest(scenario)
    given, each = by_protocol(scenario, amounts), tuple(map(mul, by_protocol(scenario, ratio), base))
    if name == "protocol.fund" and not isinstance(ratio, tuple):  # a ratio of all, which says no more than the sum
        return (sum(given),), (sum(each),)
    return given, each


def _unknown(scenario: Sections, name: str) -> bool:
    """Tell whether an amount is of an open interest that a file of accounts says, which is not read here."""
    terms = scenario.protocol
    stated = not scenario.trader.accounts or terms.open_interest != _default(scenario, "protocol", "open_interest")
    return not (stated or (name == "protocol.skin" and terms.treasury))


def _skin(scenario: Sections) -> Iterator[str]:
    """Yield skin in the game, in USD, beyond the treasury that holds it."""
    if not scenario.protocol.skin or _unknown(scenario, "protocol.skin"):
        return
    skin, treasury = by_protocol(scenario, scenario.protocol.skin), treasury_amounts(scenario)
    beyond = [i for i, most in enumerate(treasury) if skin[i] > most * (1.0 + ROUNDING)]
    for i in beyond[:1]:
        yield (
            f"protocol.skin {skin[i]:,.0f} USD exceeds the treasury of protocol {i}, {treasury[i]:,.0f} USD; allowed: "
            "up to the treasury, which protocol.treasury or protocol.treasury_ratio says"
        )


def _parts_lent(scenario: Sections) -> Iterator[str]:
    """Yield a fund divided among listings that is lent out, of which nobody says whose part was lent."""
    cover = scenario.backstop.cover
    if cover != "together" and scenario.fund.lent_share > 0.0 and max(listing_counts(scenario)) > 1:
        yield (
            f"backstop.cover {cover!r} and fund.lent_share {scenario.fund.lent_share:g}: whose part of a fund is lent "
            "out is not told apart; allowed: backstop.cover 'together', or fund.lent_share 0"
        )


def _auction_in_books(scenario: Sections) -> Iterator[str]:
    """Yield the auction of value funds, which has one price for an asset, where an asset has several."""
    if scenario.value_fund.number and scenario.market.books == "venue" and scenario.asset.shared_market:
        yield (
            f"value_fund.number {scenario.value_fund.number}: their auction makes one price for everybody in an asset, "
            "and market.books 'venue' has one at each listing; allowed: market.books 'shared', or no value funds"
        )


def _makers_in_books(scenario: Sections) -> Iterator[str]:
    """Yield market makers where a book is several venues' or has no end."""
    makers, market = scenario.market_maker.number, scenario.market
    if makers and market.books == "shared" and scenario.asset.shared_market:
        yield (
            f"market_maker.number {makers}: makers take over from the vault of a book's one venue, and market.books "
            "'shared' has one book for all; allowed: market.books 'venue', or no makers"
        )
    if makers and market.depth_multiplier == float("inf"):
        yield (
            f"market_maker.number {makers}: makers of infinite depth (market.depth_multiplier) trade without end; "
            "allowed: finite depth, or no makers"
        )


def _default(scenario: Sections, section: str, field: str) -> object:
    return type(getattr(scenario, section)).model_fields[field].default


def _few(values: Sequence[float], form: str = "g") -> str:
    return " ".join(f"{value:{form}}" for value in values[:SHOWN]) + (" ..." if len(values) > SHOWN else "")


RULES: tuple[Callable[[Sections], Iterator[str]], ...] = (
    _losses,
    _assets,
    _correlations,
    _hit,
    _timed,
    _fall,
    _strategies,
    _margin_answers,
    _layers,
    _tiers,
    _margin_tiers,
    _bounds_of_controls,
    _given_twice,
    _skin,
    _parts_lent,
    _auction_in_books,
    _makers_in_books,
)
