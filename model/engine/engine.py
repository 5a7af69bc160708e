"""The engine: traders, keepers, providers, exchanges, protocols and a reinsurer on one market, step by step.

One step is the list of phases in :meth:`Engine.step`, in the order of the ODD protocol. State is in tables, and rules
are kernels over them. Nothing here knows of Mesa: :class:`model.ecosystem.Ecosystem` is this run as a Mesa model, with
agents that are views of rows. Workers and the command line run the engine alone.

A run is addressed by a scenario and the number of a replication: the same two give the same run, bit for bit, on one
worker or many, and two scenarios that differ in who holds capital or who pays see the same shocks.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from agents.account.account import make_blocks, recount
from agents.core.audit import reconcile_all
from agents.core.books import Venue
from agents.core.column import bare
from agents.core.fast_call import FastCall
from agents.core.ledger import CLEARING, FROZEN_DEBT, SET_UP, VAULT, WATERFALL, Code, Ledger
from model.backstop.fund import FundManagement
from model.backstop.regime_choice import make_loss_regime
from model.backstop.succession import Succession
from model.backstop.waterfall import Waterfall
from model.engine.code import code_for
from model.engine.run import run_compiled
from model.engine.saved_run import SavedRun
from model.market.confidence import Confidence
from model.market.control import Control
from model.market.value_investing import ValueInvesting
from model.measure.metric import summarise
from model.measure.series import ALL, Choice, by_protocol, chosen, resolved
from model.measure.window import make_record
from model.network.contagion import make_contagion
from model.price.segment import market_names
from model.price.streams import Streams
from model.price.tape import Tape, draw_tape
from model.reinsurance.market import ReinsuranceMarket
from model.scenario import Scenario
from model.scenario.check.demand import refuse_beyond
from model.scenario.length import asset_names
from model.schedule import ACTS, PHASES
from model.state import initial
from model.state.population import draw_population, slots_per_protocol
from model.state.state import Clock, Series, State
from model.state.table import Tables
from model.state.terms import Due, KernelTables, make_scratch, make_terms

NUMBER = {name: at for at, (_, name, _) in enumerate(ACTS)}


class Engine(SavedRun):
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
    model.scenario.ScenarioError, model.price.reader.file.PriceFileError, model.network.exposures.EdgeListError : for
    bad input.
    """

    def __init__(
        self, scenario: Scenario | None = None, replication: int = 0, tape: Tape | None = None, kept: Choice = (ALL,)
    ) -> None:
        chosen = scenario or Scenario()
        self.set_up(chosen, replication, replication, tape, resolved(kept, chosen.protocol.number))

    def set_up(self, scenario: Scenario, origin: int, replication: int, tape: Tape | None, kept: Choice) -> None:
        """Build the run at its start; the set-up draws from replication `origin`, the steps from `replication`.

        Parameters
        ----------
        scenario : all parameters.
        origin, replication : numbers of replications, one and the same unless the run is branched.
        tape : shocks; none: those of the replication.
        kept : the series that are kept, resolved.
        """
        self._own_scenario, self.origin, self.replication, self.kept = scenario, origin, replication, kept
        refuse_beyond(scenario, members=by_protocol(kept))
        streams, draws = Streams(scenario.seed, origin), Streams(scenario.seed, replication)
        self._recount, self._reconcile = FastCall(recount), FastCall(reconcile_all)
        self.assets = market_names(self.scenario, asset_names(self.scenario))
        self.tape = tape or draw_tape(self.scenario, replication, members=by_protocol(kept))
        self.horizon = len(self.tape.log_return)
        self._build(streams)
        self._set_rules(streams, draws)
        self.state = self._remembered()

    def _build(self, streams: Streams) -> None:
        """Make the tables and let the money enter."""
        scenario, tape = self.scenario, self.tape
        traits = initial.asset_traits(scenario, asset_names(scenario))
        self.slots_per_protocol = slots_per_protocol(scenario)
        self.exchange = initial.make_exchange(scenario, tape, traits)
        self.market = initial.make_asset_market(scenario, tape, traits, self.exchange)
        interest = initial.open_interest(scenario)
        self.accounts = draw_population(scenario, streams, initial.contracts(self.exchange, tape, interest))
        self.start_leverage = self.accounts.leverage.copy()
        self.blocks = make_blocks(len(self.accounts.size))
        self.keepers = initial.make_keepers(scenario, streams)
        self.providers = initial.make_providers(scenario, streams, self.exchange.vault_start)
        self.structure = initial.make_structure(scenario, streams, self.horizon)
        self.protocol = initial.make_protocols(scenario, self.structure, self.exchange.vault_start)
        self.pool = initial.make_pool(self.structure)
        tables = [getattr(self, name) for name in KernelTables._fields]
        self.tables = KernelTables(*(bare(table) for table in tables))
        self.ledger = Ledger(len(self.exchange))
        self.ledger.subsidiaries = initial.subsidiaries(self.accounts, self.keepers, self.providers, len(self.exchange))
        initial.open_books(self.ledger, self.accounts, self.tables, scenario, self.exchange, self.structure)
        self.reconcile(SET_UP)

    def _set_rules(self, streams: Streams, draws: Streams) -> None:
        """Derive constants, the layers of the waterfall, the exposures and room for the record."""
        scenario, members = self.scenario, len(self.exchange)
        self.scratch = make_scratch(len(self.accounts.size), len(self.keepers), members)
        self.record = make_record(scenario, self.kept, self.horizon, self.assets)
        self.venue = Venue(self.accounts, self.tables.blocks, self.tables.exchange, self.ledger.book)
        self.regime = make_loss_regime(scenario, draws.key("loss"), self.venue)
        self.waterfall = Waterfall(self.structure, self.regime)
        self.waterfall.bind(self.ledger, self.protocol, self.pool)
        self.succession = Succession(scenario, draws.key("loss"), self.venue)
        cover = partial(self.waterfall.cover, self.ledger, self.protocol, self.pool, self.tape.priority)
        self.contagion = make_contagion(scenario, streams, self.venue, self.ledger, self.protocol, cover)
        periods = self.regime.first.period, self.regime.fallback.period
        due = Due(self.contagion.resolution.resumes, periods)
        self.rules = make_terms(scenario, streams, draws, self.structure, due)
        self.fund = FundManagement(self)
        self.confidence = Confidence(self)
        self._at = Clock(
            step=np.zeros(1, np.int64),
            rounds=np.zeros(1, np.int64),
            oracle_error=self.tape.oracle_error[0].copy(),
            carried=np.zeros(1, np.bool_),
        )
        self._now, self._oracle_error = memoryview(self._at.step), self._at.oracle_error
        self.control = Control(scenario, self.exchange, self.market)
        self.value_investing = ValueInvesting(self)
        self.reinsurance = ReinsuranceMarket(self, streams, draws)
        self.rules = self.rules._replace(
            auction=self.value_investing.terms, confidence=self.confidence.nerves, control=self.control.adaptation
        )
        self.kernel_tables = self._all_tables()
        self.code = code_for(self.kernel_tables, self.rules, self.tape)

    def _all_tables(self) -> Tables:
        """Return all tables as kernels take them: the same memory."""
        record, scratch = self.record, self.scratch
        return Tables(
            accounts=self.accounts,
            **self.tables._asdict(),
            book=self.ledger.book,
            backing=self.structure.backing,
            funds=bare(self.value_investing.funds),
            mood=self.confidence.memory,
            rows=scratch.rows,
            jobs=scratch.jobs,
            capacity=scratch.capacity,
            ecosystem=record.ecosystem,
            asset=record.asset,
            member=record.protocol,
            rounds=self._at.rounds,
            carried=self._at.carried,
        )

    def _remembered(self) -> State:
        """Gather what tables and managers remember into the live state."""
        record, reinsurance = self.record, self.reinsurance
        return State(
            accounts=self.accounts,
            **self.tables._asdict(),
            investors=bare(reinsurance.providers),
            value_funds=bare(self.value_investing.funds),
            book=self.ledger.book,
            clock=self._at,
            stakes=self.structure.stakes,
            structure=self.structure.memory,
            layers=self.waterfall.memory,
            trigger=self.waterfall.trigger.memory,
            regime=self.regime.memory,
            succession=self.succession.memory,
            fund=self.fund.memory,
            late=self.contagion.late.memory,
            network=self.contagion.memory,
            resolution=self.contagion.resolution.memory,
            confidence=self.confidence.memory,
            control=self.control.memory,
            own_share=self.rules.capital.own_share,
            reinsurance=reinsurance.memory,
            series=Series(record.ecosystem, record.asset, record.protocol, reinsurance.table),
            sums=record.sums,
        )

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

    def _act(self, name: str) -> None:
        """Call the kernel of an act, if the run has what it works on."""
        at, t = NUMBER[name], self.clock
        kernel = self.code.act(at)
        if kernel is not None:
            kernel(self.kernel_tables, getattr(self.rules, ACTS[at][2].terms), self._row, t)

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
        """Phase 5: liquidation rounds; then unserved negative equity is recorded, vaults without equity are closed."""
        self._act("liquidate")

    def absorb_deficits(self) -> None:
        """Phase 6: funds are valued, closed vaults pass on, deficits go down each waterfall, older debt is served."""
        t = self.clock
        self.fund.revalue()
        passed = self.succession.pass_on(t)
        moved = self.waterfall.absorb(self.venue, self.ledger, self.protocol, self.pool, self.tape.priority[t], t)
        if self.regime.advance(self.venue, t) or moved or passed:
            self.reconcile(WATERFALL)
        self._at.carried[0] = self.ledger.balance[FROZEN_DEBT].any()

    def clear_exposures(self) -> None:
        """Phase 7: bad debt is paid or its protocol defaults, along the exposures; some trade again."""
        if self.contagion.clear(self.protocol, self.ledger, self.clock):
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
        self.control.watch(self.tables.exchange, self.tables.market)

    def write_record(self) -> None:
        """Phase 9: the series of the step, and the audit of the ledger."""
        self._stop_if_over()
        self._act("write_record")
        self.ledger.stop_if_broken(self.clock)
        self.clock += 1
        self.record.fold(self.clock)

    def slots(self, protocol: int) -> tuple[int, int]:
        """Return the first row of a protocol's accounts and the row after its last."""
        return protocol * self.slots_per_protocol, (protocol + 1) * self.slots_per_protocol

    def reconcile(self, phase: Code) -> None:
        """Count all rows afresh and compare them with the ledger."""
        self._recount(self.accounts, self.tables.blocks, self.tables.exchange)
        self._reconcile(self.ledger.book, self.tables.exchange, phase)

    def vault_equity(self) -> np.ndarray:
        """Return each vault's equity, (protocols,) USD."""
        exchange = self.exchange
        return self.ledger.balance[VAULT] + exchange.vault_size * (exchange.mark - exchange.funding_index)

    def summary(self) -> dict[str, float]:
        """Return the run's metrics so far (:mod:`model.measure.metric`)."""
        return summarise(self, self.clock)

    def series(self) -> dict[str, np.ndarray]:
        """Return the run's series so far, column by column: those that are kept (:mod:`model.measure.series`)."""
        return chosen(self.kept, self.record, self.reinsurance.series(), self.clock)
