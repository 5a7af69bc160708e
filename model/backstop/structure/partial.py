"""Partial pooling: a share of every fund is pooled and pays what the rest cannot."""

from typing import Any

from model.backstop.structure.base import Structure


class Partial(Structure):
    """A share s of every fund is pooled; s = 0 is `isolated`, s = 1 is `pooled`."""

    def __init__(self, terms: Any, *rest: Any) -> None:
        self.own_share = 1.0 - terms.pooled_share
        super().__init__(terms, *rest)
