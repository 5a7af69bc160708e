"""No backstop: the capital exists, but outside; losses go straight to the protocol and the loss regime."""

from model.backstop.structure.base import Structure


class NoBackstop(Structure):
    """Nobody holds backstop capital: the baseline in which every deficit is uncovered."""

    own_share = 0.0
    holds_capital = False
