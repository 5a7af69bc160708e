"""The page: its views under one heading.

Solara runs this module once for the server and :func:`Page` once for every visitor. Whatever a visitor changes lives
in that visitor's own :class:`experiments.app.session.session.Session`; nothing at the level of this module changes.
"""

import logging
from pathlib import Path

import solara

from experiments.app.palette import style
from experiments.app.view.explore import Explore
from experiments.app.view.learn import Learn
from experiments.app.view.live import Live
from experiments.app.widget.head import Head

CLAIM = "Isolated funds or a shared pool: the same shocks, two arrangements, side by side."
VIEWS = {"Live": Live, "Learn": Learn, "Explore": Explore}
"""Name of a view → its component, given the part of the address after ``?``."""
FAILED = "This view failed on the server. Load the page again; anyone who runs the server finds the reason in its log."

logger = logging.getLogger(__name__)


def note(trouble: BaseException | None) -> None:
    """Log why a view failed."""
    if trouble is not None:
        logger.error("a view failed", exc_info=trouble)


@solara.component
def Page() -> None:  # noqa: N802
    """Show heading and view; a view that is not shown is not running.

    A view that fails says only that it failed; the error goes to the server's log.
    """
    trouble, forget = solara.use_exception()
    solara.use_effect(lambda: note(trouble), [trouble])
    query = solara.use_router().search or ""
    here = solara.use_reactive(next(iter(VIEWS)))

    def go(name: str) -> None:
        forget()
        if name in VIEWS:
            here.set(name)

    solara.Title("Backstop")
    solara.Style(style() + Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
    with solara.v.Html(tag="div", class_="bs-page"):
        Head(claim=CLAIM, views=list(VIEWS), here=here.value, event_go=go)
        if trouble is None:
            VIEWS[here.value](query).key(here.value)
        else:
            solara.v.Html(tag="p", class_="bs-problem", attributes={"role": "alert"}, children=[FAILED])


@solara.component
def Layout(children: list[solara.Element] = []) -> None:  # noqa: B006, N802
    """Put nothing around the page: it has its own heading."""
    solara.v.Html(tag="div", children=children)
