"""Columns of Arrow's made and read without a look for pandas.

``pyarrow.array`` asks of whatever it is given whether it is a thing of pandas', and imports that library first, which
takes half a second in every process that writes a run. A column made of its bytes needs no such question.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, DTypeLike


def numbers(values: ArrayLike, kind: DTypeLike) -> pa.Array:
    """Return a column of numbers of a NumPy type."""
    data = np.ascontiguousarray(values, kind)
    return pa.Array.from_buffers(pa.from_numpy_dtype(data.dtype), len(data), [None, pa.py_buffer(data)])


def known_numbers(values: Sequence[float | None]) -> pa.Array:
    """Return a column of float64, null where there is None."""
    data = np.array([0.0 if value is None else value for value in values])
    return pa.Array.from_buffers(pa.float64(), len(data), [_known(values), pa.py_buffer(data)])


def texts(words: Sequence[str | None]) -> pa.Array:
    """Return a column of texts, null where there is None."""
    encoded = [(word or "").encode() for word in words]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [_known(words), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def values(column: pa.ChunkedArray) -> np.ndarray:
    """Return the numbers of a column, NaN where there is none."""
    if column.null_count:
        return np.asarray(column.to_numpy())
    return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks if len(chunk)])


def _known(values: Sequence[object]) -> pa.Buffer | None:
    """Return the bits that say which values there are; none where all are."""
    there = [value is not None for value in values]
    return None if all(there) else pa.py_buffer(np.packbits(there, bitorder="little"))
