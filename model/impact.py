r"""Price impact of order flow: three shapes, each with the average price of its path.

Order flow of Q contracts against a depth of D contracts per unit log price moves the log price by g(r), r = Q / D:

- linear, g(r) = r: additive, so a large order moves the price as its parts would (path independent; Cont, Kukanov,
  Stoikov 2014);
- square root, g(r) = sign(r) · Y σ √(|Q| / V), the law of Almgren et al. (2005), with V the daily volume. Here V is
  set so that g(r) = σ √(|r| / σ) agrees with depth at |r| = σ;
- constant product, g(r) = −2 ln(1 − r / 2): a pool x · y = k with x = 2 D contracts (Uniswap v2), whose depth
  at the mid price is D.

A fill is charged the **average of the impact path**, as one who walks the book pays: p₀ · (1/Q) ∫ exp g(q/D) dq.
"""

import numpy as np

from agents.kernel import dispatch, rule

EMPTY_POOL = 1.9


@rule
def square_root_law(scale: float, volatility: float, participation: float) -> float:
    """Return Y σ √(Q / V), the impact of Q contracts where V are traded, log price."""
    return scale * volatility * np.sqrt(participation)


@rule
def linear(ratio: float, volatility: float) -> float:
    """Return the displacement g(r) = r."""
    return ratio


@rule
def square_root(ratio: float, volatility: float) -> float:
    """Return the displacement sign(r) σ √(|r| / σ)."""
    return np.sign(ratio) * square_root_law(1.0, volatility, abs(ratio) / volatility)


@rule
def constant_product(ratio: float, volatility: float) -> float:
    """Return the displacement −2 ln(1 − r / 2); r is held below the pool's reserve."""
    return -2.0 * np.log1p(-0.5 * min(ratio, EMPTY_POOL))


@rule
def linear_average(ratio: float, volatility: float) -> float:
    """Return the average price over the price before, (e^r − 1) / r."""
    return np.expm1(ratio) / ratio if ratio != 0.0 else 1.0


@rule
def square_root_average(ratio: float, volatility: float) -> float:
    """Return the average price over the price before: with u = g(r), 2 (1 + e^u (u − 1)) / u²."""
    end = square_root(ratio, volatility)
    if abs(end) < 1e-4:
        return 1.0 + 2.0 * end / 3.0
    return 2.0 * (1.0 + np.exp(end) * (end - 1.0)) / (end * end)


@rule
def constant_product_average(ratio: float, volatility: float) -> float:
    """Return the average price over the price before, 1 / (1 − r / 2): the pool's own quote."""
    return 1.0 / (1.0 - 0.5 * min(ratio, EMPTY_POOL))


SHAPES = {
    "linear": (linear, linear_average),
    "square_root": (square_root, square_root_average),
    "constant_product": (constant_product, constant_product_average),
}
displacement = dispatch(tuple(pair[0] for pair in SHAPES.values()))
average_price = dispatch(tuple(pair[1] for pair in SHAPES.values()))
