"""The insurance fund: the first layer below a liquidation.

A liquidation fills at value V (what the position fetched) against a bankruptcy value B (what it must fetch for the
account to end at zero). Better than bankruptcy, the fund takes its fee out of the surplus; worse, it is asked for the
shortfall (dYdX v4, ``GetLiquidationInsuranceFundDelta``):

    δ = min(f |V|, V − B)   if V > B,     δ = V − B   otherwise                               (1)

δ > 0 is income of the fund, δ < 0 the **deficit** that goes down the waterfall. Where a venue confiscates margin, a
surcharge, a share of what the fee leaves of the surplus, goes to the fund too (Vega takes all of it). Units: USD.
"""

import numpy as np

from agents.core.kernel import rule


@rule
def fund_delta(fill_value: float, bankruptcy_value: float, max_fee: float, surcharge: float = 0.0) -> float:
    """Return (1) for one liquidation, surcharge included: income of the fund if positive, deficit if negative, USD.

    Parameters
    ----------
    fill_value, bankruptcy_value : V and B, USD.
    max_fee : f, fraction of |V|, >= 0; what the keeper gets is not part of it.
    surcharge : share of the rest of the surplus that is confiscated, in [0, 1].
    """
    surplus = fill_value - bankruptcy_value
    fee = min(max_fee * abs(fill_value), surplus)
    return fee + surcharge * (surplus - fee) if surplus > 0.0 else surplus


def liquidation_delta(
    fill_value: np.ndarray, bankruptcy_value: np.ndarray, max_fee: float, surcharge: float = 0.0
) -> np.ndarray:
    """Return (1) for arrays of liquidations, by the rule the model itself uses.

    Parameters
    ----------
    fill_value, bankruptcy_value : (n,) USD, broadcast together.
    max_fee : largest fee as a fraction of the fill.
    surcharge : share of the rest of the surplus that is confiscated.
    """
    return np.vectorize(fund_delta, otypes=[float])(fill_value, bankruptcy_value, max_fee, surcharge)
