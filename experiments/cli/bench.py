"""``backstop bench``: how fast the engine is, as JSON."""

import json

import click

from experiments.cli.lazy_group import load


@click.command()
@click.option("--quick", is_flag=True, help="Small sizes only: a check that it works, not a measurement.")
@click.option("--accounts", type=int, multiple=True, help="Numbers of accounts to measure; repeatable.")
@click.option("--start", is_flag=True, help="Measure also the start: a small comparison over the imports it needs.")
@click.option("--rare", is_flag=True, help="Measure also the gain of splitting at 1e-4: many minutes.")
def bench(quick: bool, accounts: tuple[int, ...], start: bool, rare: bool) -> None:
    """Measure the engine's speed and print JSON."""
    run_benchmark = load("experiments.benchmark.suite:run_benchmark")
    click.echo(json.dumps(run_benchmark(quick=quick, accounts=accounts or None, start=start, rare=rare), indent=2))
