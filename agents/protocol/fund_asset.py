"""What a fund is held in: stable currency, or in part the asset its protocol trades.

With a share b of its cash in the base asset, kept at that share, a move of the mid price from p to p' changes a fund F
by

    ΔF = b F (p' / p − 1)                                                                      (1)

which comes from the outside world. The fund is then smallest when its protocol's longs go bankrupt: wrong-way risk
(the funds of BitMEX and Deribit are held in bitcoin). Units: USD.
"""

import numpy as np

Array = np.ndarray


def revaluation(amount: Array, share: float, before: Array, after: Array) -> Array:
    """Return the change of value (1) of `amount` as mid prices go from `before` to `after`; arrays broadcast.

    Parameters
    ----------
    amount : USD >= 0, cash value of the fund.
    share : in [0, 1], part of it held in the asset.
    before, after : USD per contract, > 0.
    """
    return amount * share * (after / before - 1.0)
