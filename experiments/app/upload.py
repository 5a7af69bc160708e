"""Uploads: small files, read by the readers the command line uses, never executed, gone with the session."""

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from experiments.app.configuration import Configuration, from_toml
from model.price_file import PriceFileError, read_prices
from model.scenario import ScenarioError

LARGEST_PRICES = 10_000_000
LARGEST_CONFIGURATION = 100_000
SUFFIXES = (".csv", ".parquet")


class Uploads:
    """The price files a session has uploaded, in a temporary folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="backstop-"))
        self.number = 0

    def prices(self, name: str, content: bytes) -> Path:
        """Keep a price file and return its place; raises PriceFileError with what is wrong, told by its own name."""
        require_size(name, len(content), LARGEST_PRICES)
        self.number += 1
        place = self.folder / str(self.number) / safe_name(name)
        place.parent.mkdir()
        place.write_bytes(content)
        try:
            read_prices(place)
        except PriceFileError as error:
            place.unlink()
            raise PriceFileError([line.replace(str(place), place.name) for line in error.problems]) from None
        return place

    def keep(self, used: Iterable[str]) -> None:
        """Remove all files but those in use."""
        wanted = {Path(name).parent for name in used}
        for folder in self.folder.glob("*"):
            if folder not in wanted:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def configuration(name: str, content: bytes) -> Configuration:
    """Return the configuration in an uploaded file; raises ScenarioError."""
    if len(content) > LARGEST_CONFIGURATION:
        raise ScenarioError([f"{name}: {len(content)} bytes: at most {LARGEST_CONFIGURATION} are allowed"])
    try:
        return from_toml(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise ScenarioError([f"{name}: not text in UTF-8"]) from None


def require_size(name: str, size: int, most: int) -> None:
    """Raise PriceFileError where a file is larger than allowed."""
    if size > most:
        raise PriceFileError([f"{name}: {size} bytes: at most {most} are allowed"])


def safe_name(name: str) -> str:
    """Return a file name without folders or anything but letters, digits, dots, dashes and underscores."""
    plain = re.sub(r"[^\w.-]", "_", Path(name.replace("\\", "/")).name)[-80:].lstrip(".")
    return plain if plain.lower().endswith(SUFFIXES) else f"{plain or 'prices'}.csv"
