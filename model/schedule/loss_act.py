"""Acts of phases 6 and 7: deficits, loss regimes, debts; and whether they are due (:mod:`model.schedule`).

In a calm step none is due, which is seen from a few columns before any act is called.
"""

from typing import Any

from numba import types

from agents.account.account import recount
from agents.core.audit import reconcile_all
from agents.core.books import Venue
from agents.core.chain import choice
from agents.core.kernel import inline, kernel, lean_kernel, lean_rule
from agents.core.ledger import BAD_DEBT, CLEARING, DEFICIT, SHORTFALL, WATERFALL, Book
from agents.core.table import Protocols
from model.backstop.layer.descent import ask_layers
from model.backstop.layer.table import LayerTerms
from model.backstop.loss_regime.chain import Losses, LossTerms, collect_all, is_carried, ready, settle_all, settles
from model.backstop.succession import SuccessionTerms, newly_closed, pass_on_vaults
from model.network.contagion import BEYOND_TREASURIES, PAID, pay_debts
from model.state import act_tables as given
from model.state.table import Shock
from model.state.terms import DebtTerms

ask_by: Any = choice(types.boolean, 10, [ask_layers])


@inline
def any_of(book: Book, account: int) -> bool:
    """Tell whether any protocol has a balance on an account."""
    found, balance = False, book.balance
    for i in range(balance.shape[1]):
        found |= balance[account, i] != 0.0
    return found


@inline
def venue_of(tables: given.SuccessionTables | given.LossTables) -> Venue:
    """Return what loss regimes and successors work on, of the tables of an act."""
    return Venue(tables.accounts, tables.blocks, tables.exchange, tables.book, tables.tiers)


@lean_rule
def deficits_are_due(tables: given.DueTables, terms: LayerTerms, t: int) -> bool:
    """Tell whether there is a deficit, or the layers have something to do in every step."""
    return terms.always or any_of(tables.book, SHORTFALL) or any_of(tables.book, DEFICIT)


@lean_rule
def losses_are_due(tables: given.DueTables, terms: LossTerms, t: int) -> bool:
    """Tell whether the layers have left anything to the loss regimes."""
    return to_be_collected(tables.losses)


@lean_rule
def settlement_is_due(tables: given.DueTables, terms: LossTerms, t: int) -> bool:
    """Tell whether anything moved in the phase, or a regime has something to do at its end."""
    carried = tables.carried[0] or is_carried(tables.book.balance)
    return tables.losses.moved[0] or carried or settles(terms, carried, t)


@lean_rule
def debts_are_due(tables: given.DueTables, terms: DebtTerms, t: int) -> bool:
    """Tell whether there is bad debt, or a halted protocol that may trade again."""
    return any_of(tables.book, BAD_DEBT) or (terms.resumes and any_halted(tables.protocol))


@lean_rule
def succession_is_due(tables: given.ClosedTables, terms: SuccessionTerms, t: int) -> bool:
    """Tell whether a vault was closed in this step."""
    return newly_closed(tables.exchange, tables.closed)


@kernel
def pass_on(tables: given.SuccessionTables, terms: SuccessionTerms, row: Shock, t: int) -> bool:
    """Hand the positions of vaults closed in this step to accounts in profit.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, book, closed and losses are written.
    terms : constants.
    row : not used.
    t : present step.
    """
    venue = venue_of(tables)
    tables.losses.moved[0] |= pass_on_vaults(venue, tables.closed, terms, tables.room, t)
    return False


@lean_kernel
def send_down(tables: given.DescentTables, terms: LayerTerms, row: Shock, t: int) -> bool:
    """Send deficits down the layers of the waterfall.

    Parameters
    ----------
    tables : of the run; protocol, pool, book, losses and the tables of the layers are written.
    terms : constants of the layers.
    row : of the tape; the order of arrival is read.
    t : present step.

    Returns
    -------
    Whether Python has to, as a rule is in Python or the layers are yet to be compiled.
    """
    if not (terms.always or any_of(tables.book, SHORTFALL) or any_of(tables.book, DEFICIT)):
        return False
    if terms.entry[0] == 0:
        return True
    book, losses = tables.book, tables.losses
    losses.moved[0] |= ask_by(
        0, terms.entry, book.balance, tables.exchange, tables.protocol, tables.pool, tables.layers, terms,
        tables.layer_room, row.priority, losses.owed, t,
    )  # fmt: skip
    return False


@inline
def to_be_collected(losses: Losses) -> bool:
    """Tell whether the layers have left anything to the loss regimes."""
    found, owed = False, losses.owed
    for i in range(owed.shape[0]):
        found |= owed[i] > 0.0
    return found


@kernel
def collect_losses(tables: given.LossTables, terms: LossTerms, row: Shock, t: int) -> bool:
    """Let regime and fallback collect what the layers have left; the rest is bad debt.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, book, protocol and what regimes remember are written.
    terms : constants of the regimes.
    row : not used.
    t : present step.

    Returns
    -------
    Whether Python has to, as a regime is in Python or is yet to be compiled.
    """
    if not to_be_collected(tables.losses):
        return False
    if not ready(terms):
        return True
    venue = venue_of(tables)
    collect_all(venue, tables.protocol, tables.regimes, terms, tables.room, tables.losses, t)
    return False


@kernel
def settle_losses(tables: given.LossTables, terms: LossTerms, row: Shock, t: int) -> bool:
    """Let the regimes do what is due at the end of the phase, and reconcile rows and ledger where anything moved.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, book, losses and what regimes remember are written.
    terms : constants of the regimes.
    row : not used.
    t : present step.

    Returns
    -------
    Whether Python has to, as a regime is in Python or is yet to be compiled.
    """
    book, losses = tables.book, tables.losses
    carried = tables.carried[0] or is_carried(book.balance)
    if settles(terms, carried, t):
        if not ready(terms):
            return True
        venue = venue_of(tables)
        losses.moved[0] |= settle_all(venue, tables.regimes, terms, tables.room, carried, t)
    if losses.moved[0]:
        recount(tables.accounts, tables.blocks, tables.exchange)
        reconcile_all(book, tables.exchange, WATERFALL)
    tables.carried[0] = is_carried(book.balance)
    losses.moved[0] = False
    for i in range(losses.owed.shape[0]):
        losses.owed[i] = 0.0
    return False


@inline
def any_halted(protocol: Protocols) -> bool:
    """Tell whether any protocol is halted."""
    found, halted = False, protocol.halted
    for i in range(protocol.shape[0]):
        found |= halted[i] != 0
    return found


@kernel
def clear_debts(tables: given.DebtTables, terms: DebtTerms, row: Shock, t: int) -> bool:
    """Let treasuries pay bad debt; leave debts beyond them, and halted protocols that may trade again, to contagion.

    Parameters
    ----------
    tables : of the run; protocol and book are written.
    terms : whether halted protocols may trade again.
    row, t : not used.

    Returns
    -------
    Whether contagion has anything to do.
    """
    book, exchange = tables.book, tables.exchange
    if terms.resumes and any_halted(tables.protocol):
        return True
    found = pay_debts(book.balance, tables.protocol)
    if found == PAID:
        recount(tables.accounts, tables.blocks, exchange)
        reconcile_all(book, exchange, CLEARING)
    return found == BEYOND_TREASURIES
