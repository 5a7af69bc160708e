"""Which columns of a price file are read: the first name for a time that there is, and open, high, low and close.

Names are compared in lower case, without quotes and angle brackets, blanks as underscores. Columns that are not read
may have any name, even the same; two columns for what is read are ambiguous and refused.
"""

from collections.abc import Sequence
from pathlib import Path

from model.price.reader.problem import refusal

PRICES = ("open", "high", "low", "close")
TIMES = ("open_time", "timestamp", "date", "datetime", "time")
VOLUME = "volume"
KLINE = (
    *("open_time", *PRICES, "volume", "close_time", "quote_volume"),
    *("count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
_SHOWN = 200


def plain(name: str) -> str:
    """Return the name of a column as it is compared."""
    return "_".join(name.strip("\ufeff#<>\"' \t").lower().split())


def is_heading(names: Sequence[str]) -> bool:
    """Return whether the plain `names` hold all that is read."""
    return set(PRICES) <= set(names) and not set(TIMES).isdisjoint(names)


def chosen(file: Path, names: Sequence[str], volume: bool) -> dict[str, int]:
    """Return where each column stands that is read, the time first; raises PriceFileError."""
    if not is_heading(names):
        raise refusal(file, wrong_columns(names))
    read = [next(name for name in TIMES if name in names), *PRICES]
    read += [VOLUME] * (volume and VOLUME in names)
    twice = [name for name in read if names.count(name) > 1]
    if twice:
        where = " and ".join(str(column + 1) for column, name in enumerate(names) if name == twice[0])
        raise refusal(file, f"columns: {twice[0]}: named twice, columns {where}: every column once is allowed")
    return {name: names.index(name) for name in read}


def clock_beside(names: Sequence[str]) -> int | None:
    """Return where the time of day stands that belongs to a column of dates; None where there is none."""
    split = names.count("date") == names.count("time") == 1 and not {"open_time", "timestamp"} & set(names)
    return list(names).index("time") if split else None


def wrong_columns(found: Sequence[str]) -> str:
    """Return the problem of columns of which some are missing."""
    shown = ", ".join(found)
    allowed = f"one of {', '.join(TIMES)} and all of {', '.join(PRICES)}, or {len(KLINE)} columns of klines"
    return f"columns: {shown[:_SHOWN]}{'...' * (len(shown) > _SHOWN)}: {allowed} are needed"
