"""The metrics of a run: one flat row of numbers.

Money in USD, shares pure numbers, times in minutes; counts of protocols where the name is plural. A time that was not
reached is the length of the run (censored). Per-protocol metrics carry the protocol's number as a suffix. Who bore the
deficit is in :mod:`model.measure.burden`.
"""

from typing import Protocol

import numpy as np

from agents.account.owner import Owners
from agents.core.ledger import (
    BAD_DEBT,
    DEFICIT,
    FROZEN_DEBT,
    FUND,
    LENT,
    POOL,
    POOL_LENT,
    RETROCESSION,
    SHORTFALL,
    TREASURY,
    WALLET,
    Ledger,
)
from agents.core.table import Accounts, Exchanges, Keepers, Makers, Pools, Protocols, Providers
from agents.protocol.protocol import DEBTS, EXPOSURE, OWN_LOSS
from model.backstop.structure.base import Structure
from model.measure.burden import burden_metrics
from model.measure.record import Record
from model.scenario import Scenario
from model.scenario.extent import listing_interest
from model.state.initial import skins, treasuries

BACKSTOP_LAYERS = ("paid_fund", "paid_skin", "paid_pool", "paid_mutual", "paid_assessment")
CENT = 0.01  # USD

Array = np.ndarray
Metrics = dict[str, float]


class Market(Protocol):
    """The reinsurance market, as far as it is reported."""

    third_party: float  # USD, capital of capital providers at the start

    def metrics(self) -> dict[str, float]:
        """Return its own metrics."""


class Run(Protocol):
    """What metrics read of a :class:`model.engine.engine.Engine`."""

    structure: Structure
    ledger: Ledger
    record: Record
    accounts: Accounts
    owners: Owners
    exchange: Exchanges
    keepers: Keepers
    makers: Makers
    pool: Pools
    protocol: Protocols
    providers: Providers
    assets: tuple[str, ...]
    start_leverage: np.ndarray

    @property
    def scenario(self) -> Scenario:
        """All parameters."""

    @property
    def reinsurance(self) -> Market:
        """The market for reinsurance."""

    def vault_equity(self) -> np.ndarray:
        """Return each vault's equity, (protocols,) USD."""


def waterfall_metrics(protocol: Protocols) -> Metrics:
    """Return what each layer was asked and paid."""
    names = (
        "deficit",
        "trader_deficit",
        "vault_deficit",
        "exploit_loss",
        "backstop_loss",
        "paid_fund",
        "paid_skin",
        "paid_pool",
        "paid_mutual",
        "paid_assessment",
        "uncovered",
        "paid_regime",
        "infeasible",
        "paid_fallback",
        "paid_treasury",
        "paid_late",
        "paid_claims",
        "paid_outsiders",
        "paid_creditors",
        "paid_customers",
        "paid_providers",
        "by_others",
    )
    return {name: float(getattr(protocol, name).sum()) for name in names}


def failure_metrics(protocol: Protocols, steps: int, minutes: float) -> Metrics:
    """Return exhaustion and default: how many, how early, all together or not, and by which cause."""
    exhausted = protocol.exhausted_step >= 0
    first = float(protocol.exhausted_step[exhausted].min()) if exhausted.any() else float(steps)
    return {
        "exhausted": float(exhausted.sum()),
        "any_exhausted": float(exhausted.any()),
        "all_exhausted": float(exhausted.all()),
        "first_exhaustion": first * minutes,
        "defaults": float((protocol.status > 0).sum()),
        "defaults_own_loss": float((protocol.cause == OWN_LOSS).sum()),
        "defaults_exposure": float((protocol.cause == EXPOSURE).sum()),
        "defaults_debts": float((protocol.cause == DEBTS).sum()),
        "default_waves": float(protocol.wave.max(initial=-1) + 1),
        "all_default": float((protocol.status > 0).all()),
    }


def callable_at_start(ecosystem: Run) -> float:
    """Return all that the structure may call at the start, USD.

    Own funds; pools with what capital providers and the second pool hold of them; members' capital on call; and skin in
    the game, which is the same in every structure.
    """
    structure, scenario = ecosystem.structure, ecosystem.scenario
    part, given = scenario.protocol.skin_in_the_game, scenario.protocol.skin
    skin = skins(scenario).sum() if given or isinstance(part, tuple) else part * treasuries(scenario).sum()
    held = structure.own_capital.sum() + structure.pool_capital.sum() + structure.on_call.sum()
    return float(held + skin)


def per_dollar(amount: float, capital: float) -> float:
    """Return an amount per dollar of capital, 0 where capital is less than a cent: it would cover nothing."""
    return amount / capital if capital >= CENT else 0.0


