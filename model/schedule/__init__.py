"""The schedule of a step: the phases in order, as data.

Every phase is one or more **acts**, kernels ``act(tables, terms, shock, t)`` on the tables it names
(:mod:`model.state.act_tables`), the constants of the phase, and the row of the tape at step t. An act does its work and
returns False, or leaves it to Python and returns True where there is anything to do: own agents, rules in Python,
contagion, funds that are managed, a reinsurance market. :meth:`model.engine.engine.Engine.step`, the compiled run
(:mod:`model.engine.run`) and the table of phases in the ODD protocol read ``PHASES``.

A phase that a researcher's own subclass overrides runs in Python, whole; the rest stays compiled around it.
"""

from typing import NamedTuple

from agents.core.chain import Condition, Link
from model.schedule.capital_act import adapt_terms, see_prices, settle_accounts, update_confidence, write_record
from model.schedule.loss_act import (
    clear_debts,
    collect_losses,
    debts_are_due,
    deficits_are_due,
    losses_are_due,
    pass_on,
    send_down,
    settle_losses,
    settlement_is_due,
    succession_is_due,
)  # fmt: skip
from model.schedule.market_act import (
    advance_funding,
    apply_shocks,
    close_in_sequence,
    hold_auction,
    liquidate_all,
    make_all_markets,
    set_prices,
    trade_all,
)  # fmt: skip
from model.state import act_tables as given


class Phase(NamedTuple):
    """A phase of a step."""

    name: str  # method of the ecosystem that runs it whole
    acts: dict[str, Link]  # method that runs a part of it → the kernel that does it, or tells whether it is due


IN_PYTHON = Link(None, "due", None)
PHASES = (
    Phase("apply_shocks", {"apply_shocks": Link(apply_shocks, "due", given.PriceTables)}),
    Phase("set_prices", {"set_prices": Link(set_prices, "price", given.PriceTables)}),
    Phase("charge_funding", {"charge_funding": Link(advance_funding, "funding", given.FundingTables)}),
    Phase(
        "trade",
        {
            "step_agents": IN_PYTHON,
            "hold_auction": Link(hold_auction, "auction", given.AuctionTables),
            "trade_all": Link(trade_all, "trade", given.TradeTables),
        },
    ),
    Phase(
        "liquidate",
        {
            "sell_by_keepers": Link(liquidate_all, "liquidation", given.LiquidationTables),
            "close_in_sequence": Link(close_in_sequence, "closing", given.ClosingTables),
            "make_markets": Link(make_all_markets, "makers", given.MakerTables),
        },
    ),
    Phase(
        "absorb_deficits",
        {
            "value_funds": IN_PYTHON,
            "pass_on": Link(
                pass_on, "succession", given.SuccessionTables, Condition(succession_is_due, given.ClosedTables)
            ),
            "ask_layers": Link(send_down, "layers", given.DescentTables, Condition(deficits_are_due, given.DueTables)),
            "collect_losses": Link(
                collect_losses, "loss", given.LossTables, Condition(losses_are_due, given.DueTables)
            ),
            "settle_losses": Link(
                settle_losses, "loss", given.LossTables, Condition(settlement_is_due, given.DueTables)
            ),
        },
    ),
    Phase(
        "clear_exposures",
        {"clear_exposures": Link(clear_debts, "due", given.DebtTables, Condition(debts_are_due, given.DueTables))},
    ),
    Phase(
        "settle_capital",
        {
            "update_confidence": Link(update_confidence, "confidence", given.BackingTables),
            "settle_accounts": Link(settle_accounts, "capital", given.CapitalTables),
            "manage_funds": IN_PYTHON,
            "manage_reinsurance": IN_PYTHON,
            "adapt_terms": Link(adapt_terms, "control", given.BackingTables),
            "watch_prices": Link(see_prices, "breaker", given.BreakerTables),
        },
    ),
    Phase("write_record", {"write_record": Link(write_record, "due", given.RecordTables)}),
)
ACTS = [(phase.name, name, link) for phase in PHASES for name, link in phase.acts.items()]
"""Every act in order: its phase, the method that runs it in Python, and its kernel."""
