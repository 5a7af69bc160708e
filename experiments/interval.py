"""Exact intervals of probabilities, which cannot leave [0, 1]."""

from scipy.special import betaincinv


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson (1934, Biometrika 26:404) for `k` hits in `n` >= 1 trials."""
    low = float(betaincinv(k, n - k + 1, 0.5 - level / 2)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 0.5 + level / 2)) if k < n else 1.0
    return low, high
