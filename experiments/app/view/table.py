"""A table of text with a heading."""

import solara


def Table(title: str, heading: list[str], rows: list[list[str]]) -> solara.Element:  # noqa: N802
    """Return the table; first column left, the others right."""
    head = solara.v.Html(tag="tr", children=[solara.v.Html(tag="th", children=[cell]) for cell in heading])
    body = [
        solara.v.Html(tag="tr", children=[solara.v.Html(tag="td", children=[cell]) for cell in row]) for row in rows
    ]
    caption = solara.v.Html(tag="div", class_="bs-chart-title", children=[title])
    table = solara.v.Html(tag="table", class_="bs-table", children=[head, *body])
    return solara.v.Html(tag="div", class_="bs-scroll", children=[caption, table])
