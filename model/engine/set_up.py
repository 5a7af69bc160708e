"""The set-up of a run: tables and ledger, constants, what manages funds, exposures and reinsurance, and the state.

All tables as kernels take them and the state are views of the same memory, which the parts of a run have made.
"""

import numpy as np

from agents.account.account import make_blocks, recount
from agents.account.margin_tier import make_tiers
from agents.core.audit import reconcile_all
from agents.core.books import Venue
from agents.core.chain import tables_of
from agents.core.column import bare
from agents.core.fast_call import FastCall
from agents.core.ledger import MAKER, SET_UP, Code, Ledger
from model.backstop.context import Context
from model.backstop.fund import FundManagement
from model.backstop.loss_regime.chain import Losses
from model.backstop.regime_choice import make_loss_regime
from model.backstop.succession import Succession
from model.backstop.waterfall import Waterfall
from model.engine.code import code_for
from model.engine.saved_run import SavedRun
from model.market.confidence import make_mood, nerves_of
from model.market.control import Control
from model.market.market_making import make_makers
from model.market.value_investing import ValueInvesting
from model.measure.series import Choice, by_protocol
from model.measure.window import make_record
from model.network.contagion import make_contagion
from model.price.segment import market_names
from model.price.streams import Streams
from model.price.tape import Tape, shared_tape
from model.reinsurance.choice import Reach
from model.reinsurance.market import ReinsuranceMarket
from model.scenario import Scenario
from model.scenario.check.demand import refuse_beyond
from model.scenario.extent import asset_names, listing_interest
from model.schedule import ACTS
from model.state import initial
from model.state.account_book import settled
from model.state.given_population import given_population
from model.state.owner import draw_owners
from model.state.population import draw_population, slots_per_listing
from model.state.state import Clock, Series, State
from model.state.table import Tables
from model.state.terms import DebtTerms, KernelTables, make_scratch, make_terms

Array = np.ndarray


