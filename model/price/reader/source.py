"""The content of a price file as it is stored: unpacked where it is gzip or a zip of one file, and text as UTF-8.

The first bytes say what a file is, never its name. Known formats that are not read are named. Unpacking stops at the
limit, so that a small file cannot fill the memory.
"""

import gzip
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from model.price.reader.problem import Limits, refusal

PARQUET = b"PAR1"
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_FOREIGN = {
    b"PARE": "encrypted Parquet: write it without encryption",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (xls): save it as CSV",
    b"PK\x05\x06": "a zip without a file",
    b"BZh": "compressed with bzip2: unpack it, or use gzip or zip",
    b"\xfd7zXZ": "compressed with xz: unpack it, or use gzip or zip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it, or use gzip or zip",
    b"7z\xbc\xaf": "a 7z archive: unpack it, or use gzip or zip",
    b"Rar!": "a rar archive: unpack it, or use gzip or zip",
    b"ARROW1": "Feather: write it as Parquet or CSV",
    b"FEA1": "Feather: write it as Parquet or CSV",
    b"ORC": "ORC: write it as Parquet or CSV",
    b"\x89HDF": "HDF5: write it as Parquet or CSV",
    b"SQLite format 3": "a SQLite database: write the table as CSV",
    b"%PDF": "a PDF",
    b"version https://git-lfs": "a pointer of Git LFS: fetch the file itself with git lfs pull",
    **dict.fromkeys((b"<!", b"<html", b"<HTML", b"<?xml"), "a page of HTML or XML: download the file itself"),
    b"{": "JSON: write it as CSV",
    b"[": "JSON: write it as CSV",
}
_PASSWORD = 0x1
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_DOS_END = b"\x1a"
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f")) + b"\x7f"


def content(file: Path, limits: Limits) -> Path | bytes:
    """Return what `file` holds, unpacked; the path itself where it is not packed. Raises PriceFileError, OSError."""
    with file.open("rb") as stream:
        head = stream.read(64)
    if head.startswith(GZIP):
        with gzip.open(file) as stream:
            return _once(file, _bounded(file, stream, limits))
    return _once(file, _member(file, limits)) if head.startswith(ZIP) else file


def whole(file: Path, found: Path | bytes, limits: Limits) -> bytes:
    """Return all bytes of what :func:`content` found; raises PriceFileError where they are too many."""
    if isinstance(found, bytes):
        return found
    with found.open("rb") as stream:
        return _bounded(file, stream, limits)


def head(found: Path | bytes) -> bytes:
    """Return the first bytes of what :func:`content` found."""
    if isinstance(found, bytes):
        return found[:64]
    with found.open("rb") as stream:
        return stream.read(64)


def require_known(file: Path, start: bytes) -> None:
    """Raise PriceFileError where the first bytes are those of a kind of file that is not read."""
    stripped = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind in _FOREIGN.items():
        if stripped.startswith(mark):
            raise refusal(file, f"unreadable: {kind}")


def text(file: Path, data: bytes) -> bytes:
    """Return text in UTF-8, from UTF-8, UTF-16 or Latin-1; raises PriceFileError where it is no text."""
    coding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None) or _unmarked(data)
    try:
        found = data.rstrip(_DOS_END).decode(coding).encode()
    except UnicodeError:
        found = data.decode("latin-1").encode() if coding == "utf-8" else b"\0"
    if len(found.translate(None, _CONTROL)) < len(found):
        raise refusal(file, "unreadable: neither text nor Parquet: CSV or Parquet is needed")
    return found


def _unmarked(data: bytes) -> str:
    """Return the coding of text without a mark: every other byte of UTF-16 is zero."""
    start = data[:400]
    if start[1::2].count(0) * 3 > len(start):
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) * 3 > len(start) else "utf-8"


def _bounded(file: Path, stream: BinaryIO | gzip.GzipFile, limits: Limits) -> bytes:
    try:
        found = stream.read(limits.size + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        raise refusal(file, f"unreadable: damaged or cut off: {error}") from None
    if len(found) > limits.size:
        raise refusal(file, f"more than {limits.size:,} bytes: at most {limits.size:,} are allowed, unpacked")
    return found


def _member(file: Path, limits: Limits) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(whole(file, file, limits))) as archive:
            member = _only(file, archive)
            with archive.open(member) as stream:
                return _bounded(file, stream, limits)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise refusal(file, f"unreadable: damaged or unknown zip: {error}") from None


def _only(file: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    names = {one.filename for one in members}
    if "[Content_Types].xml" in names:
        raise refusal(file, "unreadable: a spreadsheet (xlsx): save it as CSV")
    if len(members) != 1:
        raise refusal(file, f"unreadable: a zip of {len(members)} files: one file is needed; unpack it")
    if members[0].flag_bits & _PASSWORD:
        raise refusal(file, "unreadable: a zip with a password: unpack it")
    return members[0]


def _once(file: Path, data: bytes) -> bytes:
    if data.startswith((GZIP, ZIP)):
        raise refusal(file, "unreadable: packed twice: unpack it once")
    return data
