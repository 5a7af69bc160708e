"""Choices that change nothing: parameters that a scenario sets and no part of its run reads.

A parameter that differs from its default is a choice. It is inert where the part it belongs to is switched off, or
where the structure has nothing it could act on: a member of `isolated` has no pool to leave. A run then equals, to the
last bit, the run without the choice, which the tests assert for every structure; a notice says so before the run.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from model.scenario.extent import listing_counts

if TYPE_CHECKING:
    from model.scenario import Scenario

WITHOUT_POOL = ("none", "isolated", "mutual")  # every other structure has a pool
NO_POOL = "it has no pool"
ONE_LISTING = "no protocol has several listings (protocol.listings)"
NO_PREMIUM = "only `reinsured` charges premiums, unless reinsurance.charge_all is true"

type Test = Callable[["Scenario"], bool]


class Rule(NamedTuple):
    """When choices are read: `names` below one section, by what, and why not."""

    names: tuple[str, ...]
    works: Test
    why: str
    of_structure: bool = False  # whether it is the matter of one structure, and no news in the others next to it


class Inert(NamedTuple):
    """A choice that does nothing in a structure."""

    choice: str
    structure: str
    why: str
    of_structure: bool


def has_pool(scenario: "Scenario") -> bool:
    """Tell whether the structure has a pool."""
    return scenario.backstop.structure not in WITHOUT_POOL


def charges(scenario: "Scenario") -> bool:
    """Tell whether members pay premiums to their pool."""
    return scenario.backstop.structure == "reinsured" or (has_pool(scenario) and scenario.reinsurance.charge_all)


def indemnifies(scenario: "Scenario") -> bool:
    """Tell whether losses are claimed of a pool."""
    return has_pool(scenario) and scenario.reinsurance.claims == "indemnity"


def has_own_funds(scenario: "Scenario") -> bool:
    """Tell whether protocols have money in funds of their own, or get some there: late, by parameters, on leaving."""
    terms = scenario.backstop
    pooled = {"partial": terms.pooled_share, "capped": terms.capped_share, "reinsured": terms.ceded_share}
    kept = 1.0 - pooled.get(terms.structure, 1.0 if has_pool(scenario) else 0.0)
    late = scenario.reinsurance.assessment_delay > 0.0 or not indemnifies(scenario) or scenario.choice.membership
    return terms.structure != "none" and (kept > 0.0 or late)


def has_sequence(scenario: "Scenario") -> bool:
    """Tell whether failing accounts are closed by a sequence, not sold by keepers as far as they can."""
    return scenario.exchange.closing != "sale" or scenario.exchange.engine != "keepers"


def shares_margins(scenario: "Scenario") -> bool:
    """Tell whether owners may have one margin for several positions."""
    return scenario.trader.cross_share > 0.0 or bool(scenario.trader.accounts)


def structure_is(*names: str) -> Test:
    """Return the test that the structure is one of `names`."""
    return lambda scenario: scenario.backstop.structure in names


def choice_of(section: str, *names: str) -> tuple[str, ...]:
    """Return dotted names."""
    return tuple(f"{section}.{name}" for name in names)


RULES: tuple[Rule, ...] = (
    Rule(choice_of("reinsurance", "premium", "cycle"), lambda s: charges(s) or not has_pool(s), NO_PREMIUM),
    Rule(choice_of("reinsurance", "premium", "cycle", "charge_all"), has_pool, NO_POOL),
    Rule(choice_of("reinsurance", "retrocession_share", "providers", "claims"), has_pool, NO_POOL),
    Rule(choice_of("reinsurance", "dispute_probability"), indemnifies, "no losses are claimed of a pool"),
    Rule(
        choice_of("reinsurance", "assessment_delay"),
        lambda s: indemnifies(s) or s.backstop.structure == "mutual",
        "no losses are claimed of a pool or of members",
    ),
    Rule(choice_of("choice", "membership"), has_pool, NO_POOL),
    Rule(
        choice_of("choice", "membership"),
        lambda s: not has_pool(s) or charges(s) or s.choice.refusal_ratio > 0.0,
        f"nobody leaves a pool that costs nothing; {NO_PREMIUM}",
    ),
    Rule(
        choice_of(
            "trader", "size_tail", "size_cap", "long_share", "long_leverage", "short_leverage", "leverage_spread",
            "large_account", "entry_spread", "seasoning", "cross_share", "same_side",
        ),
        lambda s: not s.trader.accounts, "trader.accounts gives the accounts",
    ),
    Rule(
        choice_of("trader", "cross_share"),
        lambda s: max(listing_counts(s)) > 1,
        ONE_LISTING,
    ),
    Rule(choice_of("trader", "venues_share"), lambda s: s.protocol.number > 1, "there is no other protocol"),
    Rule(
        choice_of("trader", "venues_share"),
        lambda s: s.trader.top_up_share > 0.0,
        "nobody adds margin (trader.top_up_share)",
    ),
    Rule(
        choice_of("trader", "venues", "margin_left", "close_elsewhere", "transfer_delay"),
        lambda s: s.trader.venues_share > 0.0,
        "trader.venues_share is 0",
    ),
    Rule(choice_of("control", "closing_order"), shares_margins, "trader.cross_share is 0"),
    Rule(choice_of("trader", "same_side"), shares_margins, "trader.cross_share is 0"),
    Rule(choice_of("fund", "replenishment"), lambda s: s.fund.target_ratio > 0.0, "fund.target_ratio is 0: no target"),
    Rule(
        (*choice_of("fund", "lent_share", "base_share", "target_ratio"), "protocol.fund"),
        lambda s: s.backstop.structure != "none",
        "it has neither funds nor pools",
    ),
    Rule(choice_of("protocol", "vault"), lambda s: s.provider.number > 0, "provider.number is 0: no vault"),
    Rule(
        choice_of("fund", "recall_delay", "recall_haircut", "yield_rate"),
        lambda s: s.fund.lent_share > 0.0,
        "fund.lent_share is 0: nothing is lent",
    ),
    Rule(
        choice_of("fund", "tier_bounds", "tier_by"),
        lambda s: any(s.fund.contribution_rate),
        "fund.contribution_rate is 0",
    ),
    Rule(choice_of("backstop", "pooled_share"), structure_is("partial"), "only `partial` reads it", True),
    Rule(
        choice_of("backstop", "capped_share", "sublimit", "sublimit_window"),
        structure_is("capped"), "only `capped` reads it", True,
    ),
    Rule(choice_of("backstop", "clusters", "cluster"), structure_is("clustered"), "only `clustered` reads it", True),
    Rule(
        choice_of(
            "backstop", "ceded_share", "quota_share", "retention", "limit", "reinstatements", "reinstatement_premium",
            "stop_loss_retention", "stop_loss_limit",
        ),
        structure_is("reinsured"), "only `reinsured` reads it", True,
    ),
    Rule(choice_of("backstop", "assessment"), structure_is("mutual"), "only `mutual` reads it", True),
    Rule(choice_of("backstop", "premium_rate"), charges, NO_PREMIUM, True),
    Rule(choice_of("backstop", "cover"), lambda s: max(listing_counts(s)) > 1, ONE_LISTING),
    Rule(choice_of("backstop", "cover"), has_own_funds, "no protocol keeps a fund of its own", True),
    Rule(
        choice_of("backstop", "common_share"),
        lambda s: s.backstop.cover == "both",
        "only backstop.cover `both` reads it",
    ),
    Rule(
        choice_of("backstop", "trigger_drop", "trigger_window"),
        lambda s: s.backstop.trigger == "drawdown",
        "only backstop.trigger `drawdown` reads it",
    ),
    Rule(
        choice_of("reinsurance", "provider_share", "provider_cash", "hurdle", "joining", "lock_up", "exit_rate"),
        lambda s: s.reinsurance.providers > 0,
        "reinsurance.providers is 0",
    ),
    Rule(
        choice_of("reinsurance", "retrocession_attachment", "retrocession_limit"),
        lambda s: s.reinsurance.retrocession_share > 0.0,
        "reinsurance.retrocession_share is 0",
    ),
    Rule(
        choice_of("reinsurance", "disputed_share", "dispute_delay", "dispute_success"),
        lambda s: s.reinsurance.dispute_probability > 0.0,
        "reinsurance.dispute_probability is 0",
    ),
    Rule(
        choice_of("reinsurance", "cycle_half_life", "cycle_floor", "cycle_bound"),
        lambda s: s.reinsurance.cycle > 0.0,
        "reinsurance.cycle is 0",
    ),
    Rule(
        choice_of("choice", "leave_margin", "refusal_ratio", "return_wait"),
        lambda s: s.choice.membership,
        "choice.membership is false",
    ),
    Rule(
        choice_of("choice", "caps", "retentions", "learning", "sensitivity"),
        lambda s: s.choice.leverage,
        "choice.leverage is false",
    ),
    Rule(
        choice_of("market", "books"),
        lambda s: s.asset.shared_market,
        "asset.shared_market is false: each listing has a market of its own",
    ),
    Rule(
        choice_of("market_maker", "capital", "share", "loss_limit", "unwind", "away", "longer", "back"),
        lambda s: s.market_maker.number > 0,
        "market_maker.number is 0",
    ),
    Rule(
        choice_of("market", "arbitrage_between"),
        lambda s: s.market.books == "venue",
        "market.books is shared: an asset has one book",
    ),
    Rule(
        choice_of("market", "arbitrage_capital"),
        lambda s: s.market.arbitrage_between > 0.0,
        "market.arbitrage_between is 0: nobody closes gaps",
    ),
    Rule(choice_of("market", "refill_alone"), lambda s: s.market.refill > 0.0, "market.refill is 0"),
    Rule(
        choice_of("market", "arbitrage"),
        lambda s: s.market.refill == 0.0,
        "market.refill says how books are filled",
    ),
    Rule(
        choice_of("market", "depth_volatility"),
        lambda s: s.market.depth_exponent == 0.0,
        "market.depth_exponent says how depth thins",
    ),
    Rule(
        choice_of("asset", "depth_per_oi"),
        lambda s: not s.market.depth_interest,
        "market.depth_interest says how deep books are",
    ),
    Rule(
        choice_of("market", "latent"),
        lambda s: s.market.impact == "latent",
        "only market.impact `latent` reads it",
    ),
    Rule(
        choice_of("asset", "maximal_leverage", "maintenance_ratio"),
        lambda s: not s.exchange.tier_bound,
        "exchange.tier_bound is set: margins are those of its tiers",
    ),
    Rule(
        choice_of("control", "partial_by_tier"),
        lambda s: len(s.exchange.tier_bound) > 1,
        "exchange.tier_bound has no tier below another",
    ),
    Rule(
        choice_of("backstop", "takeover_multiple", "takeover_fall"),
        lambda s: s.exchange.closing == "fund_first",
        "only exchange.closing `fund_first` reads it",
    ),
    Rule(
        choice_of("backstop", "unloading"),
        lambda s: s.exchange.closing != "sale",
        "exchange.closing is `sale`: the backstop takes nothing over",
    ),
    Rule(
        (*choice_of("keeper", "number", "capacity", "cost_spread"), "exchange.keeper_share"),
        lambda s: s.exchange.engine == "keepers",
        "exchange.engine is `venue`: keepers do nothing",
    ),
    Rule(
        choice_of("control", "takeover_cap"),
        lambda s: s.control.takeover > 0.0,
        "control.takeover is 0: nothing is taken over",
    ),
    Rule(
        choice_of("control", "worst_move"),
        lambda s: s.control.vault_risk > 0.0,
        "control.vault_risk is 0: no cap by the vault",
    ),
    Rule(
        choice_of("exposure", "resolution_delay"),
        lambda s: s.exposure.resolution == "recapitalised",
        "only exposure.resolution `recapitalised` reads it",
    ),
)  # fmt: skip


def inert(scenario: "Scenario") -> list[Inert]:
    """Return the choices of a scenario that do nothing in its structure."""
    structure = scenario.backstop.structure
    return [
        Inert(name, structure, rule.why, rule.of_structure)
        for rule in RULES
        for name in rule.names
        if _chosen(scenario, name) and not rule.works(scenario)
    ]


def inert_choices(scenario: "Scenario", *others: "Scenario") -> list[str]:
    """Return a line for every choice that does nothing, in one scenario or in those that are compared.

    What concerns one structure alone is told only where it does nothing in any of them.
    """
    compared = (scenario, *others)
    found = [item for one in compared for item in inert(one)]
    lines: dict[tuple[str, str], list[str]] = {}
    for item in found:
        lines.setdefault((item.choice, item.why), []).append(item.structure)
    hidden = {item.choice for item in found if item.of_structure and not _everywhere(item.choice, compared)}
    return [
        f"{choice} does nothing in {', '.join(dict.fromkeys(structures))}: {why}"
        for (choice, why), structures in lines.items()
        if choice not in hidden
    ]


def _everywhere(choice: str, compared: Sequence["Scenario"]) -> bool:
    return all(any(item.choice == choice for item in inert(one)) for one in compared)


def _chosen(scenario: "Scenario", name: str) -> bool:
    """Tell whether a parameter differs from its default."""
    section, field = name.split(".")
    values = getattr(scenario, section)
    return bool(getattr(values, field) != type(values).model_fields[field].default)
