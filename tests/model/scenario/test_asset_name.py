"""Assets of price files: no name stands for two files."""

import pytest

from experiments.plan.configuration import base
from experiments.plan.options import ConfigurationError, Options
from model.scenario.asset_name import file_names, name_problems, split_name
from model.scenario.extent import asset_names

BARS = "time,open,high,low,close\n" + "".join(f"2024-02-01 {hour:02}:00,10,12,9,11\n" for hour in range(9))


@pytest.fixture
def files(tmp_path):
    places = [tmp_path / folder / "1h.csv" for folder in ("AAA", "BBB")]
    for place in places:
        place.parent.mkdir()
        place.write_text(BARS)
    return tuple(map(str, places))


def test_files_of_one_name_are_told_apart_by_their_folders(files):
    assert asset_names(base(Options(prices=files)).scenario) == ("AAA_1h", "BBB_1h")
    assert file_names(["a/x.csv", "b/X.csv.gz", "GOLD.parquet"]) == ("a_x", "b_X", "GOLD")


def test_a_name_may_be_given(files):
    named = base(Options(prices=(f"ETH={files[0]}", files[1]))).scenario
    assert asset_names(named) == ("ETH", "1h")
    assert named.price.files == files


@pytest.mark.parametrize("names", [("ETH", "eth"), ("ETH", "ETH")])
def test_names_alike_are_refused_in_one_line(files, names):
    prices = tuple(f"{name}={file}" for name, file in zip(names, files, strict=True))
    with pytest.raises(ConfigurationError) as caught:
        base(Options(prices=prices))
    [line] = caught.value.problems
    assert all(file in line for file in files) and "NAME=FILE" in line


def test_one_file_twice_has_no_two_names(files):
    assert "both are called 1h" in name_problems([files[0], files[0]], ())[0]
    assert "both are called x" in name_problems(["a/x.csv", "a/x.parquet"], ())[0]
    assert name_problems([files[0], files[0]], ("one", "two")) == []
    assert "1 for 2 files" in name_problems(files, ("one",))[0]


def test_a_file_whose_name_has_an_equals_sign_stays_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.csv").touch()
    assert split_name("a=b.csv") == ("", "a=b.csv")
    assert split_name("folder/a=b.csv") == ("", "folder/a=b.csv")
    assert split_name("BTC=folder/b.csv") == ("BTC", "folder/b.csv")
