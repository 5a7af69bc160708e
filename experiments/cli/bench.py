"""``backstop bench``: how fast the engine is, as JSON."""

import json

import click


@click.command()
@click.option("--quick", is_flag=True, help="Small sizes only: a check that it works, not a measurement.")
@click.option("--accounts", type=int, multiple=True, help="Numbers of accounts to measure; repeatable.")
def bench(quick: bool, accounts: tuple[int, ...]) -> None:
    """Measure the engine's speed and print JSON."""
    from experiments.benchmark.suite import run_benchmark  # noqa: PLC0415

    click.echo(json.dumps(run_benchmark(quick=quick, accounts=accounts or None), indent=2))
