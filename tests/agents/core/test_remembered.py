"""Memories of any form are copied, put back and compared, bit for bit and by name."""

from typing import NamedTuple

import numpy as np

from agents.core.memory import NOTHING, copied, leaves, misfit, put_back, same


class Pair(NamedTuple):
    """One memory within another."""

    first: object
    second: object


def made():
    records = np.zeros(2, dtype=np.dtype([("small", "i1"), ("large", "f8")], align=True))
    return Pair({"a": np.arange(3.0), "none": NOTHING}, (records, Pair(np.zeros(1, bool), {})))


def test_arrays_have_dotted_names():
    assert [name for name, _ in leaves(made())] == ["first.a", "second.0", "second.1.first"]


def test_a_copy_is_equal_apart_and_of_the_same_form():
    memory = made()
    copy = copied(memory)
    assert same(memory, copy) and type(copy) is Pair and copy.first["a"] is not memory.first["a"]
    memory.first["a"][1] = np.nan
    memory.second[0]["large"] = -0.0
    assert not same(memory, copy)
    kept = memory.first["a"]
    put_back(memory, copy)
    assert same(memory, copy) and memory.first["a"] is kept and kept[1] == 1.0


def test_bits_count_and_padding_does_not():
    one, other = made(), made()
    other.second[0].view(np.uint8)[1] = 7  # between the two columns
    assert same(one, other)
    other.first["a"][0] = -0.0
    assert not same(one, other)
    one.first["a"][0] = other.first["a"][0] = np.nan
    assert same(one, other)


def test_a_misfit_is_named():
    assert misfit(made(), made()) == ""
    assert misfit({"a": np.zeros(2)}, {"b": np.zeros(2)}) == "a is in one of them only"
    assert misfit({"a": np.zeros(2)}, {"a": np.zeros(2, int)}) == "a is 2 int64 there and 2 float64 here"
