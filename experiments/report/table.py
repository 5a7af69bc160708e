"""A table of a report, as LaTeX for booktabs, as CSV and as HTML.

Text is what a reader sees, rounded; `data` are the numbers behind it, to the last digit.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
    lines = [
        r"\begin{table}",
        r"\centering\footnotesize",
        rf"\caption{{{escaped(table.title)}. {escaped(table.note)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(table.head) - 1)}}}",
        r"\toprule",
        _latex_row(table.head),
        r"\midrule",
        *(_latex_row(row) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return `text` as LaTeX prints it."""
    return "".join(LATEX.get(letter, letter) for letter in text)


def comma_separated(table: Table) -> str:
    """Return the numbers behind the table."""
    names = dict.fromkeys(name for row in table.data for name in row)
    return sheet(list(names), table.data)


def markup(table: Table) -> str:
    """Return the table as HTML."""
    head = "".join(f"<th>{html.escape(word)}</th>" for word in table.head)
    rows = "\n".join(_html_row(row) for row in table.rows)
    title, note = html.escape(table.title), html.escape(table.note)
    return f"<h2>{title}</h2>\n<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n<p>{note}</p>"


def _latex_row(row: Sequence[str]) -> str:
    return " & ".join(map(escaped, row)) + r" \\"


def _html_row(row: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(word)}</td>" for word in row) + "</tr>"
