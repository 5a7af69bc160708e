"""The findings as tables on the screen and as the page docs/validation.md."""

import re
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from experiments.run.fold import output, print_table
from experiments.validation.case.page import case_section
from experiments.validation.claim import Finding
from experiments.validation.suite import VERDICTS, row, verdict

WIDTH = 170
PAGE = Path("docs/validation.md")
COLUMNS = ("claim", "published", "ours", "tolerance", "verdict")
SECTIONS = {
    "claims": "Published results",
    "episodes": "Named episodes next to the record",
    "draws": "Draws on venues' funds and vaults next to the record",
    "facts": "Stylised facts of the default market",
    "ablation": "What matters of the market of venues",
}
INTRODUCTION = {
    "claims": """Every claim is one function in `experiments/validation/`; it calls what a run itself calls. A number
passes within the tolerance of its source. A simulated value, shown with its 99 % interval at a fixed seed, passes if
the interval holds the published one and lies within a factor of two from end to end; it is too vague to tell where it
holds it and is wider.""",
    "episodes": """Default parameters with the regime `adl`. Ours stands with its 95 % interval for one more
replication, which never leaves the range of the number. Verdicts: *miss*, the record lies outside; *hit*, inside, and
the interval is sharp: its half-width, the error, is at most 0.35 in logs, so that all of it lies within a factor of two
of the record, or for shares at most 0.1; *too vague to tell*, inside an interval wider than that. Price paths are built
on anchors of the same records, so that a hit of a fall checks the loop and predicts nothing. The worst hours are from
open to low, as recorded.

What is missed on 10 October 2025, and why (alternatives: three to six replications each, measured with one asset a
protocol, `protocol.listings = [1]`, next to 0.14 of BTC's open interest liquidated, top ten 0.24, Gini 0.48, leverage
1.9 at the median and 6.2 at the 95th percentile):

- *Open interest lost.* The record's fall holds voluntary closing and deleveraging too. Ours counts liquidations alone:
  the vault takes over what is liquidated, so open interest with the vault in it hardly falls.
- *Peak minute.* Keepers serve 2 % of open interest a minute, half of that in full stress, and some 15 to 20 % are
  liquidated in all, so no minute can hold much of it. Faster keepers leave air pockets in thin markets.
- *Longs among the liquidated.* The record counts all coins and a whole day. Highly levered shorts opened near the low,
  which a rebound catches, are not modelled.
- *Concentration.* The record holds 19,337 wallets; here some 350 of 8,000 accounts are hit, and a Gini coefficient of
  few accounts is low. With the Pareto index of sizes at 0.81, in the midst of the record's Hill indices: top ten 0.32,
  Gini 0.63, but 0.12 of BTC liquidated; with accounts up to 10 % of open interest besides: top ten 0.49, but 0.09
  liquidated; with 5,000 accounts a protocol and shorts' leverage as below: Gini 0.61, top ten 0.16. No value serves
  all, so the default stays.
- *Leverage of those deleveraged.* Shorts' median at 0.43 brings the median to 0.70, but the 95th percentile to 2.4: the
  record's leverage is more dispersed.
- *Depth.* The record is at one level; at all levels up to 90 % was lost, and the default lies between.

The *ratio* is ours over the record, by which a miss is to be read. Of draws on funds and vaults, the matter of this
package, the records are shares of funds, of open interest or of vaults' capital, from press and public data of the
venues: BitMEX's and Deribit's own figures of March 2020; Binance's fund by 10x Research, Hyperliquid's vault by
Kappalab and Lighter's by its users on 10 October 2025; deficit and what was deleveraged by the published analysis of
Hyperliquid's events, an open interest of $14bn. One venue of many is recorded, ours are eight together: the next
section plays each venue alone.""",
    "draws": """Each venue alone, in a scenario of its own (`model/scenario/world/`): its published fund, open interest
and rules, where there is no record the figure of a prototype or an assumption, which the file says. Default market and
traders, but for YFI, whose wallets are those of the record. Nothing is fitted to these numbers: all are *predicted*.
Ours stands with its 90 % interval for one more replication. Verdicts, stated beforehand: *hit*, the mean has the
record's sign and lies within a factor of two of it, and neither end of the interval is further from the mean than the
record's own size; *miss*, the mean lies further off and the record outside the interval; *too vague to tell*, all else.
A fund that is all gone where the record's is not is a miss, added after the first run, by which two had been hits.
Other markets are judged by the same numbers with `backstop validate --episodes --set NAME=VALUE`.""",
    "facts": """Hourly returns of the mid
prices of BTC and ETH, and volume in USD at protocols of one asset each, in thirty days a run, all runs together;
neither a pair nor a sum reaches from one run into the next. The statistics are those that `backstop calibrate` matches.
The record: hourly bars of the perpetual futures BTCUSDT and ETHUSDT, 1 March 2020 to 18 April 2024, with 95 % intervals
by block bootstrap; ours are by bootstrap over runs. Verdicts weigh both errors: *miss*, the 95 % interval of the
difference (Zou and Donner 2008) does not hold zero; *hit*, it does, and the two errors together are small enough for
that to say something: at most 0.35 in logs, a factor of two from end to end, for standard deviation, kurtosis and the
memory of absolute returns, 0.5 for a Hill index, which tells two from three, 0.05 for the autocorrelation of returns,
0.1 for a correlation; *too vague to tell*, it holds zero, but would hold much else. Where the record's own error is
above that, no number of runs gives a hit. Fifty runs are as long as the record; few make ours uncertain, and its
interval, resampled from them, rather too narrow.

The price process is the default, calibrated to the same returns by `backstop calibrate`, on top of which come the
traders. Kurtosis is ruled by single days, the record's by 12 and 13 March 2020, and few months hold one. Impact that
arbitrage takes back lowers the autocorrelation of returns. The correlation of volume with absolute returns is not quite
the same for both: the record's volume is in coins and its level wanders over years, ours is of separate months. In USD
the record has 0.42 (BTC) and 0.30 (ETH); within thirty days, in coins, it has medians of 0.61 and 0.59. Returns of one
minute were not matched: see docs/ODD.md, 7.13.""",
    "ablation": """The world `venues` (`backstop compare --scenario venues`): a book for every listing with makers and
latent orders, and venues that close failing accounts at once, down to the bankruptcy price, then by the backstop, then
against winners. One change at a time, 10 October 2025, steps of ten seconds unless a row says otherwise; means over
replications with one standard error, the same replications in every row. Recorded that day: 0.17 of liquidations in the
peak minute, worst minute of BTC −4.2 %, falls of 16.8 % (BTC) and 58 % (XRP), 72 to 90 % of depth lost; at Hyperliquid
54 % of open interest lost, 0.1 % of it needed, 15 % deleveraged. Parameters of books and makers are a prototype's, not
fitted here; nothing of this table is a test of them.""",
}
OPENING = """# Validation

Generated by `backstop validate --write` (with `--episodes` and `--facts` for those sections); do not edit.

Leverage causing fat tails: one figure is missed. Between leverage 1 and 10 the standard deviation of returns falls by
11 %, where 15 to 20 % were expected; from the market without funds it falls by 18 %. See docs/ODD.md, 7.19.
"""


