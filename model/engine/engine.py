"""The engine: traders, keepers, providers, exchanges, protocols and a reinsurer on one market, step by step.

One step is the list of phases in :meth:`Engine.step`, in the order of the ODD protocol. State is in tables, and rules
are kernels over them. Nothing here knows of Mesa: :class:`model.ecosystem.Ecosystem` is this run as a Mesa model, with
agents that are views of rows. Workers and the command line run the engine alone.

A run is addressed by a scenario and the number of a replication: the same two give the same run, bit for bit, on one
worker or many, and two scenarios that differ in who holds capital or who pays see the same shocks.
"""

from collections.abc import Sequence

import numpy as np

from agents.core.ledger import CLEARING, FROZEN_DEBT, VAULT, WATERFALL
from model.engine.run import run_compiled
from model.engine.set_up import SetUp
from model.measure.metric import summarise
from model.measure.series import ALL, Choice, chosen, resolved
from model.price.tape import Tape
from model.scenario import Scenario
from model.schedule import ACTS, PHASES

NUMBER = {name: at for at, (_, name, _) in enumerate(ACTS)}


class Engine(SetUp):
    """Leveraged derivatives protocols on one market, with a backstop.

    Parameters
    ----------
    scenario : all parameters.
    replication : number of the replication, which with the scenario's seed names every random draw.
    tape : shocks in place of those of the replication, for the same assets and protocols.
    kept : the series that are kept, all unless others are chosen.

    Attributes
    ----------
    horizon : length of the tape, steps.
    accounts, blocks, exchange, protocol, keepers, providers, pool, market : tables of state.
    ledger : the ledger through which all money moves.
    clock : steps done so far.
    state : all of these and what their managers remember, live (:mod:`model.state.state`).

    Raises
    ------
    model.scenario.ScenarioError, model.price.reader.file.PriceFileError, model.network.exposures.EdgeListError,
    model.state.reader.problem.AccountFileError : for bad input.
    """

    def __init__(
        self, scenario: Scenario | None = None, replication: int = 0, tape: Tape | None = None, kept: Choice = (ALL,)
    ) -> None:
        chosen = scenario or Scenario()
        self.set_up(chosen, replication, replication, tape, resolved(kept, chosen.protocol.number))

    def step(self) -> None:
        """Advance by one step: the order of events."""
        for phase in PHASES:
            getattr(self, phase.name)()

    def run(self) -> None:
        """Run to the end of the tape, compiled as far as can be (:mod:`model.engine.run`).

        Where a subclass has a step of its own, that is called step after step.
        """
        step = type(self).step
        if step is Engine.step:
            run_compiled(self, Engine, self.horizon)
        for _ in range(self.clock, self.horizon):
            step(self)

    def stand_at(self, step: int, act: int) -> None:
        """Note where a compiled run has come to, and stop it if a kernel has found anything wrong.

        Parameters
        ----------
        step : steps done.
        act : acts done of the next one (:data:`model.schedule.ACTS`).
        """
        self.clock, seen = step, max(step - (act == 0), 0)
        self._oracle_error[:] = self.tape.oracle_error[seen]
        self.ledger.stop_if_broken(seen)
        self.record.fold(step)

    def _act(self, name: str) -> bool:
        """Call the kernel of an act, if the run has what it works on; return whether it leaves the act to Python."""
        at = NUMBER[name]
        kernel, terms = self.code.act(at), getattr(self.rules, ACTS[at][2].terms)
        return kernel is not None and kernel(self.act_tables[at], terms, self._row, self.clock)

    def _act_of_regimes(self, name: str) -> None:
        """Call the kernel of an act that calls regimes; compile them first, if they are not."""
        if self._act(name):
            self.code.aim(self.rules.loss)
            self._act(name)

    def apply_shocks(self) -> None:
        """Phase 1: fundamental returns, spreads and exploits from the tape."""
        self._stop_if_over()
        self._act("apply_shocks")

    def set_prices(self) -> None:
        """Phase 2: arbitrage, mid and mark prices, running volatility, depth, attention."""
        self._oracle_error[:] = self.tape.oracle_error[self.clock]
        self._act("set_prices")
        self.ledger.stop_if_broken(self.clock)

    def charge_funding(self) -> None:
        """Phase 3: funding rate from mark and fundamental; the funding index advances."""
        self._act("charge_funding")

    def trade(self) -> None:
        """Phase 4: own agents act, funds and noise traders meet, traders decide, all their orders are filled."""
        self.step_agents()
        self.hold_auction()
        self.trade_all()

    def step_agents(self) -> None:
        """Let a researcher's own agents act: in a Mesa model, which has some."""

    def own_agents(self) -> Sequence[object]:
        """Return the sets of a researcher's own agents."""
        return ()

    def hold_auction(self) -> None:
        """Let value funds and noise traders meet."""
        self._act("hold_auction")
        self.ledger.stop_if_broken(self.clock)

    def trade_all(self) -> None:
        """Let traders decide and the market fill their orders."""
        self._act("trade_all")

    def liquidate(self) -> None:
        """Phase 5: failing accounts are closed, vaults without equity too; market makers take their part, or leave."""
        self.sell_by_keepers()
        self.close_in_sequence()
        self.make_markets()

    def sell_by_keepers(self) -> None:
        """Let keepers sell failing positions, round after round, where the venues have no closing sequence."""
        self._act("sell_by_keepers")

    def close_in_sequence(self) -> None:
        """Close failing accounts by the closing sequence, where there is one, and sell what backstops hold."""
        self._act("close_in_sequence")

    def make_markets(self) -> None:
        """Let market makers take their part of the fills, be valued, leave or return, and sell off."""
        self._act("make_markets")

    def absorb_deficits(self) -> None:
        """Phase 6: deficits go down each waterfall, what the layers leave is collected, older debt is served."""
        self.value_funds()
        self.pass_on()
        self.ask_layers()
        self.collect_losses()
        self.settle_losses()

    def value_funds(self) -> None:
        """Value what funds hold in base assets."""
        self.fund.revalue()

    def pass_on(self) -> None:
        """Hand the positions of vaults closed in this step to accounts in profit, where that is the rule."""
        self._act("pass_on")

    def ask_layers(self) -> None:
        """Send deficits down the layers."""
        t, losses, terms = self.clock, self.losses, self.waterfall.layer_terms
        if not terms.compiled:
            priority = self.tape.priority[t]
            losses.owed[:] = self.waterfall.ask(self.venue, self.ledger, self.protocol, self.pool, priority, t)
        elif self._act("ask_layers"):
            self.code.aim_layers(terms)
            self._act("ask_layers")
        losses.moved[0] |= bool(losses.owed.any())

    def collect_losses(self) -> None:
        """Let regime and fallback collect what the layers have left; the rest is bad debt."""
        if self.regime.compiled:
            self._act_of_regimes("collect_losses")
        elif self.losses.owed.any():
            self.waterfall.collect_loss(self.venue, self.ledger, self.protocol, self.losses.owed, self.clock)

    def settle_losses(self) -> None:
        """Let the regimes do what is due at the end of the phase; reconcile rows and ledger where anything moved."""
        if self.regime.compiled:
            self._act_of_regimes("settle_losses")
            return
        if self.regime.advance(self.venue, self.clock) or self.losses.moved[0]:
            self.reconcile(WATERFALL)
        self._at.carried[0] = self.ledger.balance[FROZEN_DEBT].any()
        self.losses.owed[:], self.losses.moved[0] = 0.0, False

    def clear_exposures(self) -> None:
        """Phase 7: bad debt is paid or its protocol defaults, along the exposures; some trade again."""
        if self._act("clear_exposures") and self.contagion.clear(self.protocol, self.ledger, self.clock):
            self.reconcile(CLEARING)

    def settle_capital(self) -> None:
        """Phase 8: confidence, fees, premiums, providers; contributions; claims, capital, choices; risk controls."""
        self.update_confidence()
        self.settle_accounts()
        self.manage_funds()
        self.manage_reinsurance()
        self.adapt_terms()
        self.watch_prices()

    def update_confidence(self) -> None:
        """Set alarm and strain of every protocol."""
        self._act("update_confidence")

    def settle_accounts(self) -> None:
        """Share fees, collect flat premiums, serve liquidity providers."""
        self._act("settle_accounts")

    def manage_funds(self) -> None:
        """Collect contributions, let recalls arrive, lend."""
        self.fund.manage(self.clock)

    def manage_reinsurance(self) -> None:
        """Pay late claims, set premiums, let capital come and go, let protocols choose."""
        self.reinsurance.manage(self.clock)

    def adapt_terms(self) -> None:
        """Let the venues' terms follow fund health and volatility."""
        self._act("adapt_terms")

    def watch_prices(self) -> None:
        """Let circuit breakers see the prices of the step."""
        self._act("watch_prices")

    def write_record(self) -> None:
        """Phase 9: the series of the step, and the audit of the ledger."""
        self._stop_if_over()
        self._act("write_record")
        self.ledger.stop_if_broken(self.clock)
        self.clock += 1
        self.record.fold(self.clock)

    def slots(self, listing: int) -> tuple[int, int]:
        """Return the first row of a listing's accounts and the row after its last."""
        return listing * self.slots_per_listing, (listing + 1) * self.slots_per_listing

    def vault_equity(self) -> np.ndarray:
        """Return each vault's equity, (listings,) USD."""
        exchange = self.exchange
        return self.ledger.balance[VAULT] + exchange.vault_size * (exchange.mark - exchange.funding_index)

    def summary(self) -> dict[str, float]:
        """Return the run's metrics so far (:mod:`model.measure.metric`)."""
        return summarise(self, self.clock)

    def series(self) -> dict[str, np.ndarray]:
        """Return the run's series so far, column by column: those that are kept (:mod:`model.measure.series`)."""
        return chosen(self.kept, self.record, self.reinsurance.series(), self.clock)
