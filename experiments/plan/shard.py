"""A share of a sweep: run n belongs to shard ``1 + n mod N`` of N, so that all shards have about as much work."""

from typing import NamedTuple

from experiments.plan.problem import SweepError


class Shard(NamedTuple):
    """Shard `place` of `number`, counted from 1; 1 of 1 is the whole sweep."""

    place: int = 1
    number: int = 1

    @property
    def whole(self) -> bool:
        """True where it is the whole sweep."""
        return self.number == 1

    @property
    def tag(self) -> str:
        """Infix of the names of its Parquet files."""
        return f"{self.place}of{self.number}"

    def holds(self, run: int) -> bool:
        """Return whether `run` belongs to this shard."""
        return run % self.number == self.place - 1

    def size(self, runs: int) -> int:
        """Return how many of `runs` belong to this shard."""
        return len(range(self.place - 1, runs, self.number))


def read_shard(text: str) -> Shard:
    """Return the shard written as ``I/N``; raises SweepError for anything else."""
    index, _, number = text.partition("/")
    if index.isdecimal() and number.isdecimal() and 1 <= int(index) <= int(number):
        return Shard(int(index), int(number))
    raise SweepError(f"--shard: {text!r}: allowed is I/N with I from 1 to N, such as 3/16")
