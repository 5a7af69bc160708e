"""Loss regimes: who pays the residual. One class in one file each; a new one is one line here.

The pure functions of this chapter (``socialized_loss``, ``capped_pro_rata``, ``adl_score``, ``adl_close``,
``clawback_rate``) are importable from here; the regimes use the same ones.
"""

from importlib import import_module
from typing import Any

FUNCTIONS = {
    "socialized_loss": "model.backstop.loss_regime.allocation",
    "capped_pro_rata": "model.backstop.loss_regime.allocation",
    "clawback_rate": "model.backstop.loss_regime.allocation",
    "adl_close": "model.backstop.loss_regime.allocation",
    "adl_score": "model.backstop.loss_regime.score",
}


def __getattr__(name: str) -> Any:
    """Return one of ``FUNCTIONS``, imported on first use."""
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(FUNCTIONS[name]), name)
