"""The command line: ``backstop compare``, ``app``, ``bench``, ``episodes``, ``parameters``.

Only click is imported here. Each command imports what it needs when it runs, so that help and the two
listings answer at once.
"""

import click

from experiments.command.app import app
from experiments.command.bench import bench
from experiments.command.compare import compare
from experiments.command.listing import episodes, parameters


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="backstop")
def main() -> None:
    """Compare isolated insurance funds with a shared reinsurance pool for leveraged derivatives."""


for command in (compare, app, bench, episodes, parameters):
    main.add_command(command)

if __name__ == "__main__":
    main()
