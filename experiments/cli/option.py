"""What commands share: the options that describe a scenario, and the exit on bad input."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from experiments.run.interrupt import ended

PRICES = click.option(
    "--prices",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Price file of one asset, CSV or Parquet, and what to call it; repeatable.",
)
ACCOUNTS = click.option(
    "--accounts", metavar="FILE", help="Accounts at the start, CSV or Parquet, in place of a drawn population."
)
PROCESS = click.option("--process", metavar="NAME", help="Price process: replay, bootstrap, gbm, garch, ...")
EPISODE = click.option("--episode", metavar="NAME", help="Named episode (see `backstop episodes`); default 2025-10-10.")
SCENARIO = click.option(
    "--scenario",
    metavar="FILE",
    help="Scenario in TOML, or one that is shipped (`innocents`, `idiosyncratic`, `dydx_2023_11`, ...); what it does "
    "not name stays, the episode too.",
)
PRESET = click.option("--preset", metavar="NAME", help="A real arrangement (see `backstop presets`), below --set.")
SET = click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="One parameter; repeatable, wins.")
SEED = click.option("--seed", type=int, help="Seed of every random stream.")
STRUCTURE = click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="NAME",
    help="Repeatable; default isolated, pooled, or as compare.",
)
REGIME = click.option("--regime", "regimes", multiple=True, metavar="NAME", help="Repeatable; default the scenario's.")
REPORTER = click.option(
    "--reporter",
    "reporters",
    multiple=True,
    metavar="NAME=MODULE:FUNCTION",
    help="A metric of your own: a function of the finished model in a module of yours; repeatable.",
)
SERIES = click.option(
    "--series",
    multiple=True,
    metavar="NAME",
    help="Series kept of each run: all, totals, none, or names such as fund or mid_BTC; repeatable; default all, above "
    "1,000 protocols totals.",
)
SCENARIO_NAMES = ("prices", "accounts", "process", "episode", "scenario", "settings", "seed")

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)

LONGEST_TOLD = 800  # characters of a line

type Command = Callable[..., Any]


def scenario_options(command: Command) -> Command:
    """Add the options that describe a scenario."""
    return with_options(PRICES, ACCOUNTS, PROCESS, EPISODE, SCENARIO, SET, SEED)(command)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that adds `options`, listed in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def stoppable(command: Callable[..., int]) -> Callable[..., int]:
    """Let a failed run end `command` with one line and exit code 1, Ctrl-C with 130; finished runs are kept."""

    @wraps(command)
    def run(*arguments: Any, **typed: Any) -> int:
        try:
            return command(*arguments, **typed)
        except RuntimeError as error:
            click.echo(f"error: {shortened(one_line(str(error)))}", err=True)
            return 1
        except KeyboardInterrupt as error:
            click.echo(f"error: {interrupted(error)}", err=True)
            return ended(error)

    return run


def interrupted(error: KeyboardInterrupt) -> str:
    """Return the message after Ctrl-C: what is kept, and how to go on."""
    kept = getattr(error, "kept", None)
    on = f"finished runs are kept: the same words with --out {kept} go on"
    return f"interrupted; {on if kept else 'nothing was written'}"


def one_line(message: str) -> str:
    """Return a message on one line: a name in it may contain line breaks."""
    return message.replace("\r", "\\r").replace("\n", "\\n")


def shortened(message: str) -> str:
    """Return a line of a message, its middle left out where it quotes something long."""
    half = LONGEST_TOLD // 2
    return message if len(message) <= LONGEST_TOLD else f"{message[:half]} ... {message[-half:]}"


def told_full(error: OSError) -> int:
    """Print that the disk is full and return the exit code."""
    click.echo(f"error: {error.strerror or error}: nothing more can be written; make room and start again", err=True)
    return 1


def explained(command: Callable[..., int | None]) -> Callable[..., None]:
    """Let `command` exit with the code it returns, or print its problems, a line each, and exit with theirs.

    Bad configurations and result folders end with 2, a sweep's problems with the code they carry, a full disk with 1.
    """

    @wraps(command)
    def run(*arguments: Any, **typed: Any) -> None:
        try:
            code = command(*arguments, **typed) or 0
        except (ValueError, RuntimeError) as error:
            problems = getattr(error, "problems", None)
            if problems is None:
                raise
            for problem in problems:
                click.echo(f"error: {shortened(one_line(problem))}", err=True)
            code = getattr(error, "code", 2)
        except OSError as error:
            if error.errno not in FULL:
                raise
            code = told_full(error)
        click.get_current_context().exit(code)

    return run