class Report(NamedTuple):
    """Findings of the suite, and rows of records by section."""

    findings: list[Finding]
    records: dict[str, list[dict[str, str]]]


def show(report: Report) -> None:
    """Print every claim, every record and the count of verdicts."""
    console = output(WIDTH)
    for family, findings in groupby(report.findings, lambda finding: finding.claim.family):
        print_table(console, table(family, [{name: row(finding)[name] for name in COLUMNS} for finding in findings]))
    for section, rows in report.records.items():
        print_table(console, table(SECTIONS[section], rows))
        console.print(tally(rows))
    console.print(summary(report.findings))


def table(title: str, rows: list[dict[str, str]]) -> Table:
    """Return rows under a title."""
    result = Table(title=title, title_justify="left")
    for name in rows[0]:
        result.add_column(name, overflow="fold")
    for one in rows:
        result.add_row(*one.values())
    return result


def summary(findings: list[Finding]) -> str:
    """Return how many claims passed, failed, are too vague to tell and were not run."""
    counts = (f"{sum(verdict(finding) == name for finding in findings)} {name}" for name in VERDICTS)
    return f"{len(findings)} claims: {', '.join(counts)}"


def tally(rows: list[dict[str, str]]) -> str:
    """Return how many facts there are, and how many of them have each verdict, hits first."""
    if "verdict" not in rows[0]:
        return f"{len(rows)} changes"
    counts = Counter(one["verdict"] for one in rows)
    return f"{len(rows)} facts: {'; '.join(f'{counts[verdict]} {verdict}' for verdict in sorted(counts))}"


def records_section(rows: list[dict[str, str]]) -> str:
    """Return the rows of a record as Markdown."""
    return "\n\n".join([f"{tally(rows)}.", *missed_draws(rows), markdown(rows)])


def missed_draws(rows: list[dict[str, str]]) -> list[str]:
    """Return in a sentence which draws on funds and vaults are missed, and by what factor; nothing where none is."""
    named = ("fund", "deficit", "vault", "deleveraged over", "open interest lost, in")
    missed = [
        one for one in rows if one.get("verdict") == "miss" and any(word in one.get("fact", "") for word in named)
    ]
    lines = [
        f"{one['fact']}: {one['ours']} for {one['recorded']}, {_times(one['ratio'])}"
        for one in missed
        if "ratio" in one
    ]
    return [f"Draws that are missed: {'; '.join(lines)}."] if lines else []


def _times(ratio: str) -> str:
    return f"{ratio} times the record" if ratio[:1].isdigit() else ratio.replace("-", "did not occur")


def claims_section(findings: list[Finding]) -> str:
    """Return the claims as Markdown."""
    parts = [f"{summary(findings)}."]
    for family, group in groupby(findings, lambda finding: finding.claim.family):
        parts += [f"### {family}", markdown([{k: v for k, v in row(f).items() if k != "family"} for f in group])]
    return "\n\n".join(parts)


def markdown(rows: list[dict[str, str]]) -> str:
    """Return rows as a Markdown table."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(one.values()) for one in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def page(report: Report, before: str = "") -> str:
    """Return the page; a section that was not run is taken from the page `before`."""
    fresh = {"claims": claims_section(report.findings)}
    fresh |= {name: records_section(rows) for name, rows in report.records.items()}
    kept = {name: section(before, name) for name in SECTIONS}
    bodies = {name: fresh.get(name) or kept[name] for name in SECTIONS}
    blocks = [
        f"## {title}\n\n{INTRODUCTION[name]}\n\n<!-- {name} -->\n\n{bodies[name]}\n\n<!-- end of {name} -->\n"
        for name, title in SECTIONS.items()
        if bodies[name]
    ]
    return "\n".join([OPENING, *blocks, case_section()])


def section(text: str, name: str) -> str:
    """Return what a page says in a section, empty if it has none."""
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", text, re.DOTALL)
    return match.group(1).strip() if match else ""


def write_page(report: Report) -> None:
    """Write the page below the working directory; OSError where there is no such folder."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(page(report, before), encoding="utf-8")
