"""A table of a report, as LaTeX for booktabs, as CSV and as HTML, the first and last by pandas' Styler.

Text is what a reader sees, rounded; `data` are the numbers behind it, to the last digit.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple

import pandas as pd
from pandas.io.formats.style import Styler

from experiments.results.csv_text import sheet

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$",
}  # fmt: skip


class Table(NamedTuple):
    """A table with its name as a file, title, heading, rows of text, note and the numbers behind it."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str
    data: tuple[Mapping[str, Any], ...]


def latex(table: Table) -> str:
    """Return the table for LaTeX with the package booktabs; first column left, others right."""
    text: str = _styled(table, escaped).to_latex(
        column_format="l" + "r" * (len(table.head) - 1),
        position_float="centering",
        hrules=True,
        label=f"tab:{table.name}",
        caption=f"{escaped(table.title)}. {escaped(table.note)}",
    )
    return text.replace(r"\centering", r"\centering\footnotesize", 1)


def escaped(text: str) -> str:
    """Return `text` as LaTeX prints it."""
    return "".join(LATEX.get(letter, letter) for letter in text)


def comma_separated(table: Table) -> str:
    """Return the numbers behind the table."""
    names = dict.fromkeys(name for row in table.data for name in row)
    return sheet(list(names), table.data)


def markup(table: Table) -> str:
    """Return the table as HTML, without title and note; what it says is escaped."""
    text: str = _styled(table, escape).to_html(exclude_styles=True)
    return text


def _styled(table: Table, safe: Callable[[str], str]) -> Styler:
    """Return the rows under their heading, all text made `safe`; columns of the same name may stand side by side."""
    styled = pd.DataFrame(table.rows, columns=range(len(table.head)), dtype=object).style
    return styled.hide(axis="index").format(safe).relabel_index([safe(word) for word in table.head], axis="columns")