def capital_metrics(ecosystem: Run) -> Metrics:
    """Return backstop capital at the start and the end, what it covered, and who earned what."""
    balance, protocol = ecosystem.ledger.balance, ecosystem.protocol
    start = float(protocol.capital.sum()) + ecosystem.reinsurance.third_party
    end = float(balance[FUND].sum() + balance[POOL].sum() + balance[[LENT, POOL_LENT]].sum())
    end += float(ecosystem.structure.assessable(ecosystem.ledger.own[TREASURY], protocol.assessed).sum())
    callable_capital = callable_at_start(ecosystem)
    covered = sum(float(protocol[layer].sum()) for layer in BACKSTOP_LAYERS)
    keepers, pool, vaults = ecosystem.keepers, ecosystem.pool, ecosystem.exchange.vault_start
    return {
        "capital": start,
        "capital_end": end + float(balance[RETROCESSION].sum()),
        "callable_capital": callable_capital,
        "loss_per_capital": per_dollar(float(protocol.deficit.sum()), callable_capital),
        "covered_per_capital": per_dollar(covered, callable_capital),
        "bad_debt": float(-balance[BAD_DEBT].sum()),
        "open_deficit": float(-balance[[DEFICIT, SHORTFALL]].sum()),
        "frozen_debt": float(-balance[FROZEN_DEBT].sum()),
        "treasury_end": float(balance[TREASURY].sum()),
        "traders_wallets": float(balance[WALLET].sum()),
        "vault_profit": float(ecosystem.vault_equity().sum() - vaults.sum() - ecosystem.providers.deposited.sum()),
        "vaults_closed": float(ecosystem.exchange.vault_closed[vaults > 0.0].sum()),
        "successor_profit": float(ecosystem.exchange.successor_profit.sum()),
        "keeper_profit": float(keepers.bounties.sum() - keepers.gas_paid.sum()),
        "reinsurer_profit": float(pool.premiums.sum() + pool.contributions.sum() - pool.claims_paid.sum()),
    }


def market_metrics(ecosystem: Run, steps: int) -> Metrics:
    """Return liquidations, how far forced flow pushed prices, and what calls elsewhere closed and moved."""
    record, exchange = ecosystem.record, ecosystem.exchange
    liquidated = record.member("liquidated", steps)
    start, interest = ecosystem.protocol.open_interest, np.array(listing_interest(ecosystem.scenario))
    dislocation = np.log(record.asset[:steps, :, 1] / record.asset[:steps, :, 0])
    found = {
        "liquidated": float(liquidated.sum()),
        "liquidated_share": float(liquidated.sum() / start.sum()),
        "liquidated_long_share": float(record.total("liquidated_long", steps).sum())
        / max(float(liquidated.sum()), 1e-300),
        "liquidations": float(record.total("liquidations", steps).sum()),
        "volume": float(record.total("volume", steps).sum()),
        "unserved_peak": float(record.total("unserved", steps).max(initial=0.0)),
        "worst_dislocation": float(dislocation.min(initial=0.0)),
        "taken_over": float(exchange.passed_on.sum()),
        "takeover_profit": float(exchange.takeover_profit.sum()),
        "replaced": float(exchange.replaced.sum()),
        "needed": float(exchange.needed.sum()),
        "closed_elsewhere": float(ecosystem.owners.closed.sum()),
        "sent_elsewhere": float(ecosystem.owners.moved.sum()),
    }
    for k, name in enumerate(ecosystem.assets):
        own = exchange.asset == k
        if own.any():
            found[f"liquidated_share_{name}"] = float(exchange.liquidated[own].sum() / interest[own].sum())
    return found


def maker_metrics(makers: Makers) -> Metrics:
    """Return what market makers have gained and how often they left; nothing where there are none."""
    if not len(makers):
        return {}
    gained = float(makers.equity.sum() - makers.capital.sum())
    return {"maker_profit": gained, "maker_withdrawals": float(makers.withdrawals.sum())}


def member_metrics(protocol: Protocols) -> Metrics:
    """Return, for pairing member by member, deficit, uncovered loss and by whom, exhaustion, default, wave and cause.

    A wave is -1 and a cause 0 for none; causes are those of ``agents.protocol.protocol.CAUSES``.
    """
    found: Metrics = {}
    for i in range(len(protocol)):
        found[f"deficit_{i}"] = float(protocol.deficit[i])
        found[f"backstop_loss_{i}"] = float(protocol.backstop_loss[i])
        found[f"uncovered_{i}"] = float(protocol.uncovered[i])
        found[f"exhausted_{i}"] = float(protocol.exhausted_step[i] >= 0)
        found[f"default_{i}"] = float(protocol.status[i] > 0)
        found[f"wave_{i}"] = float(protocol.wave[i])
        found[f"cause_{i}"] = float(protocol.cause[i])
        found[f"by_others_{i}"] = float(protocol.by_others[i])
    return found


def summarise(ecosystem: Run, steps: int) -> Metrics:
    """Return all metrics of a run after `steps` steps."""
    protocol = ecosystem.protocol
    return {
        **waterfall_metrics(protocol),
        "feasible": float(protocol.infeasible.sum() <= 1e-9 * protocol.uncovered.sum()),
        **failure_metrics(protocol, steps, ecosystem.scenario.minutes),
        **capital_metrics(ecosystem),
        **burden_metrics(ecosystem.accounts, protocol, ecosystem.ledger.balance, ecosystem.start_leverage),
        **market_metrics(ecosystem, steps),
        **maker_metrics(ecosystem.makers),
        "imbalance": ecosystem.ledger.imbalance(),
        **member_metrics(protocol),
        **ecosystem.reinsurance.metrics(),
    }
