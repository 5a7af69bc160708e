"""Columns made of bytes are those that Arrow makes of the values."""

import numpy as np
import pyarrow as pa
import pytest

from experiments.results.column import known_numbers, numbers, texts, values

WORDS = [["a", "", "żółć"], ["a", None, "", "b" * 300, None], [None] * 9, []]
VALUES = [[1.5, -0.0, np.nan, np.inf], [None, 2.0] * 9 + [None], [None], []]


@pytest.mark.parametrize("words", WORDS)
def test_texts(words):
    made, wanted = texts(words), pa.array(words, pa.string())
    made.validate(full=True)
    assert made.equals(wanted) and made.null_count == wanted.null_count
    assert made.dictionary_encode().equals(wanted.dictionary_encode())


@pytest.mark.parametrize("values", VALUES)
def test_numbers_that_may_be_missing(values):
    made, wanted = known_numbers(values), pa.array(values, pa.float64())
    made.validate(full=True)
    assert made.null_count == wanted.null_count and repr(made.to_pylist()) == repr(wanted.to_pylist())


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.float32, np.float64])
def test_numbers_of_a_kind(kind):
    strided = np.arange(12).reshape(3, 4).T[1]
    made = numbers(strided, kind)
    assert made.equals(pa.array(strided.astype(kind))) and made.type == pa.from_numpy_dtype(kind)


def test_numbers_are_read_as_arrow_reads_them():
    chunks = pa.chunked_array([[1.0, -0.0], pa.array([], pa.float64()), [np.inf]])
    assert values(chunks).tobytes() == chunks.to_numpy().tobytes()
    assert np.isnan(values(pa.chunked_array([[1.0, None]]))).tolist() == [False, True]
