r"""How far a venue tightens its terms when its backstop thins or its market grows rough.

With fund health h (own fund and what the pool would pay, over their start: :mod:`agents.protocol.standby`) and
volatility v against the tape's v₀,

    T = 1 + a (1 − h)⁺ + b (v / v₀ − 1)⁺                                                       (1)

The liquidation fee and margin requirements are multiplied by T, leverage cap and open-interest cap divided by it, each
with sensitivities a and b of its own. T = 1 for a full fund in a calm market, and for a = b = 0. The linear form is a
modelling choice. Venues change the same terms, by rule or by decision: dYdX v4 raises initial margin with open
interest, Hyperliquid lowered its leverage caps to 40 and 25 after the losses of its vault in March 2025.
"""

from agents.core.kernel import rule


@rule
def tightening(health: float, excess_volatility: float, fund_weight: float, volatility_weight: float) -> float:
    """Return T of (1), at least 1; `excess_volatility` is (v / v₀ − 1)⁺, `fund_weight` a, `volatility_weight` b.

    Parameters
    ----------
    health : h, 1 for a whole fund; below zero counts as zero, above 1 as 1.
    excess_volatility : 1, >= 0.
    fund_weight, volatility_weight : 1, >= 0.
    """
    return 1.0 + fund_weight * max(1.0 - max(health, 0.0), 0.0) + volatility_weight * excess_volatility


@rule
def raised(calm: float, factor: float, bound: float) -> float:
    """Return a fee or margin times `factor`, at most `bound`, and never below its calm value."""
    return min(calm * factor, max(bound, calm))
