"""Claims about settings files: what any editor writes is read, and every fault is one line with file and place."""

import pytest

from experiments.app.session.configuration import from_toml
from experiments.app.session.upload import configuration
from experiments.plan.configuration import base
from experiments.plan.options import ConfigurationError, Options
from experiments.plan.plan_file import read_plan_file
from experiments.plan.problem import SweepError
from model.scenario import ScenarioError, read_toml
from model.scenario.toml_text import DEEPEST, LARGEST

SETTINGS = 'seed = 7\n[backstop]\nstructure = "pooled"\n'


def written(folder, text):
    path = folder / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def fault(path):
    with pytest.raises(ScenarioError) as refused:
        read_toml(path)
    [problem] = refused.value.problems
    assert "\n" not in problem and problem.startswith(f"{path}: ") and len(problem) < 500
    return problem


@pytest.mark.parametrize("text", [SETTINGS, "\ufeff" + SETTINGS, SETTINGS.replace("\n", "\r\n"), "# é\n" + SETTINGS])
def test_marks_and_line_ends_of_any_editor_are_read(tmp_path, text):
    assert read_toml(written(tmp_path, text)) == {"seed": 7, "backstop": {"structure": "pooled"}}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (SETTINGS.encode("utf-16"), ["UTF-16"]),
        (SETTINGS.encode("utf-16-le"), ["line 1", "UTF-16"]),
        (SETTINGS.encode("utf-32"), ["UTF-32"]),
        ("seed = 7\n# é\n".encode("latin-1"), ["line 2", "0xe9", "UTF-8"]),
        ("seed = 7\nseed = 8\n", ["not valid TOML", "line 2"]),
        ("[backstop]\n[backstop]\n", ["not valid TOML", "line 2"]),
        ('{"seed": 7}', ["JSON"]),
        ("seed 7\n", ["not valid TOML", "line 1"]),
        ("x = 1\n" + ".".join("a" * 3000) + " = 1\n", ["line 2", f"more than {DEEPEST} deep"]),
        ("[" + ".".join("a" * 3000) + "]\n", ["line 1", "deep"]),
        ("seed = " + "[" * 3000 + "]" * 3000, ["deep"]),
        ("seed = " + "{a=" * 3000 + "1" + "}" * 3000, ["deep"]),
        (f"seed = {'9' * 5000}\n", ["not valid TOML", "digits"]),
        (b"seed = 7\n" * (LARGEST // 9 + 1), ["bytes", "at most"]),
        (b"\x1f\x8b\x08", ["gzip"]),
    ],
)  # fmt: skip
def test_what_is_no_settings_file_is_refused_in_one_line(tmp_path, text, parts):
    problem = fault(written(tmp_path, text))
    assert all(part in problem for part in parts), problem


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('seed = "seven"\n', "seed: 'seven'"),
        ("seed = 2024-02-01\n", "seed"),
        ("backstop = 5\n", "backstop: 5"),
        ("[backstop]\nstructure = 5\n", "backstop.structure: 5"),
        ("[[backstop]]\nstructure = 'pooled'\n", "backstop"),
        ("[seed]\na = 1\n", "seed: {'a': 1}"),
        ("[price]\nfiles = 5\n", "price.files: 5"),
        ("[backstop]\nstructrue = 'pooled'\n", "did you mean 'structure'"),
    ],
)
def test_a_value_of_the_wrong_kind_names_file_and_field(tmp_path, text, part):
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as refused:
        base(Options(scenario=str(path)))
    assert any(line.startswith(f"{path}: ") and part in line for line in refused.value.problems)


def test_many_unknown_names_are_told_briefly(tmp_path):
    path = written(tmp_path, "".join(f"name_{i} = {i}\n" for i in range(5000)))
    with pytest.raises(ConfigurationError) as refused:
        base(Options(scenario=str(path)))
    assert len(refused.value.problems) == 51 and refused.value.problems[-1].endswith("and 4950 more problems")


@pytest.mark.parametrize("name", [".".join("a" * 3000), "backstop." + ".".join("a" * 3000), "seed." + "." * 3000])
@pytest.mark.parametrize("value", ["1", "[" * 3000])
def test_a_setting_of_the_command_line_may_be_as_deep_as_it_likes(name, value):
    with pytest.raises(ConfigurationError) as refused:
        base(Options(settings=(f"{name}={value}",)))
    assert all("\n" not in line and len(line) < 8000 for line in refused.value.problems)


def test_the_page_reads_a_file_as_the_command_line_does():
    assert configuration("a.toml", ("\ufeff" + SETTINGS).encode()).scenario.seed == 7
    for raw in (SETTINGS.encode("utf-16"), b"a = " + b"[" * 3000, (".".join("a" * 3000) + " = 1").encode()):
        with pytest.raises(ScenarioError):
            configuration("a.toml", raw)
    with pytest.raises(ScenarioError, match="deep"):
        from_toml(".".join("a" * 3000) + " = 1")


@pytest.mark.parametrize(
    "text", [SETTINGS.encode("utf-16"), (".".join("a" * 3000) + " = 1").encode(), b"a = " + b"[" * 3000]
)
def test_a_plan_of_a_sweep_is_refused_in_the_same_words(tmp_path, text):
    with pytest.raises(SweepError) as refused:
        read_plan_file(written(tmp_path, text))
    assert len(refused.value.problems) == 1 and "mine.toml: " in refused.value.problems[0]
