"""Claims about where compiled kernels lie: never where another user could have put them."""

import os
import stat
from pathlib import Path

import pytest

from agents.core import kernel_cache
from agents.core.kernel_cache import cache_folder, private


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """A user without home; temporary folders are below the one returned, which everybody may write, as /tmp."""
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.delenv("BACKSTOP_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(shared))
    return shared


def homeless():
    raise RuntimeError("Could not determine home directory.")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_home_kernels_lie_in_a_private_temporary_folder_that_is_found_again(nobody):
    before = os.umask(0)
    try:
        folder = cache_folder("kernels")
    finally:
        os.umask(before)
    assert folder.is_relative_to(nobody) and folder == cache_folder("kernels")
    assert mode(folder) == mode(folder.parent) == 0o700


@pytest.mark.parametrize("base", ["link to an open folder", "open to all", "file"])
def test_a_name_that_somebody_took_first_is_not_used(nobody, base, tmp_path):
    place, elsewhere = nobody / f"backstop-{os.geteuid()}", tmp_path / "elsewhere"
    if base == "file":
        place.touch()
    else:
        made = elsewhere if base.startswith("link") else place
        (made / "kernels").mkdir(parents=True)
        made.chmod(0o777)
        if base.startswith("link"):
            place.symlink_to(elsewhere)
    folder = cache_folder("kernels")
    assert place not in (folder, *folder.parents) and elsewhere not in folder.parents
    assert mode(folder) == 0o700 and not any(folder.iterdir())


def test_what_another_user_owns_is_not_used(nobody, monkeypatch):
    theirs = cache_folder("kernels")
    user = os.geteuid() + 1
    monkeypatch.setattr(kernel_cache.os, "geteuid", lambda: user)
    theirs.parent.rename(nobody / f"backstop-{user}")
    assert cache_folder("kernels").parent == nobody


@pytest.mark.parametrize("folder", ["link", "open to all"])
def test_kernels_that_others_could_write_are_not_read_even_in_a_folder_that_is_named(tmp_path, monkeypatch, folder):
    named = tmp_path / "named"
    named.mkdir()
    monkeypatch.setenv("BACKSTOP_CACHE", str(named))
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    if folder == "link":
        (tmp_path / "other").mkdir()
        (named / "kernels").symlink_to(tmp_path / "other")
    else:
        (named / "kernels").mkdir()
        (named / "kernels").chmod(0o777)
    assert named not in cache_folder("kernels").parents
    assert cache_folder("more") == named / "more"


def test_a_folder_that_anybody_can_exchange_is_not_used(tmp_path):
    tmp_path.chmod(0o777)
    assert not private(tmp_path / "kernels")
    tmp_path.chmod(0o755)
    assert private(tmp_path / "kernels")


def test_a_home_that_a_file_is_in_the_way_of_is_passed_over(tmp_path, nobody, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "file")
    assert cache_folder("kernels").is_relative_to(nobody)


def test_a_cache_left_open_by_a_loose_umask_is_closed(tmp_path, nobody, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / ".cache" / "backstop").mkdir(parents=True)
    (tmp_path / ".cache" / "backstop").chmod(0o775)
    assert cache_folder("kernels") == tmp_path / ".cache" / "backstop" / "kernels"
    assert mode(tmp_path / ".cache" / "backstop") == 0o700