class SetUp(SavedRun):
    """A run that can be set up; what it does is :class:`model.engine.engine.Engine`."""

    def set_up(self, scenario: Scenario, origin: int, replication: int, tape: Tape | None, kept: Choice) -> None:
        """Build the run at its start; the set-up draws from replication `origin`, the steps from `replication`.

        Parameters
        ----------
        scenario : all parameters.
        origin, replication : numbers of replications, one and the same unless the run is branched.
        tape : shocks; none: those of the replication.
        kept : the series that are kept, resolved.
        """
        scenario = settled(scenario)
        self._own_scenario, self.origin, self.replication, self.kept = scenario, origin, replication, kept
        refuse_beyond(scenario, members=by_protocol(kept))
        streams, draws = Streams(scenario.seed, origin), Streams(scenario.seed, replication)
        self._recount, self._reconcile = FastCall(recount), FastCall(reconcile_all)
        self.assets = market_names(self.scenario, asset_names(self.scenario))
        self.tape = tape or shared_tape(self.scenario, replication, by_protocol(kept))
        self.horizon = len(self.tape.log_return)
        self._build(streams)
        self._set_rules(streams, draws)
        self.state = self._remembered()

    def _build(self, streams: Streams) -> None:
        """Make the tables and let the money enter."""
        scenario, tape = self.scenario, self.tape
        traits = initial.asset_traits(scenario, asset_names(scenario))
        self.slots_per_listing = slots_per_listing(scenario)
        self.exchange = initial.make_exchange(scenario, tape, traits)
        self.market = initial.make_asset_market(scenario, tape, traits, self.exchange)
        interest = np.array(listing_interest(scenario))
        self.tiers = bare(make_tiers(*scenario.exchange.tiers))
        people = given_population if scenario.trader.accounts else draw_population
        self.accounts = people(scenario, streams, initial.contracts(self.exchange, tape, interest))
        self.owners = draw_owners(scenario, streams, self.accounts)
        self.start_leverage = self.accounts.leverage.copy()
        self.blocks = make_blocks(len(self.accounts.size))
        self.keepers = initial.make_keepers(scenario, streams)
        self.makers, self.inventory = make_makers(scenario)
        self.providers = initial.make_providers(scenario, streams, self.exchange.vault_start)
        self.structure = initial.make_structure(scenario, streams, self.horizon)
        self.protocol = initial.make_protocols(scenario, self.structure)
        self.pool = initial.make_pool(self.structure)
        tables = [getattr(self, name) for name in KernelTables._fields]
        self.tables = KernelTables(*(bare(table) for table in tables))
        self.ledger = Ledger(len(self.protocol), len(self.exchange))
        self.ledger.subsidiaries = initial.subsidiaries(
            self.accounts, self.owners, self.keepers, self.providers, len(self.exchange)
        )
        self.ledger.subsidiaries[MAKER] = lambda: self.inventory.cash.sum(axis=0)
        self.ledger.enter(MAKER, self.inventory.cash.sum(axis=0))
        initial.open_books(self.ledger, self.accounts, self.tables, scenario, self.exchange, self.structure)
        self.reconcile(SET_UP)

    def _set_rules(self, streams: Streams, draws: Streams) -> None:
        """Derive constants, the layers of the waterfall, the exposures and room for the record."""
        scenario, members, listings = self.scenario, len(self.protocol), len(self.exchange)
        self.scratch = make_scratch(self.accounts, self.owners, self.tables, self.structure.pots)
        self.record = make_record(scenario, self.kept, self.horizon, self.assets)
        self.venue = Venue(self.accounts, self.tables.blocks, self.tables.exchange, self.ledger.book, self.tiers)
        self.regime = make_loss_regime(scenario, draws.key("loss"), self.venue)
        self.waterfall = Waterfall(self.structure, self.regime, initial.fund_division(scenario), self.scratch.layers)
        self.waterfall.bind(self.ledger, self.protocol, self.pool)
        self.succession = Succession(scenario, draws.key("loss"), self.venue)
        self.contagion = make_contagion(scenario, streams, self.venue, self.ledger, self.protocol, self._cover)
        self.losses = Losses(np.zeros(members), np.zeros(1, np.bool_), np.zeros(listings))
        loss, due = self.regime.kernel_terms(), DebtTerms(self.contagion.resolution.resumes)
        self.rules = make_terms(scenario, streams, draws, self.structure, due, loss)
        context = self._context()
        self.fund = FundManagement(context, self.waterfall)
        capital = self.rules.capital
        self.mood = make_mood(self.contagion.liabilities, capital.strain)
        self._at = self._begun()
        self._now, self._oracle_error = memoryview(self._at.step), self._at.oracle_error
        self.control = Control(scenario, self.exchange, self.market)
        self.value_investing = ValueInvesting(scenario, np.array(self.tape.initial_price), self.accounts, self.ledger)
        if scenario.value_fund.number:
            self.reconcile(SET_UP)
        reach = Reach(self.accounts, self.control.start, capital.own_share, self.record.protocol)
        self.reinsurance = ReinsuranceMarket(context, self.waterfall, reach, self.mood.alarm, streams, draws)
        self.rules = self.rules._replace(
            auction=self.value_investing.terms,
            confidence=nerves_of(scenario, self.contagion.liabilities),
            control=self.control.adaptation,
            breaker=self.control.breaker,
            succession=self.succession.terms,
            layers=self.waterfall.layer_terms,
        )
        self.kernel_tables = self._all_tables()
        self.act_tables = [tables_of(self.kernel_tables, link.tables) if link.act else None for _, _, link in ACTS]
        self.code = code_for(self.kernel_tables, self.rules, self.tape)

    def _begun(self) -> Clock:
        """Return the clock before the first step."""
        return Clock(
            step=np.zeros(1, np.int64),
            rounds=np.zeros(1, np.int64),
            oracle_error=self.tape.oracle_error[0].copy(),
            carried=np.zeros(1, np.bool_),
        )

    def _cover(self, trader: Array, vault: Array, step: int) -> Array:
        """Send losses down the waterfall, in the order of arrival of the present tape."""
        priorities = self.tape.priority
        return self.waterfall.cover(self.ledger, self.protocol, self.pool, priorities, trader, vault, step)

    def _context(self) -> Context:
        """Return what managers of capital work on."""
        return Context(
            scenario=self.scenario,
            tape=lambda: self.tape,
            horizon=self.horizon,
            ledger=self.ledger,
            structure=self.structure,
            late=self.contagion.late,
            exchange=self.exchange,
            market=self.market,
            protocol=self.protocol,
            pool=self.pool,
        )

    def _all_tables(self) -> Tables:
        """Return all tables as kernels take them: the same memory."""
        record, scratch = self.record, self.scratch
        return Tables(
            accounts=self.accounts,
            **self.tables._asdict(),
            book=self.ledger.book,
            tiers=self.tiers,
            owners=self.owners,
            owner_room=scratch.owners,
            backing=self.structure.backing,
            funds=bare(self.value_investing.funds),
            inventory=self.inventory,
            mood=self.mood,
            breaker=self.control.memory.breaker,
            rows=scratch.rows,
            jobs=scratch.jobs,
            capacity=scratch.capacity,
            ecosystem=record.ecosystem,
            asset=record.asset,
            member=record.protocol,
            rounds=self._at.rounds,
            carried=self._at.carried,
            layers=self.waterfall.tables,
            layer_room=scratch.layers,
            closed=self.succession.memory,
            losses=self.losses,
            regimes=self.regime.kernel_memories(self.venue),
            room=scratch.room,
        )

    def _remembered(self) -> State:
        """Gather what tables and managers remember into the live state."""
        record, reinsurance = self.record, self.reinsurance
        return State(
            accounts=self.accounts,
            **self.tables._asdict(),
            investors=bare(reinsurance.providers),
            value_funds=bare(self.value_investing.funds),
            inventory=self.inventory,
            owners=self.owners,
            book=self.ledger.book,
            clock=self._at,
            stakes=self.structure.stakes,
            structure=self.structure.memory,
            layers=self.waterfall.memory,
            losses=self.losses,
            trigger=self.waterfall.trigger.memory,
            regime=self.regime.memory,
            succession=self.succession.memory,
            fund=self.fund.memory,
            late=self.contagion.late.memory,
            network=self.contagion.memory,
            resolution=self.contagion.resolution.memory,
            confidence=self.mood,
            control=self.control.memory,
            own_share=self.rules.capital.own_share,
            reinsurance=reinsurance.memory,
            series=Series(record.ecosystem, record.asset, record.protocol, reinsurance.table),
            sums=record.sums,
        )

    def reconcile(self, phase: Code) -> None:
        """Count all rows afresh and compare them with the ledger."""
        self._recount(self.accounts, self.tables.blocks, self.tables.exchange)
        self._reconcile(self.ledger.book, self.tables.exchange, phase)
