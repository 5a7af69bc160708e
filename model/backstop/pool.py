"""A pot of backstop capital and the rules by which it settles claims at the end of a step.

Claims of one step are settled together, never in order of arrival within the step. A rule takes

- claims cᵢ ≥ 0, (members,) USD,
- the cash K ≥ 0 of the pot, USD,
- reserves rᵢ ≥ 0, (members,) USD: what is left of what each member contributed in its own name, Σ rᵢ ≤ K
  where nothing is lent out; the surplus K − Σ rᵢ is what income, yield and capital providers added,
- priority, (members,) uniform draws of the step's tape: the order of arrival across members,

and returns payments 0 ≤ xᵢ ≤ cᵢ with Σ xᵢ ≤ K.
"""

import numpy as np

Array = np.ndarray


def pro_rata(claims: Array, cash: float, reserve: Array, priority: Array) -> Array:
    """Return xᵢ = cᵢ · min(1, K / Σ c): all claims are cut alike (clearing-house default funds).

    Parameters
    ----------
    claims : c, (members,) USD >= 0.
    cash : K, USD >= 0, in the pot.
    reserve : r, (members,) USD >= 0, what is left of each one's contributions.
    priority : (members,) in (0, 1), order of arrival, the least first; read where order counts.
    """
    asked = claims.sum()
    return claims * (cash / asked if asked > 0.0 and cash < asked else 1.0)


def first_come(claims: Array, cash: float, reserve: Array, priority: Array) -> Array:
    """Return payments in full in order of arrival until the pot is empty (on-chain shared vaults).

    Parameters
    ----------
    claims : c, (members,) USD >= 0.
    cash : K, USD >= 0, in the pot.
    reserve : r, (members,) USD >= 0, what is left of each one's contributions.
    priority : (members,) in (0, 1), order of arrival, the least first; read where order counts.
    """
    order = np.argsort(priority, kind="stable")
    before = np.cumsum(claims[order]) - claims[order]
    paid = np.empty_like(claims)
    paid[order] = np.clip(cash - before, 0.0, claims[order])
    return paid


def entitlement_first(claims: Array, cash: float, reserve: Array, priority: Array) -> Array:
    """Return min(cᵢ, rᵢ), then the rest of each claim pro rata from the surplus (K − Σ rᵢ)⁺.

    What a member contributed is kept for it, whether it claims now or later: over time it is paid at least the lesser
    of its claims and its contributions (segregated accounts; prototype, finding 6). Where part of the pot is lent out,
    reserves are paid first, all cut alike.

    Parameters
    ----------
    claims : c, (members,) USD >= 0.
    cash : K, USD >= 0, in the pot.
    reserve : r, (members,) USD >= 0, what is left of each one's contributions.
    priority : (members,) in (0, 1), order of arrival, the least first; read where order counts.
    """
    own = pro_rata(np.minimum(claims, reserve), cash, reserve, priority)
    surplus = max(cash - reserve.sum(), 0.0)
    return own + pro_rata(claims - own, surplus, reserve, priority)


def charge(entitlement: Array, payments: Array, reserve: Array | float = 0.0) -> Array:
    """Return entitlements after `payments`: each pays its own claim first, the rest is charged to all pro rata.

    What a member draws beyond its own entitlement comes out of the others', in proportion to what they have left
    above `reserve`, which is never touched.
    """
    left = entitlement - np.minimum(payments, entitlement)
    excess = (payments - np.minimum(payments, entitlement)).sum()
    kept = np.minimum(left, np.maximum(reserve - payments, 0.0))
    total = (left - kept).sum()
    return kept + (left - kept) * max(1.0 - excess / total, 0.0) if total > 0 else left
