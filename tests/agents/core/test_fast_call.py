"""A prepared kernel answers as the kernel does, and notices where an argument is of another kind."""

from collections import namedtuple

import numpy as np
import pytest
from numba.core import config

from agents.core.fast_call import FastCall
from agents.core.kernel import kernel

Pair = namedtuple("Pair", ["left", "right"])


@kernel
def scaled(pair, factor, extra):
    """Return the sum of the left column times `factor`, plus `extra` if there is any."""
    total = 0.0
    for i in range(pair.left.shape[0]):
        total += pair.left[i] * factor
    if extra is not None:
        total += extra
    pair.right[0] = total
    return total


@kernel
def doubled(values):
    """Return twice the values, element type and all."""
    return values + values


def test_it_answers_as_the_kernel_does_call_after_call():
    ready, pair = FastCall(scaled), Pair(np.arange(4.0), np.zeros(1))
    for factor in (1.0, 2.0, 2.5):
        pair.left[:] += factor
        assert ready(pair, factor, None) == scaled(pair, factor, None) == pair.right[0] == factor * pair.left.sum()


def test_an_argument_of_another_class_is_noticed():
    ready, pair = FastCall(scaled), Pair(np.ones(3), np.zeros(1))
    assert ready(pair, 2.0, None) == 6.0
    assert ready(pair, 2.0, 1.0) == 7.0
    assert ready(pair, 2, 1.0) == 7.0
    assert ready(pair, 2.0, None) == 6.0


def test_it_finds_its_own_types_where_the_kernel_knows_several():
    whole, real = np.arange(3), np.arange(3.0)
    of_whole, of_real = FastCall(doubled), FastCall(doubled)
    for _ in range(3):
        assert of_real(real).tolist() == [0.0, 2.0, 4.0] and of_real(real).dtype == float
        assert of_whole(whole).tolist() == [0, 2, 4] and of_whole(whole).dtype == int


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
def test_from_the_second_call_on_types_are_not_worked_out():
    ready, values = FastCall(doubled), np.arange(3.0)
    ready(values)
    ready.kernel = None
    assert ready(values).tolist() == [0.0, 2.0, 4.0]
