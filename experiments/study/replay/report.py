"""The replay as one document and as tables: the data's own figures, the rules, and what cannot be identified."""

from collections import Counter
from typing import Any

from rich.table import Table

from experiments.run.fold import output, print_table
from experiments.study.replay.rule import Allocation, allocations
from experiments.study.replay.wave import Waves

WIDTH = 160
CAVEATS = (
    "computed: from gaps, contracts and the winners' sums per wave, with this package's rules; data: quoted from the"
    " files, whose authors had the single accounts.",
    "Not identifiable: which winner pays, so rankings differ in nothing that can be computed here; profit and equity"
    " by coin; what realised profit a clawback could reach; whether a wave's winners had paid in an earlier one.",
    "A figure quoted by wave is divided among coins in proportion to their gaps: an assumption.",
    "Winners' equity and profit are those at the start of each wave; the same account may stand in several waves, so"
    " they are never added over waves.",
    "Peak: the fund keeps what a rule takes in excess and has no other income; where no rule takes in excess the need"
    " only grows, and pooled equals isolated. Worst wave: the fund is refilled between waves.",
)


def document(folder: str, waves: Waves) -> dict[str, Any]:
    """Return everything as nested mappings: folder, counts, the data's figures, rules and caveats."""
    return {
        "folder": folder,
        "waves": len(waves.wave),
        "coins": len(waves.coin),
        "data": data_figures(waves),
        "rules": [_plain(allocation) for allocation in allocations(waves)],
        "caveats": [*CAVEATS, *double_counting(waves)],
    }


def data_figures(waves: Waves) -> dict[str, Any]:
    """Return the data's own figures, USD; deficits as filed and with each repeated account counted once."""
    return {
        "needed": float(waves.needed.sum()),
        "production_taken": float(waves.production.sum()),
        "production_overshoot": float(waves.production.sum() - waves.needed.sum()),
        "deficit_as_filed": float(waves.deficit.sum()),
        "deficit_counted_once": float(waves.deficit.sum()) - sum((n - 1) * loss for loss, n in _repeated(waves)),
        "repeated": [{"loss": loss, "waves": count} for loss, count in _repeated(waves)],
    }


def double_counting(waves: Waves) -> list[str]:
    """Return a line per account whose loss stands in several waves."""
    return [
        f"Double counting: one account's loss of ${loss:,.0f} is the largest in {count} of {len(waves.wave)} waves and"
        " in the deficit of each; deficits are shown but not used, gaps and budgets are."
        for loss, count in _repeated(waves)
    ]


def show(waves: Waves) -> None:
    """Print the data's figures, a table of the rules, and the caveats."""
    console = output(WIDTH)
    own = {name: _million(value) for name, value in data_figures(waves).items() if name != "repeated"}
    console.print(
        f"{len(waves.wave)} waves, {len(waves.coin)} coins. The data's own figures, $M:\n"
        f"needed {own['needed']}, production took {own['production_taken']}, overshoot {own['production_overshoot']};\n"
        f"deficits as filed {own['deficit_as_filed']}, each account once {own['deficit_counted_once']}."
    )
    print_table(console, rule_table(waves))
    for line in (*CAVEATS, *double_counting(waves)):
        console.print(f"- {line}")


def rule_table(waves: Waves) -> Table:
    """Return a row per rule: taken, overshoot, the fund it leaves necessary, and how much of somebody it took."""
    table = Table(title="By rule, $M; the fund that is needed next to it, per coin apart and pooled over coins")
    for name in ("rule", "origin"):
        table.add_column(name, no_wrap=True)
    for name in ("taken", "overshoot", "too little", "peak\nisolated", "peak\npooled"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("worst wave\nisolated", "worst wave\npooled", "fraction\nmean, worst"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("of", no_wrap=True)
    for row in allocations(waves):
        amounts = (row.taken, row.overshoot, row.short, *row.fund)
        table.add_row(row.rule, row.origin, *map(_million, amounts), _fractions(row), row.fraction_of or "")
    return table


def _fractions(row: Allocation) -> str:
    if row.fraction_mean is None or row.fraction_worst is None:
        return ""
    return f"{100 * row.fraction_mean:.2f} %, {100 * row.fraction_worst:.2f} %"


def _million(value: float) -> str:
    return f"{round(value * 1e-6, 3) + 0.0:,.3f}"


def _plain(allocation: Allocation) -> dict[str, Any]:
    return {**allocation._asdict(), "fund": allocation.fund._asdict()}


def _repeated(waves: Waves) -> list[tuple[float, int]]:
    """Return the largest losses that stand in several waves, and in how many; equal to the cent is the same account."""
    counts = Counter(round(float(loss), 2) for loss in waves.max_loss if loss > 0)
    return [(loss, count) for loss, count in counts.items() if count > 1]
