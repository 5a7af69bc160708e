"""The accounts of a run as a file of accounts says them (:mod:`model.state.reader.account_file`).

Written at the start of a run and loaded with ``trader.accounts`` they give the same run. Later on what is owed of
funding is in the entry price, so that equity is that of the moment.
"""

from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from agents.account.account import OPEN
from agents.trader.strategy import STRATEGIES
from model.engine.set_up import SetUp
from model.price.segment import asset_of
from model.scenario.extent import asset_names, listing_counts

MARGINS = ("isolated", "cross")


def write_accounts(run: SetUp, path: str | Path) -> None:
    """Write the traders' accounts with a position as they are now, Parquet where `path` ends so, else CSV."""
    write = pyarrow.parquet.write_table if Path(path).suffix == ".parquet" else pyarrow.csv.write_csv
    write(account_table(run), str(path))


def account_table(run: SetUp) -> pa.Table:
    """Return the traders' accounts with a position as they are now, a row each."""
    accounts, exchange, slots = run.accounts, run.exchange, run.slots_per_listing
    rows = np.flatnonzero((accounts.status == OPEN) & (accounts.size != 0.0))
    listing = rows // slots
    protocol = exchange.protocol[listing]
    funding = exchange.funding_index[listing] - accounts.entry_funding[rows]
    strategies = np.array(list(STRATEGIES))
    return pa.table(
        {
            "owner": protocol * slots + rows % slots + 1,
            "venue": np.array(run.scenario.protocol.names("protocol_"))[protocol],
            "instrument": np.array(_instruments(run))[listing],
            "size": accounts.size[rows],
            "entry": accounts.entry_price[rows] + funding,
            "collateral": accounts.collateral[rows],
            "margin": np.array(MARGINS)[accounts.cross[rows].astype(int)],
            "wallet": accounts.wallet[rows],
            "leverage": accounts.leverage[rows],
            "strategy": strategies[accounts.strategy[rows]],
        }
    )


def _instruments(run: SetUp) -> list[str]:
    """Return what each listing is called: its asset, or its number at a venue that lists an asset several times."""
    names, called = asset_names(run.scenario), list[str]()
    asset = iter(asset_of(run.scenario, len(names)).tolist())
    for count in listing_counts(run.scenario):
        listed = [names[k] for k in islice(asset, count)]
        called += listed if len(set(listed)) == count else [str(number) for number in range(1, count + 1)]
    return called
