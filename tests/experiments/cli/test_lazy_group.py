"""Commands are imported when they are used, and the group knows of each what it says of itself."""

import ast
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import experiments.cli
from experiments.cli.lazy_group import Entry, LazyGroup, load
from experiments.cli.main import COMMANDS, main

HEAVY = ["matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "scipy", "solara", "duckdb"]
FOLDER = Path(experiments.cli.__file__).parent


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_it_says_itself(name):
    command = load(COMMANDS[name].target)
    listed = click.Command(name, help=COMMANDS[name].says)
    assert command.name == name
    assert listed.get_short_help_str(10**6) == command.get_short_help_str(10**6)


def test_no_command_is_asked_anything_by_a_file_that_imports_what_is_heavy():
    code = (
        "import sys; from experiments.cli.lazy_group import load; from experiments.cli.main import COMMANDS\n"
        "for entry in COMMANDS.values(): load(entry.target)\n"
        f"print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_files_of_commands_import_at_their_top():
    found = [
        f"{path.name}:{node.lineno}"
        for path in FOLDER.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_help_and_completion_import_no_command_and_a_use_imports_one(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "sound_command.py").write_text("import click\n@click.command()\ndef sound(): click.echo('done')\n")
    entries = {"sound": Entry("sound_command:sound", "It is sound."), "broken": Entry("no_such:thing", "It is not.")}
    group = LazyGroup("group", entries=entries)
    told = CliRunner().invoke(group, ["--help"])
    assert told.exit_code == 0 and "broken  It is not." in told.stdout and "sound_command" not in sys.modules
    context = click.Context(group)
    assert [(item.value, item.help) for item in group.shell_complete(context, "b")] == [("broken", "It is not.")]
    assert CliRunner().invoke(group, ["sound"]).stdout == "done\n"


def test_a_command_that_is_none_gets_a_suggestion():
    done = CliRunner().invoke(main, ["compar"])
    assert done.exit_code == 2 and "compare" in done.stderr
