"""Parts of an own fund: what of it stands for the losses of which listing (``backstop.cover``).

A fund F pays the losses of all its listings together, or is divided. With one-sided open interest Oᵢ at the start and
the common share k, 0 where each listing has its own part alone (isolated markets), the parts at the start are

    aᵢ = (1 − k) F Oᵢ / Σ O,    c = k F                                                        (1)

and of the losses Lᵢ of a step the fund pays

    xᵢ = min(Lᵢ, aᵢ),    y = min(Σ (Lᵢ − xᵢ), c)                                               (2)

with y divided in proportion to what the parts left unpaid. The parts are numbers in USD: each is reduced by what it
paid. Whatever else has changed the fund since they were last asked, ΔF, fees and contributions, premiums and what
survivors gave, is divided as at the start where it is a gain, and in proportion to the parts where it is a loss,

    aᵢ ← aᵢ + (1 − k) ΔF Oᵢ / Σ O,    c ← c + k ΔF,    ΔF ≥ 0
    aᵢ ← aᵢ F / (F − ΔF),    c ← c F / (F − ΔF),    ΔF < 0                                     (3)

so that Σ a + c = F whenever losses are paid. A treaty on the gross loss takes the same fraction of each. What (2)
leaves goes on to the next layers as a protocol's loss beyond its fund does, and what these leave goes back to the
listings in proportion to what (2) left of each. A protocol with one listing has nothing to divide. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule
from agents.core.ledger import DEFICIT, FUND
from agents.core.table import Exchanges
from model.backstop.layer.own import pay_from_fund, without_dust

Array = np.ndarray


class Division(NamedTuple):
    """How own funds are divided; constants."""

    divided: bool  # False: every fund pays for all its listings together
    first: Array  # (members + 1,) int64, first listing of each member, and how many listings there are
    weight: Array  # (listings,) 1, part of what the fund gains; none where nothing is divided
    common: float  # 1, part that is common to a fund's listings


class Parts(NamedTuple):
    """The parts of own funds; none where nothing is divided."""

    part: Array  # (listings,) USD >= 0, of its protocol's fund for its losses alone
    common: Array  # (members,) USD >= 0, of each fund for all its listings


def one_each(members: int) -> Division:
    """Return the division of funds of members with one listing each: none."""
    return Division(False, np.arange(members + 1), np.zeros(0), 0.0)


def make_division(counts: tuple[int, ...], interest: Array, common: float | None) -> Division:
    """Return how funds are divided.

    Parameters
    ----------
    counts : (members,) listings of each.
    interest : (listings,) USD > 0, open interest at the start.
    common : 1, part of a fund common to its listings; none: a fund pays for all of them together.
    """
    first = np.append(0, np.cumsum(counts)).astype(np.int64)
    if common is None or max(counts) == 1:
        return Division(False, first, np.zeros(0), 0.0)
    whole = np.repeat(np.add.reduceat(interest, first[:-1]), counts)
    return Division(True, first, (1.0 - common) * interest / whole, common)


def make_parts(division: Division) -> Parts:
    """Return parts that are yet to be filled, by (3)."""
    members = len(division.first) - 1
    return Parts(np.zeros(len(division.weight)), np.zeros(members * division.divided))


@rule
def divide_funds(balance: Array, division: Division, parts: Parts) -> None:
    """Bring the parts of every fund up to what it holds, by (3).

    Parameters
    ----------
    balance : the ledger's, read.
    division : constants.
    parts : written.
    """
    first, part, common = division.first, parts.part, parts.common
    for p in range(common.shape[0]):
        fund, held = max(balance[FUND, p], 0.0), common[p]
        for i in range(first[p], first[p + 1]):
            held += part[i]
        gain, kept = max(fund - held, 0.0), 1.0 if fund >= held else fund / held
        common[p] = common[p] * kept + division.common * gain
        for i in range(first[p], first[p + 1]):
            part[i] = part[i] * kept + division.weight[i] * gain


@rule
def asked_of(division: Division, wanted: Array, p: int) -> float:
    """Return what member p's listings lost, USD; zero where its fund is not divided among them.

    Parameters
    ----------
    division : constants.
    wanted : (listings,) USD >= 0, losses.
    p : member.
    """
    first, last, whole = division.first[p], division.first[p + 1], 0.0
    if last - first > 1:
        for i in range(first, last):
            whole += wanted[i]
    return whole


@rule
def fund_for(balance: Array, division: Division, parts: Parts, wanted: Array, p: int, amount: float) -> float:
    """Return what of member p's fund stands for a loss: all of it, or by (2) where that is not enough, USD.

    Parameters
    ----------
    balance : the ledger's, read.
    division : constants.
    parts : read.
    wanted : (listings,) USD >= 0, by which the loss is divided.
    p : member.
    amount : USD >= 0, the loss.
    """
    fund = balance[FUND, p]
    whole = asked_of(division, wanted, p) if division.divided else 0.0
    if not whole > 0.0:
        return fund
    paid, rest = 0.0, 0.0
    for i in range(division.first[p], division.first[p + 1]):
        loss = amount * (wanted[i] / whole)
        own = min(loss, parts.part[i])
        paid, rest = paid + own, rest + (loss - own)
    return fund if rest <= parts.common[p] else min(paid + parts.common[p], fund)


@rule
def funds_for(
    balance: Array, division: Division, parts: Parts, wanted: Array, amount: Array, out: Array
) -> None:  # fmt: skip
    """Write what of every member's fund stands for its loss.

    Parameters
    ----------
    balance, division, parts, wanted : as in :func:`fund_for`.
    amount : (members,) USD >= 0, the losses.
    out : (members,) USD, written.
    """
    for p in range(amount.shape[0]):
        out[p] = fund_for(balance, division, parts, wanted, p, amount[p])


@rule
def draw(
    division: Division, parts: Parts, wanted: Array, p: int, amount: float, whole: float
) -> tuple[float, bool]:  # fmt: skip
    """Take by (2) what the parts of member p's fund pay of a loss; return it, USD, and whether it is all.

    Parameters
    ----------
    division : constants.
    parts : written.
    wanted : (listings,) USD >= 0, by which the loss is divided; written: what is left of it.
    p : member.
    amount : USD > 0, the loss.
    whole : USD > 0, sum of `wanted`.
    """
    first, last, part = division.first[p], division.first[p + 1], parts.part
    paid, rest = 0.0, 0.0
    for i in range(first, last):
        loss = amount * (wanted[i] / whole)
        own = min(loss, part[i])
        part[i] -= own
        wanted[i] = loss - own
        paid, rest = paid + own, rest + wanted[i]
    shared = min(rest, parts.common[p])
    parts.common[p] -= shared
    for i in range(first, last):
        wanted[i] -= wanted[i] * (shared / rest) if shared < rest else wanted[i]
    return paid + shared, shared >= rest


@rule
def pay_from_parts(
    balance: Array, paid_fund: Array, division: Division, parts: Parts, wanted: Array, left: Array
) -> None:
    """Let each member's own fund pay, by (2) where it is divided.

    Parameters
    ----------
    balance : the ledger's, (accounts, members) USD, written.
    paid_fund : (members,) USD >= 0, so far, written.
    division : constants.
    parts : written.
    wanted : (listings,) USD >= 0, losses by which `left` is divided; written: what is left of them.
    left : (members,) USD >= 0, of the losses, written.
    """
    if not division.divided:
        pay_from_fund(balance, paid_fund, left)
        return
    for p in range(left.shape[0]):
        if not left[p] > 0.0:
            continue
        whole, most, alone = asked_of(division, wanted, p), left[p], True
        if whole > 0.0:
            drawn, alone = draw(division, parts, wanted, p, left[p], whole)
            most = left[p] if alone else drawn
        paid = min(left[p], balance[FUND, p], most)
        balance[FUND, p] -= paid
        balance[DEFICIT, p] += paid
        paid_fund[p] += paid
        left[p] = without_dust(left[p], paid) if whole > 0.0 else left[p] - paid


@rule
def take_note(exchange: Exchanges, division: Division, wanted: Array, covered: bool) -> None:
    """Note by which losses a step's deficits are divided: of the layers, and of what goes past them.

    Parameters
    ----------
    exchange : losses of the step, read; `unpaid` is written.
    division : constants.
    wanted : (listings,) USD >= 0, written where funds are divided: losses the layers are asked for.
    covered : whether the backstop stands for vaults.
    """
    for i in range(exchange.shape[0]):
        exchange.unpaid[i] = exchange.deficit[i]
        if division.divided:
            past = 0.0 if covered else exchange.vault_deficit[i]
            wanted[i] = max(exchange.deficit[i] - past, 0.0)


@rule
def note_unpaid(exchange: Exchanges, division: Division, wanted: Array, left: Array, past: Array) -> None:
    """Note for which listings nobody has paid, where funds are divided.

    Parameters
    ----------
    exchange : losses of the step, read; `unpaid` is written.
    division : constants.
    wanted : (listings,) USD >= 0, what the own funds left.
    left : (members,) USD >= 0, what all layers left.
    past : (members,) USD >= 0, of closed vaults, what went past them.
    """
    if not division.divided:
        return
    for p in range(left.shape[0]):
        rest, closed = asked_of(division, wanted, p), asked_of(division, exchange.vault_deficit, p)
        if (left[p] > 0.0 and not rest > 0.0) or (past[p] > 0.0 and not closed > 0.0):
            continue  # a loss of no listing, or rounding: divided by the losses themselves
        for i in range(division.first[p], division.first[p + 1]):
            of_layers = left[p] * (wanted[i] / rest) if rest > 0.0 else 0.0
            beyond = past[p] * (exchange.vault_deficit[i] / closed) if closed > 0.0 else 0.0
            exchange.unpaid[i] = of_layers + beyond
