"""Plans that the tests of sweeps write and read."""

from experiments.plan.plan import read_plan

GRID = """
replications = 2
process = "gbm"
[fields]
trader.number = [11, 12, 13, 14, 15]
"""


def plan_of(folder, text=GRID, runner="tiny", name="plan"):
    """Return the plan that `text` describes, its runs made by a runner of the tests."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path, runner=f"sweep_runner:{runner}")
