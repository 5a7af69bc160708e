"""Parameters of the protocols' balance sheets, their vaults and their liquidity providers."""

import re
from typing import Self

from pydantic import field_validator, model_validator

from model.scenario.bound import (
    COUNT,
    DELAY,
    DOLLARS,
    LISTINGS,
    MEMBER,
    MEMBERS,
    MULTIPLE,
    RATE,
    SHARE,
    SPREAD,
    STRENGTH,
    SUM,
    above,
    between,
)
from model.scenario.parameter import ByProtocol, Numbers, Section, parameter
from model.scenario.problem import one_of
from model.scenario.section.market import CALIBRATION

PLAIN = re.compile(r"[^\W_](?:[\w .,&'()+/-]{0,38}[\w)+])?")
PLAIN_WORDS = "a name of at most 40 letters, digits, spaces and . , & ' ( ) + / - _ is needed, a letter or digit first"
CLOSURES = ("takeover", "deleverage")


class ProtocolSection(Section):
    """How many protocols there are and what stands behind each."""

    number: int = parameter(8, "protocols", "protocols in the ecosystem", "prototype world B", MEMBERS)
    open_interest: Numbers = parameter(
        (400e6, 200e6, 60e6),
        "USD",
        "one-sided open interest of each protocol, divided by listing_share; the last value is repeated; or one for "
        "each listing",
        "prototype world B",
        DOLLARS,
        min_length=1,
    )
    listings: tuple[int, ...] = parameter(
        (),
        "listings",
        "assets each protocol lists, all under its one backstop; the last value is repeated; empty: all, or one each "
        "where `asset` says which",
        "dYdX v4: isolated markets and one fund; GMX: a pool a market; most venues: one fund for all contracts",
        LISTINGS,
    )
    listing_share: Numbers = parameter(
        (0.54, 0.33, 0.13),
        "1",
        "weights by which a protocol's open interest is divided among its listings, the last repeated; empty: equally",
        "prototype world B: its assets' shares of all open interest",
        above(0, 100, "only the proportions count"),
    )
    name: tuple[str, ...] = parameter(
        (), "text", "what each is called in tables, figures, messages and on the page; empty: by its number", "a venue"
    )
    asset: tuple[int, ...] = parameter(
        (),
        "index",
        "asset of each listing, protocol by protocol; empty: listing i is of asset i modulo the number of assets",
        "modelling choice",
        MEMBER,
    )
    fund: Numbers = parameter(
        (),
        "USD",
        "insurance fund of each, what it would hold alone; the last is repeated; empty: by backstop.capital_ratio",
        "a venue's published fund",
        SUM,
    )
    treasury: Numbers = parameter(
        (),
        "USD",
        "treasury of each; the last is repeated; empty: by treasury_ratio",
        "a venue's own capital",
        SUM,
    )
    skin: Numbers = parameter(
        (),
        "USD",
        "skin in the game of each, up to its treasury; the last is repeated; empty: by skin_in_the_game",
        "a clearing house's published own resources",
        SUM,
    )
    vault: Numbers = parameter(
        (),
        "USD",
        "vault capital of each; the last is repeated; empty: by vault_ratio",
        "a vault's published value",
        SUM,
    )
    treasury_ratio: ByProtocol = parameter(
        0.005,
        "1",
        "treasury as a fraction of open interest",
        CALIBRATION,
        between(0, 1e6, "0: none; a million times open interest never runs out"),
    )
    skin_in_the_game: ByProtocol = parameter(
        0.25,
        "1",
        "part of the treasury that pays after own fund and entitlement, before others' money",
        "EMIR: 25 % of own capital",
        SHARE,
    )
    vault_ratio: ByProtocol = parameter(
        1.0,
        "1",
        "vault capital as a fraction of open interest",
        "GMX v1: the pool holds every position in reserve; from 0.5 on no vault closed in any episode, at 0.3 some did",
        between(0, 1e6, "0: none; a million times open interest never runs out"),
    )
    vault_closure: str = parameter(
        "takeover",
        "name",
        "how the position of a vault without equity passes on: takeover (from outside), or deleverage first",
        "CPMI-IOSCO 2020: default auctions; GMX v2, Hyperliquid: deleveraging",
    )

    @field_validator("name")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [name for name in names if not PLAIN.fullmatch(name)]:
            raise ValueError(f"{bad[0]!r}: {PLAIN_WORDS}")
        if len({name.casefold() for name in names}) < len(names):
            raise ValueError(f"{', '.join(names)}: every protocol has a name of its own")
        return names

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        if 0 < len(self.name) < self.number:
            raise ValueError(f"name: {len(self.name)} for {self.number} protocols: one each is needed, or none")
        return self

    def names(self, before: str = "") -> tuple[str, ...]:
        """Return what each protocol is called: by its name, else its number, with `before` in front."""
        return self.name[: self.number] or tuple(f"{before}{i}" for i in range(self.number))

    @field_validator("vault_closure")
    @classmethod
    def _vault_closure(cls, value: str) -> str:
        return one_of("vault_closure", value, CLOSURES)


class ProviderSection(Section):
    """Liquidity providers: owners of the vaults."""

    number: int = parameter(10, "providers", "liquidity providers per protocol", "modelling choice", COUNT)
    cash_ratio: float = parameter(
        0.2, "1", "cash a provider keeps outside, as a multiple of the deposit", "modelling choice", MULTIPLE
    )
    tolerance: float = parameter(
        0.15,
        "1",
        "mean fall of the share price that makes a provider run",
        "HLP/LLP drawdowns of 5 % were sat out",
        between(1e-6, 1e12, "from running at once to never"),
    )
    tolerance_spread: float = parameter(0.5, "log", "spread of tolerance across providers", "modelling choice", SPREAD)
    withdrawal: float = parameter(
        5e-4,
        "1/min",
        "fraction of shares a running provider redeems",
        "public vaults' cooldowns of 1 to 13 days: half within a day",
        RATE,
    )
    fund_sensitivity: float = parameter(
        0.5, "1", "how far a thin backstop lowers tolerance; 0 switches the channel off", "modelling choice", SHARE
    )
    return_rate: float = parameter(
        0.01, "1/min", "fraction of cash put back when the share price has recovered", "modelling choice", RATE
    )
    vaults: int = parameter(
        1, "vaults", "vaults each provider supplies, its own protocol's and the next", "one", MEMBERS
    )
    wealth_sensitivity: float = parameter(
        1.0,
        "1",
        "weight of losses in a provider's other vaults, over its whole deposit, next to those in this one",
        "one fortune; Goldstein and Pauzner (2004): wealth effect; moot with one vault",
        STRENGTH,
    )
    volatility_sensitivity: float = parameter(
        0.0,
        "1",
        "fall of the share price that a running volatility of twice the normal counts as; 0: none",
        "modelling choice; 10 October 2025: market makers left as volatility jumped",
        STRENGTH,
    )
    cooldown: float = parameter(
        0.0,
        "min",
        "time a provider's request to redeem all it has waits in the queue; 0: no queue, `withdrawal` a minute",
        "HLP: 4 days, 5760; Drift: 13 days, 18720",
        DELAY,
    )
    exit_rate: float = parameter(
        1.0,
        "1/min",
        "part of a vault's equity its queue lets out, first come first served; 1: all that is due",
        "open-ended funds' redemption gates: 5 to 25 % a quarter",
        above(0, 1, "a part each minute, and not nothing, or nobody ever leaves"),
    )
