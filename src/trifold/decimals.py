"""How numbers are written for people: with a true minus, which screen readers read.

Files for programs (CSV, JSON, workbooks) keep the hyphen, which is what their readers expect.
"""

from __future__ import annotations

import re

MINUS = "\N{MINUS SIGN}"
# a number with commas between thousands, or a decimal point between digits
_SEPARATOR = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])|(?<=\d)\.(?=\d)")


class FormattedNumber(str):
    """A number with English symbols, which other languages write with others."""

    __slots__ = ()


def decimal(
    value: float, places: int, *, signed: bool = False, grouped: bool = False, bare: bool = False
) -> FormattedNumber:
    """A number with fixed places, ``−0.12``; what rounds to zero has no sign.

    Args:
        value: to write.
        places: after the point.
        signed: with a plus above zero.
        grouped: with commas between thousands.
        bare: without a zero in front of the point, as correlations are printed.
    """
    text = f"{value:{'+' if signed else ''}{',' if grouped else ''}.{places}f}"
    return _written(text, bare=bare)


def probability(p: float) -> FormattedNumber:
    """A p-value: ``0.032``; one that rounds to nothing is ``< 0.001``, as none is 0."""
    return FormattedNumber("< 0.001") if p < 0.0005 else decimal(p, 3)


def general(value: float, digits: int = 6, *, bare: bool = False) -> FormattedNumber:
    """A number with significant digits, ``7`` or ``−2.5``: ends of scales and cuts.

    Args:
        value: to write.
        digits: at most, zeros at the end left out.
        bare: see ``decimal``.
    """
    return _written(f"{value:.{digits}g}", bare=bare)


def with_symbols(text: str, *, point: str, group: str) -> str:
    """A text whose numbers are written as here, with other symbols: ``1,204.5`` as ``1.204,5``.

    Args:
        text: of a page.
        point: in front of decimals.
        group: between thousands.
    """
    return _SEPARATOR.sub(
        lambda found: point if found[0] == "." else found[0].replace(",", group), text
    )


def _written(text: str, *, bare: bool) -> FormattedNumber:
    sign, size = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    if not size.strip("0."):
        sign = ""
    if bare and size.startswith("0."):
        size = size[1:]
    return FormattedNumber((sign + size).replace("-", MINUS))
