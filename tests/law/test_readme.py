"""The README is short and right: one figure, commands that exist, links that lead somewhere; so are all pages."""

import re
import shlex
from pathlib import Path

import click
import pytest

from experiments.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def links(page: Path) -> list[str]:
    """Targets of a page's links and pictures that lie in the project, without their anchors."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [
        target.partition("#")[0]
        for target in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in target and not target.startswith("#")
    ]


def typed(page: Path) -> list[list[str]]:
    """The words of every `backstop ...` in a page's shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    found = (re.search(r"(?:^|run )backstop (.*)", line) for line in lines)
    return [shlex.split(match[1].replace("$TLS", ""), comments=True) for match in found if match]


def unknown(words: list[str]) -> list[str]:
    """What the command line does not know of a command's name and options."""
    if words == ["--help"]:
        return []
    command = main.get_command(click.Context(main), words[0])
    if command is None:
        return words[:1]
    known = {name for parameter in command.params for name in parameter.opts + parameter.secondary_opts}
    return [word for word in words[1:] if word.startswith("--") and word.partition("=")[0] not in known]


def test_the_readme_is_short_and_has_one_figure_that_a_command_made():
    [picture] = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert len(README.encode()) <= 8_000
    assert (ROOT / picture).stat().st_size < 100_000
    [script] = re.findall(r"drawn by `python (\S+)`", README)
    assert (ROOT / script).is_file()


def test_the_readme_says_how_to_run_the_tests():
    assert "pip install uv && uv run pytest " in README


def test_every_command_that_a_page_shows_exists():
    shown = {page.name: words for page in PAGES for words in typed(page)}
    assert len(shown) > 8
    wrong = {page.name: unknown(words) for page in PAGES for words in typed(page) if unknown(words)}
    assert wrong == {}


@pytest.mark.parametrize(
    ("words", "left"),
    [(["compare", "--quiet"], []), (["compute"], ["compute"]), (["size", "--aim=0.9"], ["--aim=0.9"])],
)
def test_a_command_that_does_not_exist_is_noticed(words, left):
    assert unknown(words) == left


def test_every_link_leads_somewhere():
    broken = [f"{page.relative_to(ROOT)}: {link}" for page in PAGES for link in links(page)
              if not (page.parent / link).exists()]  # fmt: skip
    assert broken == []


def test_every_page_can_be_reached_from_the_index():
    index = ROOT / "docs" / "index.md"
    reached, waiting = set(), [index]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            waiting += [(page.parent / link).resolve() for link in links(page)]
    assert sorted(set((ROOT / "docs").rglob("*.md")) - reached) == []
