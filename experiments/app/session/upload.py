"""Uploads: small files, read by the readers the command line uses, never executed, deleted with the session."""

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from experiments.app.session.configuration import Configuration, from_toml
from model.price.reader.file import Limits, PriceFileError, read_prices
from model.scenario import ScenarioError
from model.scenario.asset_name import KINDS, PACKED
from model.scenario.plain_text import decoded

LARGEST_PRICES = 10_000_000
LARGEST_CONFIGURATION = 100_000
LIMITS = Limits(rows=600_000, columns=200, size=100_000_000)  # more than a year of minutes, in some 200 MB of memory
SUFFIXES = tuple(kind + packed for packed in ("", *PACKED) for kind in KINDS)


class Uploads:
    """The price files a session has uploaded, in a temporary folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="backstop-"))

    def prices(self, name: str, content: bytes) -> Path:
        """Keep a price file and return its path; raises PriceFileError with what is wrong, under the uploaded name.

        Every file has a folder to itself, so that another of the same name neither replaces nor removes it.
        """
        require_size(name, len(content), LARGEST_PRICES)
        path = Path(tempfile.mkdtemp(dir=self.folder)) / safe_name(name)
        path.write_bytes(content)
        try:
            read_prices(path, LIMITS)
        except PriceFileError as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise PriceFileError([line.replace(str(path), path.name) for line in error.problems]) from None
        return path

    def keep(self, files: Iterable[str]) -> None:
        """Remove all but `files`, so that a session does not fill the disk."""
        used = {Path(file).parent for file in files}
        for folder in self.folder.glob("*"):
            if folder not in used:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def configuration(name: str, content: bytes) -> Configuration:
    """Return the configuration in an uploaded file; raises ScenarioError."""
    if len(content) > LARGEST_CONFIGURATION:
        raise ScenarioError([f"{name}: {len(content)} bytes: at most {LARGEST_CONFIGURATION} are allowed"])
    try:
        text = decoded(content)
    except ValueError as error:
        raise ScenarioError([f"{name}: {error}"]) from None
    return from_toml(text)


def require_size(name: str, size: int, most: int) -> None:
    """Raise PriceFileError where a file is larger than allowed."""
    if size > most:
        raise PriceFileError([f"{name}: {size} bytes: at most {most} are allowed"])


def safe_name(name: str) -> str:
    """Return a file name without folders or anything but letters, digits, dots, dashes and underscores."""
    plain = re.sub(r"[^\w.-]", "_", Path(name.replace("\\", "/")).name)[-80:].lstrip(".")
    return plain if plain.lower().endswith(SUFFIXES) else f"{plain or 'prices'}.csv"
