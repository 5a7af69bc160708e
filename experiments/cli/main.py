"""The command line: ``backstop compare``, ``app``, ``sweep``, what reads their folders, ``size``, and more.

Only click is imported here. Each command imports what it needs when it runs, so that help and the
listings answer at once. What they import is never garbage: it is not searched for any, least of all at the end.
"""

import atexit
import gc
import sys
from typing import Any

import click

from experiments.cli.app import app
from experiments.cli.bench import bench
from experiments.cli.listing import episodes, parameters, presets
from experiments.cli.option import FULL, shortened, told_full
from experiments.cli.paper import paper
from experiments.cli.query import export, query, reproduce
from experiments.cli.report import report
from experiments.cli.study.attribute import attribute
from experiments.cli.study.calibrate import calibrate
from experiments.cli.study.compare import compare
from experiments.cli.study.findings import findings
from experiments.cli.study.frontier import frontier
from experiments.cli.study.network import network
from experiments.cli.study.phase import phase
from experiments.cli.study.rare import rare
from experiments.cli.study.replay import replay
from experiments.cli.study.sensitivity import sensitivity
from experiments.cli.study.size import size
from experiments.cli.study.sweep import sweep
from experiments.cli.study.validate import validate
from experiments.figure.attempt import figures_told
from experiments.run.interrupt import ended, heed
from experiments.run.stream import prepare

# Allocations between two searches for garbage.
RARELY = 50_000


type Returned = Any  # what a command returns, in click's words


class Commands(click.Group):
    """Commands that write to whatever the process was given; 130 after Ctrl-C, 143 after SIGTERM."""

    def main(self, *arguments: Any, **options: Any) -> Returned:
        """Run what was typed; figures that are missing, and a full disk below what is told, are a line each."""
        prepare()
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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="backstop")
def main() -> None:
    """Compare isolated insurance funds with a shared reinsurance pool for leveraged derivatives."""
    gc.set_threshold(RARELY)
    atexit.register(leave)


def leave() -> None:
    """End without looking for garbage, unless a library is loaded that complains of what is left."""
    if "duckdb" not in sys.modules:
        gc.freeze()


COMMANDS = (
    compare, app, attribute, size, rare, network, sweep, phase, frontier, paper, report, sensitivity, query, export,
    reproduce, calibrate, replay, validate, findings, bench, episodes, presets, parameters,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
