"""Settlement windows: regimes that look back to the last settlement keep a snapshot taken then."""

from agents.core.kernel import lean_rule
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms


class WindowRegime(CompiledRegime):
    """A regime with settlements, ``terms.window`` steps apart, the first at the start of the run."""

    @property
    def period(self) -> int:
        """Steps of a window."""
        return self.terms.window


@lean_rule
def window_ends(terms: RegimeTerms, step: int) -> bool:
    """Tell whether a settlement is due at the end of `step`, -1 being the start of the run."""
    return (step + 1) % terms.window == 0
