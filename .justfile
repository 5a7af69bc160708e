# What is asked for most: `just --list`. Each recipe is a line or two, to be read and run by hand as well.

set shell := ["bash", "-euo", "pipefail", "-c"]

# the fast tests: the laws that need no run, and the rooms whose tests are quick
laws := "tests/law/test_architecture.py tests/law/test_documentation.py tests/law/test_packaging.py tests/law/test_project.py tests/law/test_readme.py"
rooms := "tests/agents tests/model/price tests/model/network tests/model/scenario/test_bound.py tests/model/scenario/test_scenario.py"
heavy := "--ignore=tests/agents/actor/test_vault_closing.py --ignore=tests/model/network/test_resolution.py --ignore=tests/model/network/test_phase_transition.py"

[private]
default:
    @just --list --unsorted

# install everything, and the hooks that run before a commit
setup:
    uv sync
    uv run --with pre-commit pre-commit install

# all tests that a change must pass, on all cores
test *words:
    uv run pytest -n auto --dist loadfile {{ words }}

# the fast tests, under two minutes on two cores
fast *words:
    uv run pytest -n 2 --dist loadfile {{ laws }} {{ rooms }} {{ heavy }} {{ words }}

# the long proofs, and the page in Chromium
proofs *words:
    uv run pytest -n auto --dist loadfile -m "slow and not browser" {{ words }}
    BACKSTOP_BROWSER=1 uv run --group browser pytest -n 0 -m browser tests/browser {{ words }}

# style, types, spelling
lint:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy
    uv run codespell

# the generated tables, and the reference of all modules
docs:
    uv run python -m experiments.cli.model_tables
    uv run python docs/reference.py

# the speed of the engine, as JSON
bench *words:
    uv run backstop bench {{ words }}
