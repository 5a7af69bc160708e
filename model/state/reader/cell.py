"""What cells mean, a whole column at once: names, numbers, and which of several known words.

An owner may be text or a whole number, and is the same in text and Parquet: ``7``, 7 and 7.0 are one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.price.reader.number import is_text, prices, trimmed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NONE = -1
_WHOLE = "^(0|[1-9][0-9]{0,17})$"


class Numbers(NamedTuple):
    """A column of numbers, (rows,): what is none is NaN, whether its cell is blank or not."""

    value: Floats
    blank: Flags


def words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text without blanks around it, nothing as null, whole numbers without a point."""
    text = trimmed(column) if is_text(column.type) else column.cast(pa.string())
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return pc.replace_substring_regex(text, r"^(-?[0-9]+)\.0*$", r"\1")


def is_blank(text: pa.ChunkedArray) -> Flags:
    """Return where there is nothing, (rows,)."""
    return np.array(pc.is_null(text).to_numpy())


def numbers(columns: dict[str, pa.ChunkedArray]) -> dict[str, Numbers]:
    """Return columns of one file as numbers, written alike; raises NumberError where two ways of reading are left."""
    given = {name: _null_if_empty(column) for name, column in columns.items()}
    read = prices(given)
    blank = {name: np.array(pc.is_null(column, nan_is_null=True).to_numpy()) for name, column in given.items()}
    return {name: Numbers(value, blank[name]) for name, value in read.items()}


def _null_if_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not is_text(column.type):
        return column
    text = trimmed(column)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def place_in(text: pa.ChunkedArray, known: Sequence[str]) -> Integers:
    """Return which of the `known` words stands in each row, the first that does, without regard to case; else -1."""
    listed = pa.array([word.lower() for word in known], pa.string())
    found = pc.fill_null(pc.index_in(pc.utf8_lower(text), value_set=listed), NONE)
    return np.array(found.to_numpy(), dtype=np.int64)


def ranks(text: pa.ChunkedArray) -> Integers:
    """Return the rank of each row's word among all words, from 0: by number where all are whole numbers, else by text.

    What is null has any rank.
    """
    coded = pa.concat_arrays(text.chunks).dictionary_encode() if len(text) else pa.array([""]).dictionary_encode()
    known = coded.dictionary
    if pc.all(pc.match_substring_regex(known, _WHOLE)).as_py():
        known = known.cast(pa.int64())
    rank = np.empty(max(len(known), 1), np.int64)
    rank[pc.array_sort_indices(known).to_numpy()] = np.arange(len(known))
    return rank[pc.fill_null(coded.indices, 0).to_numpy(zero_copy_only=False)]
