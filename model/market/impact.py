r"""Price impact of order flow: four shapes, independent of how an order is split, and the average price of each path.

The book has a state, the displacement d of the price from where the book rests, log. To move it there from rest takes a
net flow of H(d) contracts per contract of depth D, H rising through zero, so that an order of Q contracts, r = Q / D,
moves it

    d → H⁻¹(H(d) + r)                                                                            (1)

A flow in parts moves the price as far as the same flow at once and costs the same, and a round trip returns to the
same price at no cost: splitting an order gains nothing. From rest the price moves by g(r) = H⁻¹(r):

- linear, H(d) = d, g(r) = r (Cont, Kukanov, Stoikov 2014);
- square root, H(d) = d |d| / σ, g(r) = sign(r) · Y σ √(|Q| / V), the law of Almgren et al. (2005), with V the daily
  volume, here such that g(r) = σ √(|r| / σ) agrees with depth at |r| = σ. It holds for the whole of a flow, as in the
  data for a metaorder, not for each of its parts again;
- constant product, H(d) = 2 (1 − e^(−d/2)), g(r) = −2 ln(1 − r / 2): a pool x · y = k with x = 2 D contracts at
  rest (Uniswap v2), whose depth there is D;
- latent, H(d) = d + c d |d| / 2, g(r) = sign(r) (√(1 + 2 c |r|) − 1) / c: makers' orders, of depth D at every price,
  and latent orders of slow traders, whose density L |d| grows with the distance from where the book rests, c = L / D
  (Tóth et al. 2011; Donier and Bonart 2015). Linear where c |d| ≪ 1, the square root √(2 Q / L) where c |d| ≫ 1, as
  when makers have gone. Makers take the part 1 / (1 + c |d|) of what is traded at d.

A fill is charged the **average of the impact path**, as one who walks the book pays,

    p₀ · (1/r) ∫₀ʳ exp(H⁻¹(H(d) + q) − d) dq                                                     (2)

with p₀ the price before. In every function `ratio` is r, `start` d before the order, and `curvature` what bends H: σ
of the square root (log, > 0), c of the latent book (1 per log, >= 0), of no meaning for the others.
Where impact is partly permanent and H not linear this holds between two fillings of the book, within a step: time
gives such a book away (Huberman and Stanzl 2004).
"""

import numpy as np

from agents.core.kernel import dispatch, rule

EMPTY_POOL = 1.9
"""Net flow over depth that a constant-product pool sells at most, 95 % of its reserve at rest."""
SMALL = 0.01


@rule
def square_root_law(scale: float, volatility: float, participation: float) -> float:
    """Return Y σ √(Q / V), the impact of Q contracts where V are traded, log price."""
    return scale * volatility * np.sqrt(participation)


@rule
def linear(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the change r of the displacement."""
    return ratio


@rule
def square_root(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the change of the displacement to sign(h) σ √(|h| / σ), h = d |d| / σ + r; without cancellation."""
    flow = start * abs(start) / curvature + ratio
    end = np.sign(flow) * square_root_law(1.0, curvature, abs(flow) / curvature)
    if start * end <= 0.0:
        return end - start
    return curvature * ratio / (abs(start) + abs(end))


@rule
def constant_product(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the change −2 ln(1 − r e^(d/2) / 2) of the displacement; the net flow is held below the pool's reserve."""
    room = max(EMPTY_POOL + 2.0 * np.expm1(-0.5 * start), 0.0)
    return -2.0 * np.log1p(-0.5 * min(ratio, room) * np.exp(0.5 * start))


@rule
def linear_flow(shift: float, curvature: float, start: float = 0.0) -> float:
    """Return the flow over depth that moves the displacement by `shift`: the inverse of :func:`linear`."""
    return shift


@rule
def square_root_flow(shift: float, curvature: float, start: float = 0.0) -> float:
    """Return the inverse of :func:`square_root`."""
    end = start + shift
    if start * end <= 0.0:
        return (end * abs(end) - start * abs(start)) / curvature
    return shift * (abs(start) + abs(end)) / curvature


@rule
def constant_product_flow(shift: float, curvature: float, start: float = 0.0) -> float:
    """Return the inverse of :func:`constant_product`."""
    return -2.0 * np.exp(-0.5 * start) * np.expm1(-0.5 * shift)


@rule
def linear_average(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the average price over the price before, (e^r − 1) / r."""
    return np.expm1(ratio) / ratio if ratio != 0.0 else 1.0


@rule
def weighted(shift: float, start: float) -> float:
    """Return ∫₀ˢ (d + v) e^v dv, s the `shift`; by its series where s is small."""
    if abs(shift) > SMALL:
        bent = 1.0 + np.exp(shift) * (shift - 1.0)
    else:
        bent = shift * shift * (0.5 + shift * (1.0 / 3.0 + shift * (0.125 + shift * (1.0 / 30.0 + shift / 144.0))))
    return start * np.expm1(shift) + bent


@rule
def away(shift: float, start: float) -> float:
    """Return ∫₀ˢ |d + v| e^v dv, s the `shift`, d the `start`."""
    end = start + shift
    if start * end >= 0.0:
        return weighted(shift, start) * (1.0 if start + end > 0.0 else -1.0)
    return (2.0 * weighted(-start, start) - weighted(shift, start)) * (1.0 if start > 0.0 else -1.0)


@rule
def square_root_average(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the average price over the price before, 2 / (σ r) · ∫₀ˢ |d + v| e^v dv, s the change of displacement."""
    shift = square_root(ratio, curvature, start)
    if shift == 0.0:
        return 1.0
    return 2.0 * away(shift, start) / (curvature * ratio)


@rule
def constant_product_average(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the average price over the price before, 1 / (1 − r e^(d/2) / 2): the pool's own quote."""
    return np.exp(0.5 * constant_product(ratio, curvature, start))


@rule
def latent_flow(shift: float, curvature: float, start: float = 0.0) -> float:
    """Return the flow H(d + s) − H(d), s the `shift`: the inverse of :func:`latent`."""
    end = start + shift
    if start * end <= 0.0:
        return shift + 0.5 * curvature * (end * abs(end) - start * abs(start))
    return shift * (1.0 + 0.5 * curvature * (abs(start) + abs(end)))


@rule
def latent(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the change to H⁻¹(H(d) + r), H⁻¹(h) = 2 h / (1 + √(1 + 2 c |h|)); without cancellation."""
    flow = latent_flow(start, curvature) + ratio
    end = 2.0 * flow / (1.0 + np.sqrt(1.0 + 2.0 * curvature * abs(flow)))
    if start * end <= 0.0:
        return end - start
    return ratio / (1.0 + 0.5 * curvature * (abs(start) + abs(end)))


@rule
def latent_average(ratio: float, curvature: float, start: float = 0.0) -> float:
    """Return the average price over the price before, 1 / r · ∫₀ˢ (1 + c |d + v|) e^v dv, s the change."""
    shift = latent(ratio, curvature, start)
    if shift == 0.0:
        return 1.0
    return (np.expm1(shift) + curvature * away(shift, start)) / ratio


SHAPES = {
    "linear": (linear, linear_average, linear_flow),
    "square_root": (square_root, square_root_average, square_root_flow),
    "constant_product": (constant_product, constant_product_average, constant_product_flow),
    "latent": (latent, latent_average, latent_flow),
}
displacement = dispatch(tuple(rules[0] for rules in SHAPES.values()))
average_price = dispatch(tuple(rules[1] for rules in SHAPES.values()))
absorbed_flow = dispatch(tuple(rules[2] for rules in SHAPES.values()))
