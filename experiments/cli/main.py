"""The command line: ``backstop compare``, ``app``, ``sweep``, what reads their folders, ``size``, and more.

Only click is imported here, and a command when it is used, so that help and the listings answer at once. Imported
modules live until exit, so the garbage collector skips them, at exit as well.
"""

import atexit
import gc
import sys
from typing import Any

import click

from experiments.cli.lazy_group import Entry, LazyGroup
from experiments.cli.option import FULL, shortened, told_full
from experiments.figure.attempt import figures_told
from experiments.run.interrupt import ended, heed
from experiments.run.stream import prepare

# Allocations between two runs of the garbage collector.
RARELY = 50_000
COMMANDS = {
    "compare": Entry("experiments.cli.command.compare:compare", "Compare backstop structures on paired replications."),
    "app": Entry("experiments.cli.app:app", "Watch two arrangements live side by side on the same shocks."),
    "attribute": Entry(
        "experiments.cli.command.attribute:attribute",
        "Tell what exposures, the pool, the price, runs and owners at several protocols add to defaults and losses.",
    ),
    "size": Entry(
        "experiments.cli.command.size:size",
        "Size the backstop: how large must the fund be, and what would joining a pool save or risk.",
    ),
    "rare": Entry(
        "experiments.cli.command.rare:rare",
        "Estimate how probable it is that a metric exceeds a threshold, down to 1e-4 and below.",
    ),
    "network": Entry(
        "experiments.cli.command.network:network",
        "Survey the exposure network: debts, DebtRank, central nodes, waves of default, bound on amplification.",
    ),
    "sweep": Entry(
        "experiments.cli.command.sweep:sweep",
        "Run a plan of many scenarios; started again, it does what is missing.",
    ),
    "phase": Entry(
        "experiments.cli.command.phase:phase",
        "Map over two fields where structure a and where structure b is better; started again it does what is missing.",
    ),
    "frontier": Entry(
        "experiments.cli.command.frontier:frontier",
        "Draw callable capital, tail loss and burden on winners of structures and regimes; started again it goes on.",
    ),
    "paper": Entry(
        "experiments.cli.command.paper:paper",
        "Compare every structure with every loss regime on the four episodes, and report it.",
    ),
    "report": Entry(
        "experiments.cli.report:report",
        "Report a study of any kind: one HTML page, figures (PDF, SVG, PNG), LaTeX tables, CSV, methods.",
    ),
    "sensitivity": Entry(
        "experiments.cli.command.sensitivity:sensitivity",
        "Tell Morris or Sobol' indices and PAWN of a sweep whose design is sampled, and draw them.",
    ),
    "query": Entry(
        "experiments.cli.query:query",
        "Ask a study's results in SQL: tables runs and series; of a sweep also plan, and results (plan with metrics).",
    ),
    "export": Entry(
        "experiments.cli.query:export", "Write a study's runs and series, and a sweep's plan, as CSV files."
    ),
    "reproduce": Entry(
        "experiments.cli.query:reproduce",
        "Make a sample of a study's runs again and compare them bit for bit; exit code 1 on a difference.",
    ),
    "calibrate": Entry(
        "experiments.cli.command.calibrate:calibrate",
        "Fit parameters to recorded prices by the method of simulated moments.",
    ),
    "replay": Entry(
        "experiments.cli.command.replay:replay",
        "Allocate recorded deleveraging waves under the rules their data support.",
    ),
    "validate": Entry(
        "experiments.cli.command.validate:validate",
        "Run the validation suite: published value, ours, tolerance or interval, verdict.",
    ),
    "findings": Entry(
        "experiments.cli.command.findings:findings",
        "Measure every finding, with the changes of the world under which it turns.",
    ),
    "bench": Entry("experiments.cli.bench:bench", "Measure the engine's speed and print JSON."),
    "episodes": Entry("experiments.cli.listing:episodes", "List the named price episodes."),
    "presets": Entry("experiments.cli.listing:presets", "List the named real arrangements, with their sources."),
    "parameters": Entry(
        "experiments.cli.listing:parameters",
        "List every parameter: name, default, unit, bounds, meaning, source, reason of the bounds.",
    ),
}


type Returned = Any  # what a command returns, in click's words


class Commands(LazyGroup, click.Group):
    """Commands that print in any encoding; they exit with 130 after Ctrl-C and 143 after SIGTERM."""

    def main(self, *arguments: Any, **options: Any) -> Returned:
        """Run what was typed; report missing figures and a full disk in a line each."""
        prepare()
        gc.set_threshold(RARELY)
        atexit.register(leave)
        with figures_told():
            try:
                return super().main(*arguments, **options)
            except OSError as error:
                if error.errno not in FULL:
                    raise
                sys.exit(told_full(error))

    def invoke(self, context: click.Context) -> Returned:
        """Run the command that was asked for."""
        heed()
        try:
            return super().invoke(context)
        except click.UsageError as error:
            vars(error).update(message=shortened(error.message))
            raise
        except KeyboardInterrupt as error:
            click.echo("error: interrupted", err=True)
            context.exit(ended(error))


@click.group(
    cls=Commands,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="backstop")
def main() -> None:
    """Compare isolated insurance funds with a shared reinsurance pool for leveraged derivatives."""


def leave() -> None:
    """Exit without a last garbage collection, unless a library is loaded that warns of what is left."""
    if "duckdb" not in sys.modules:
        gc.freeze()


if __name__ == "__main__":
    main()
