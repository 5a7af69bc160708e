"""Interventions: shocks that the visitor applies to both worlds at once while they run.

An intervention is a row of the tape overwritten ahead of the clock, or, for a run on the vaults, providers' shares
redeemed at the beginning of a step. It is recorded with its step and applied to both sides alike, so that a world
rebuilt from its scenario and its list of interventions is the same world, bit for bit.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from agents.provider.liquidity_provider import redeem
from model.ecosystem import Ecosystem
from model.price.tape import Tape
from model.scenario import Scenario
from model.scenario.extent import listing_counts, protocol_interest

EVERY = -1
Array = np.ndarray


class Intervention(NamedTuple):
    """One intervention, in effect from `step` on.

    `size` is in the unit of its kind, `target` an asset or protocol, or ``EVERY``; `length` is in steps.
    """

    kind: str
    step: int
    size: float
    target: int = EVERY
    length: int = 1


class Kind(NamedTuple):
    """What can be done, how large it may be, and how it alters the tape.

    `aim` says what the target is: ``asset`` or ``protocol``. `alter` returns the altered columns of the tape; it is
    given the tape, the intervention and what the protocols are.
    """

    title: str
    aim: str
    unit: str
    size: float
    low: float
    high: float
    length: int
    meaning: str
    alter: Callable[[Tape, Intervention, Scenario], dict[str, Array]]


def price_shock(tape: Tape, done: Intervention, scenario: Scenario) -> dict[str, Array]:
    """Add log(1 + size) to the fundamental's return in one step."""
    returns = tape.log_return.copy()
    returns[done.step, _columns(done)] += np.log1p(done.size)
    return {"log_return": returns}


def oracle_failure(tape: Tape, done: Intervention, scenario: Scenario) -> dict[str, Array]:
    """Let marks be wrong by a relative error for some steps."""
    error = tape.oracle_error.copy()
    error[_steps(done), _listings(done, scenario)] = done.size
    return {"oracle_error": error}


def exploit(tape: Tape, done: Intervention, scenario: Scenario) -> dict[str, Array]:
    """Take a share of open interest from a protocol in one step."""
    taken = tape.exploit.copy()
    taken[done.step, _columns(done)] += (done.size * np.array(protocol_interest(scenario)))[_columns(done)]
    return {"exploit": taken}


def keeper_outage(tape: Tape, done: Intervention, scenario: Scenario) -> dict[str, Array]:
    """Leave keepers a share of their capacity for some steps."""
    capacity = tape.keeper.copy()
    capacity[_steps(done), _listings(done, scenario)] *= done.size
    return {"keeper": capacity}


def provider_run(tape: Tape, done: Intervention, scenario: Scenario) -> dict[str, Array]:
    """Alter nothing on the tape: :func:`redeem_shares` does it at the step."""
    return {}


KINDS = {
    "price_shock": Kind(
        title="Price shock",
        aim="asset",
        unit="1",
        size=-0.08,
        low=-0.9,
        high=1.0,
        length=1,
        meaning="relative move of the fundamental in the next step",
        alter=price_shock,
    ),
    "oracle_failure": Kind(
        title="Oracle failure",
        aim="protocol",
        unit="1",
        size=-0.1,
        low=-0.9,
        high=1.0,
        length=10,
        meaning="relative error of the mark price",
        alter=oracle_failure,
    ),
    "exploit": Kind(
        title="Exploit",
        aim="protocol",
        unit="1",
        size=0.02,
        low=0.0,
        high=1.0,
        length=1,
        meaning="loss over the protocol's open interest",
        alter=exploit,
    ),
    "keeper_outage": Kind(
        title="Keeper outage",
        aim="protocol",
        unit="1",
        size=0.0,
        low=0.0,
        high=1.0,
        length=30,
        meaning="share of the keepers' capacity that is left",
        alter=keeper_outage,
    ),
    "provider_run": Kind(
        title="LP run",
        aim="protocol",
        unit="1",
        size=0.5,
        low=0.0,
        high=1.0,
        length=1,
        meaning="share of the vault that is redeemed at once",
        alter=provider_run,
    ),
}
"""Name of a kind → what it is; a new one: one function above, one entry here."""


def altered(tape: Tape, done: Iterable[Intervention], scenario: Scenario) -> Tape:
    """Return the tape with all interventions in it, read-only like the original."""
    for item in done:
        columns = KINDS[item.kind].alter(tape, item, scenario)
        for column in columns.values():
            column.setflags(write=False)
        tape = tape._replace(**columns)
    return tape


def problem(done: Intervention, horizon: int) -> str | None:
    """Say what is wrong with an intervention, or None."""
    kind = KINDS[done.kind]
    if not kind.low <= done.size <= kind.high:
        return f"{kind.title}: {done.size:g}: allowed is {kind.low:g} to {kind.high:g}"
    if done.step < 0 or done.target < EVERY:
        return f"{kind.title}: step {done.step}, target {done.target}: allowed is from 0 and {EVERY} on"
    if done.step >= horizon:
        return f"{kind.title}: the run is over; step back or reset first"
    return None


def redeem_shares(ecosystem: Ecosystem, share: float, target: int) -> None:
    """Let every provider of the target's vault redeem `share` of its shares at the going price."""
    tables, equity = ecosystem.tables, ecosystem.vault_equity()
    outstanding, protocol = ecosystem.exchange.vault_shares.copy(), ecosystem.exchange.protocol
    for row, i in enumerate(ecosystem.providers.listing.tolist()):
        price = equity[i] / max(outstanding[i], 1.0)
        if target in (EVERY, protocol[i]) and price > 0.0:
            shares = float(ecosystem.providers.shares[row]) * share
            redeem(tables.providers, tables.exchange, ecosystem.ledger.book, row, shares, float(price))


def _columns(done: Intervention) -> slice:
    return slice(None) if done.target == EVERY else slice(done.target, done.target + 1)


def _listings(done: Intervention, scenario: Scenario) -> slice:
    """Return the columns of the listings of the protocol aimed at."""
    if done.target == EVERY:
        return slice(None)
    counts = listing_counts(scenario)
    first = sum(counts[: done.target])
    return slice(first, first + counts[done.target])


def _steps(done: Intervention) -> slice:
    return slice(done.step, done.step + max(done.length, 1))
