"""Settlement windows: regimes that look back to the last settlement keep a snapshot taken then."""

from model.backstop.loss_regime.base import CompiledRegime


class WindowRegime(CompiledRegime):
    """A regime with settlements, ``terms.window`` steps apart, the first at the start of the run."""

    @property
    def period(self) -> int:
        """Steps of a window."""
        return self.terms.window
