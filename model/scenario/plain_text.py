"""The text of a user's file: UTF-8, with or without a byte order mark; anything else is refused by name, never guessed.

A file is read whole only once its size is known, and only if it is a file: a device or a pipe has no size, and cannot
be read twice.
"""

import codecs
from pathlib import Path

FOREIGN = (
    (codecs.BOM_UTF32_LE, "UTF-32 text"),
    (codecs.BOM_UTF32_BE, "UTF-32 text"),
    (codecs.BOM_UTF16_LE, "UTF-16 text"),
    (codecs.BOM_UTF16_BE, "UTF-16 text"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive or a workbook"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF file"),
)


def content(path: str | Path, most: int) -> bytes:
    """Return the bytes of a file of at most `most` bytes.

    Raises
    ------
    ValueError
        If it is larger, or no regular file.
    OSError
        If it cannot be read.
    """
    file = Path(path)
    size = file.stat().st_size
    if size > most:
        raise ValueError(f"{size} bytes; allowed: at most {most}")
    if not (file.is_file() or file.is_dir()):
        raise ValueError("is a device or a pipe; allowed: a file")
    return file.read_bytes()


def decoded(raw: bytes) -> str:
    """Return `raw` as text, without its byte order mark; ValueError saying what it is where it is not UTF-8."""
    for opening, kind in FOREIGN:
        if raw.startswith(opening):
            raise ValueError(f"is {kind}; allowed: text in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: byte {raw[error.start]:#04x} is not UTF-8; allowed: text in UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"line {line}: a zero byte, as in UTF-16 or no text at all; allowed: text in UTF-8")
    return text
