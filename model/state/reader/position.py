"""What a file of accounts is read for, and what it gives: without what reads it, which is slow to import."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Listings(NamedTuple):
    """Where accounts may be."""

    names: tuple[str, ...]  # (protocols,) what each is called
    counts: tuple[int, ...]  # (protocols,) listings of each
    assets: tuple[str, ...]  # (assets,) what each is called
    asset: tuple[int, ...]  # (listings,) index
    price: tuple[float, ...]  # (listings,) USD per contract, first price


class Positions(NamedTuple):
    """The rows of a file, in order of listing and owner; every array is (rows,)."""

    listing: Integers  # index
    owner: Integers  # rank of the owner among all
    size: Floats  # contracts, short < 0, not 0
    entry: Floats  # USD per contract, > 0
    collateral: Floats  # USD, >= 0
    wallet: Floats  # USD, >= 0; NaN: to be drawn
    leverage: Floats  # 1, > 0; NaN: what the account has
    strategy: Integers  # index into STRATEGIES; -1: to be drawn
    cross: Flags  # whether it shares its margin
    row: Integers  # of the file, from 0
