"""The command line: ``backstop compare``, ``sweep``, ``phase``, what reads their folders, ``size`` and more.

Only click is imported here. Each command imports what it needs when it runs, so that help and the
listings answer at once.
"""

import click

from experiments.command.bench import bench
from experiments.command.compare import compare
from experiments.command.frontier import frontier
from experiments.command.listing import episodes, parameters, presets
from experiments.command.phase import phase
from experiments.command.query import export, query, reproduce
from experiments.command.replay import replay
from experiments.command.report import report
from experiments.command.sensitivity import sensitivity
from experiments.command.size import size
from experiments.command.sweep import sweep


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="backstop")
def main() -> None:
    """Compare isolated insurance funds with a shared reinsurance pool for leveraged derivatives."""


for command in (compare, sweep, phase, frontier, report, sensitivity, query, export, reproduce):
    main.add_command(command)
for command in (size, replay, bench, episodes, presets, parameters):
    main.add_command(command)

if __name__ == "__main__":
    main()
