"""A labelled drop-down list of names, native, so that the keyboard and a phone know it."""

from collections.abc import Callable

import solara


@solara.component_vue("choice.vue")
def _Choice(label: str, names: list[str], value: str, event_choose: Callable[[str], None] | None = None) -> None:  # noqa: N802
    pass


def Choice(label: str, names: list[str], value: str, on_value: Callable[[str], None]) -> solara.Element:  # noqa: N802
    """Show `names` with `value` chosen.

    Parameters
    ----------
    label : next to the list.
    names : to choose from.
    value : the one that is chosen.
    on_value : called with the name that the visitor chooses.
    """
    return _Choice(label=label, names=names, value=value, event_choose=on_value)
