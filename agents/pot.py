"""A pot of backstop capital and the rules by which it settles claims at the end of a step.

Claims of one step are settled together, never in order of arrival within the step. A rule takes

- claims cᵢ ≥ 0, (members,) USD,
- the cash K ≥ 0 of the pot, USD,
- entitlements eᵢ ≥ 0, (members,) USD: what is left of each member's own contribution, Σ eᵢ = K
  where nothing is lent out,
- priority, (members,) uniform draws of the step's tape: the order of arrival across members,

and returns payments 0 ≤ xᵢ ≤ cᵢ with Σ xᵢ ≤ K.
"""

import numpy as np

Array = np.ndarray


def pro_rata(claims: Array, cash: float, entitlement: Array, priority: Array) -> Array:
    """Return xᵢ = cᵢ · min(1, K / Σ c): all claims are cut alike (clearing-house default funds)."""
    asked = claims.sum()
    return claims * min(1.0, cash / asked) if asked > 0 else np.zeros_like(claims)


def first_come(claims: Array, cash: float, entitlement: Array, priority: Array) -> Array:
    """Return payments in full in order of arrival until the pot is empty (on-chain shared vaults)."""
    order = np.argsort(priority, kind="stable")
    before = np.cumsum(claims[order]) - claims[order]
    paid = np.empty_like(claims)
    paid[order] = np.clip(cash - before, 0.0, claims[order])
    return paid


def entitlement_first(claims: Array, cash: float, entitlement: Array, priority: Array) -> Array:
    """Return min(cᵢ, eᵢ), then the rest of each claim pro rata from what non-claimants leave over.

    A member can always draw its own contribution in full; only the surplus is shared (prototype, finding 6).
    """
    own = np.minimum(claims, entitlement)
    own = pro_rata(own, cash, entitlement, priority)  # where part of the pot is lent out
    surplus = max(cash - own.sum(), 0.0)
    return own + pro_rata(claims - own, surplus, entitlement, priority)


def charge(entitlement: Array, payments: Array) -> Array:
    """Return entitlements after `payments`: each pays its own claim first, the rest is charged to all pro rata.

    What a member draws beyond its own entitlement comes out of the others' in proportion to what they have left.
    """
    left = entitlement - np.minimum(payments, entitlement)
    excess = (payments - np.minimum(payments, entitlement)).sum()
    total = left.sum()
    return left * max(1.0 - excess / total, 0.0) if total > 0 else left
