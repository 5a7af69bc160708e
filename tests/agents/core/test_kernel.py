"""Claims about lean kernels: they count no arrays, cannot allocate, and are right without numba's private option."""

import re
from typing import NamedTuple

import numba
import numpy as np
import pytest
from numba.core.cpu import CPUTargetOptions

from agents.core.kernel import LEAN, OPTIONS, lean_kernel, lean_rule, uncounted
from tests.support.environment import INTERPRETED

compiled = pytest.mark.skipif(INTERPRETED, reason="looks at compiled code")


class Table(NamedTuple):
    size: np.ndarray
    level: np.ndarray


def largest(table, place):
    """Return the larger of a row's two columns; by a branch, within which numba leaves a count standing."""
    if table.size[place] > table.level[place]:
        return table.size[place]
    return table.level[place]


def looping(row_rule):
    """Return a function that sums what `row_rule` says of each row."""

    def summed(table):
        total = 0.0
        for place in range(table.size.shape[0]):
            total += row_rule(table, place)
        return total

    return summed


def counts(kernel):
    """How often a kernel's code counts an array up."""
    return len(re.findall(r"call.*NRT_incref", kernel.inspect_llvm(kernel.signatures[0])))


@compiled
def test_a_lean_kernel_counts_no_arrays_and_gives_the_same():
    table = Table(np.array([1.0, 5.0, 2.0]), np.array([3.0, 4.0, 2.5]))
    counted = numba.njit(**OPTIONS)(looping(numba.njit(**OPTIONS)(largest)))
    lean = numba.njit(**LEAN)(looping(lean_rule(largest)))
    assert counted(table) == lean(table) == 10.5
    assert counts(counted) > counts(lean) == 0


@compiled
def test_a_lean_kernel_cannot_allocate():
    def allocates(number):
        return np.zeros(number)

    with pytest.raises(numba.NumbaError, match="Only accept returning of array passed"):
        lean_kernel(allocates)(3)


def test_without_its_private_option_numba_counts():
    assert uncounted(CPUTargetOptions) == {"_nrt": False}
    assert uncounted(object) == {}
