"""The heading: the name, the views, and light or dark."""

from collections.abc import Callable

import solara


@solara.component_vue("head.vue")
def Head(  # noqa: N802
    claim: str, views: list[str], here: str, event_go: Callable[[str], None] | None = None
) -> None:
    """Show the views with `here` chosen; light and dark follow the visitor's system until switched."""
