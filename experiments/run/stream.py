"""What the command line writes to: it may be closed, end early, or know few signs, and no result depends on it.

What is written to a stream that is not there goes nowhere, and no file that is opened later gets its number. A reader
that has gone has read enough: the rest goes nowhere too, and the command ends as it would have. Signs that the encoding
lacks are written as the nearest it has.
"""

import codecs
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Buffer, Iterable
from typing import TextIO

import click

NEAREST = {
    "−": "-", "–": "-", "—": "-", "×": "x", "·": "*", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "→": "->", "←": "<-",
    "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"', "±": "+-", "∞": "inf", "√": "sqrt", "Σ": "sum", "²": "^2",
}  # fmt: skip
SIGNS = "backstop.signs"
# A pipe nobody reads, a terminal that was closed.
GONE = (errno.EPIPE, errno.EIO, errno.ESHUTDOWN)


class Patient(io.FileIO):
    """An open file whose reader may leave, or whose disk may be full, which is told once."""

    lost = False

    def write(self, data: Buffer) -> int:
        """Write `data`, or drop it where nobody is left to read it."""
        if self.lost:
            return memoryview(data).nbytes
        try:
            return super().write(data) or 0
        except OSError as error:
            self.lost = True
            if error.errno not in GONE:
                raise
            return memoryview(data).nbytes


def prepare() -> None:
    """Make standard input, output and error fit to be used, whatever they are; only where they are the system's own."""
    codecs.register_error(SIGNS, nearest)
    _occupy()
    if sys.stdout is sys.__stdout__:
        sys.stdout = _fit(sys.stdout, 1)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _fit(sys.stderr, 2)


def nearest(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for signs that cannot be encoded: a near one, the bytes of a name in no encoding, or ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(map(_near, signs)), error.end


def announce(lines: Iterable[str], quiet: bool) -> None:
    """Print `lines` on standard error, unless `quiet`."""
    if not quiet:
        for line in lines:
            click.echo(line, err=True)


def lively(stream: TextIO | None) -> bool:
    """Tell whether `stream` is a terminal on which a line can be drawn again."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def _odd(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _near(sign: str) -> str:
    if _odd(sign):
        return f"\\x{ord(sign) & 0xFF:02x}"
    name = unicodedata.name(sign, "")
    if sign in NEAREST or name.startswith("GREEK"):
        return NEAREST.get(sign, name.rpartition(" ")[2].lower())
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii") or "?"


def _occupy() -> None:
    """Let the numbers of streams that are closed be taken by nothing."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one


def _fit(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    try:
        stream.flush()
        patient = io.BufferedWriter(Patient(number, "w", closefd=False))
    except OSError:
        return stream
    told = stream.errors or "strict"
    known = "utf" in (stream.encoding or "").lower()
    errors = SIGNS if told in ("strict", "backslashreplace") or (told == "surrogateescape" and not known) else told
    return io.TextIOWrapper(patient, stream.encoding, errors, line_buffering=stream.isatty() or number == 2)
