"""Claims about the one loop: whoever works, what kills a worker by itself fails, and all else is done, in order."""

from collections import deque

import pytest

from experiments.run.dispatch import AHEAD, Dispatch, EqualSize
from experiments.run.executor import Done, WorkerError


class Mortal:
    """An executor whose worker dies of some tasks, and gives back the latest chunk first."""

    def __init__(self, deadly, slots=3):
        self.deadly, self._slots = deadly, slots
        self.waiting, self.taken, self.most = deque(), [], 0

    def slots(self):
        return self._slots

    def submit(self, chunk):
        self.waiting.append(chunk)
        self.most = max(self.most, *chunk.tasks)

    def take(self, patience):
        chunk = self.waiting.pop()
        self.taken.append(chunk.tasks)
        if self.deadly.isdisjoint(chunk.tasks):
            return Done(chunk, list(chunk.tasks), None)
        return Done(chunk, None, RuntimeError("gone"))


def dispatch(executor, number):
    return Dispatch(range(number), number, executor, EqualSize(8), lambda task, why: [(task, why)])


@pytest.mark.parametrize("deadly", [set(), {0}, {13}, {5, 6, 40}])
def test_what_kills_a_worker_fails_alone_and_all_else_is_done_in_order(deadly):
    executor = Mortal(deadly)
    found = [item for product in dispatch(executor, 60).in_order() for item in product]
    assert [item[0] if isinstance(item, tuple) else item for item in found] == list(range(60))
    failed = {item[0] for item in found if isinstance(item, tuple)}
    assert failed == deadly and all("alone: RuntimeError: gone" in item[1] for item in found if isinstance(item, tuple))
    assert all(executor.taken.count((task,)) == 2 for task in deadly)


class Narrow(Mortal):
    """An executor on a machine with room for one chunk: of several that are out every one but the last dies."""

    def take(self, patience):
        self.deadly = set(range(60)) if len(self.waiting) > 1 else set()
        return super().take(patience)


def test_no_run_has_failed_that_died_only_next_to_others():
    found = [item for product in dispatch(Narrow(set()), 60).in_order() for item in product]
    assert found == list(range(60))


def test_little_waits_for_its_turn_behind_a_run_that_kills_its_worker():
    executor = Mortal({0})
    products = dispatch(executor, 10_000).in_order()
    next(products)
    assert executor.most < 8 * (AHEAD + 2) * executor.slots()


def test_where_none_has_ever_lived_it_ends_in_one_line():
    with pytest.raises(WorkerError, match="the last of 3 in a row") as caught:
        list(dispatch(Mortal(set(range(60))), 60).completed())
    assert len(caught.value.problems) == 1
