"""The name of a price file's asset: the user's, else the file's, else that of folder and file.

Names are compared without regard to case, as files of two machines may differ in that alone.
"""

import os.path
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

PACKED = (".gz", ".zip")
KINDS = (".csv", ".tsv", ".txt", ".parquet")
LONGEST = 80


def stem(file: str | Path) -> str:
    """Return the name of a file without its ending, packed or not."""
    full = Path(file)
    inner = Path(full.stem)
    return inner.stem if full.suffix.lower() in PACKED and inner.suffix.lower() in KINDS else full.stem


def legible(text: str) -> str:
    r"""Return `text` as it can be kept: the bytes of a file's name that are in no encoding are told as ``\xff``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def split_name(text: str) -> tuple[str, str]:
    """Return name and file of ``NAME=FILE``; the name is empty where the text is a file as it stands."""
    name, equals, file = text.partition("=")
    if not equals or not name or "/" in name or "\\" in name or os.path.exists(text):
        return "", text
    return name.strip(), file


def file_names(files: Sequence[str], given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a name for each price file: the one given, if not empty, or the shortest end of its path that differs.

    Two files ``AAA/1h.csv`` and ``BBB/1h.csv`` are ``AAA_1h`` and ``BBB_1h``. Names that cannot be told apart stay
    alike and are reported by :func:`name_problems`.
    """
    given = given or [""] * len(files)
    paths = [_parts(file) for file in files]
    names = [own or parts[-1] for own, parts in zip(given, paths, strict=True)]
    for depth in range(2, max(map(len, paths), default=0) + 1):
        count = Counter(name.casefold() for name in names)
        again = [not own and count[name.casefold()] > 1 for own, name in zip(given, names, strict=True)]
        longer = ["_".join(parts[-depth:]) for parts in paths]
        names = [long if one else name for one, name, long in zip(again, names, longer, strict=True)]
    return tuple(names)


def _parts(file: str) -> tuple[str, ...]:
    """Return the folders of a file and its name without ending, wherever it is named from."""
    full = Path(legible(os.path.abspath(file)))
    return (*full.parts[1:-1], stem(full))


def name_problems(files: Sequence[str], given: Sequence[str]) -> list[str]:
    """Return why price files cannot have the names `given`, or names of their own; nothing where they can."""
    if given and len(given) != len(files):
        return [f"names: {len(given)} for {len(files)} files: one each is needed, or none"]
    bad = [name for name in given if name != name.strip() or not name.isprintable() or len(name) > LONGEST]
    if bad:
        return [f"names: {bad[0]!r}: at most {LONGEST} characters that can be printed are needed"]
    names = file_names(files, given)
    seen: dict[str, int] = {}
    for position, name in enumerate(names):
        first = seen.setdefault(name.casefold(), position)
        if first != position:
            called = name if given and given[position] else stem(files[position])
            how = "names that differ are needed, as --prices NAME=FILE or in price.names"
            return [f"files: {files[first]} and {files[position]}: both are called {called}: {how}"]
    return []
