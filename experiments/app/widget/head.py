"""The heading: the name, the views, and light or dark."""

from collections.abc import Callable

import solara


@solara.component_vue("head.vue")
def Head(  # noqa: N802
    claim: str, views: list[str], here: str, event_go: Callable[[str], None] | None = None
) -> None:
    """Show the views with `here` chosen; light and dark follow the visitor's system until switched.

    Parameters
    ----------
    claim : the sentence next to the name.
    views : names of the views.
    here : the one that is shown.
    event_go : called with the name of the view that the visitor chooses.
    """
