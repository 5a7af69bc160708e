"""The way into Backstop: the command ``backstop``, also ``python -m backstop_command``.

It has a name that nothing else has, finds the packages next to it, and says in one line where something else stands in
the place of one. Workers begin with it too.
"""

import sys
from importlib import import_module
from pathlib import Path

HOME = Path(__file__).resolve().parent


def claim() -> str | None:
    """Import Backstop's packages from next to this file; return in one line why that cannot be, or None."""
    sys.path.insert(0, str(HOME))
    try:
        import_module("experiments.run.import_path")
    except Exception as error:  # whatever another's package does
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        if type(error).__name__ == "ClashError":
            return cause
        found = getattr(sys.modules.get("experiments"), "__file__", None) or HOME / "experiments"
        return f"{found}: not Backstop's package ({cause}): install Backstop into an environment of its own"
    finally:
        sys.path.remove(str(HOME))
    return None


CLASH = claim()


def main() -> None:
    """Run the command line; where Backstop's files are not its own, say so and end with 1."""
    problem = CLASH or _overwritten()
    if problem:
        sys.exit(f"error: {problem}")
    from experiments.cli.main import main as run  # noqa: PLC0415

    run(prog_name="backstop")


def _overwritten() -> str | None:
    from experiments.run.import_path import ClashError, require_whole  # noqa: PLC0415

    try:
        require_whole()
    except ClashError as error:
        return str(error)
    return None


if __name__ == "__main__":
    main()
