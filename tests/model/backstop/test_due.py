"""A queue of amounts does what a double-ended queue of steps and amounts does, in arrays that never grow."""

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.backstop.due import add, make_due, take, waiting

DELAY = 4


@given(claims=st.lists(st.lists(st.integers(0, 9), min_size=0, max_size=3), min_size=1, max_size=30))
def test_it_keeps_what_a_deque_keeps(claims):
    """Claims of a step, some steps without any, fall due `DELAY` later; what waits is in order, and room suffices."""
    due, plain = make_due(DELAY + 1, 2), deque()
    arrays = list(due)
    for step, amounts in enumerate(claims):
        for amount in amounts:
            add(due, step + DELAY, np.array([amount, 1.0]))
        if amounts:
            plain.append((step + DELAY, [sum(amounts), len(amounts)]))
        assert waiting(due).tolist() == [there for _, there in plain]
        taken = take(due, step)
        if plain and plain[0][0] <= step:
            assert taken.tolist() == plain.popleft()[1]
        else:
            assert taken is None
    assert all(array is before for array, before in zip(due, arrays, strict=True))


def test_what_is_taken_is_gone_and_what_is_late_comes_at_once():
    due = make_due(3, 1)
    add(due, 1, np.array([5.0]))
    add(due, 2, np.array([7.0]))
    assert take(due, 0) is None
    assert [take(due, 9).item(), take(due, 9).item(), take(due, 9)] == [5.0, 7.0, None]
    assert not due.amounts.any()
