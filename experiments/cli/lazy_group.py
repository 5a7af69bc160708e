"""A group whose commands are imported when they are used, so that help and listings answer at once.

The group knows each command by its module and the first sentence of its help. A file of `experiments.cli.command`
declares the options of a command and imports little; what the command does is another file, loaded when it runs
(:func:`load`), which imports what it needs at its top. So help, mistyped options and missing folders are answered at
once, and the server of the worker processes begins its imports first.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """A command: ``module:function``, and the first sentence of its help."""

    target: str
    says: str


def load(target: str) -> Callable[..., Any]:
    """Return the function or command that ``module:name`` names, its module imported."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


class LazyGroup(click.Group):
    """A group of commands that are imported when they are used.

    Parameters
    ----------
    name : of the group.
    entries : name → module and function of the command, and its first sentence.
    further : as of :class:`click.Group`.
    """

    def __init__(self, name: str | None, *, entries: Mapping[str, Entry], **further: Any) -> None:
        stand_ins = {known: click.Command(known, help=entry.says) for known, entry in entries.items()}
        super().__init__(name, commands=stand_ins, **further)
        self.entries = dict(entries)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command called `name`, imported; None where there is none."""
        command = load(self.entries[name].target) if name in self.entries else None
        return command if isinstance(command, click.Command) else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their first sentences; none is imported."""
        click.Group(commands=self.commands).format_commands(context, formatter)

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what completes a word; no command is imported."""
        names = (name for name in self.list_commands(context) if name.startswith(incomplete))
        items = [CompletionItem(name, help=self.commands[name].get_short_help_str()) for name in names]
        return [*items, *click.Command.shell_complete(self, context, incomplete)]
