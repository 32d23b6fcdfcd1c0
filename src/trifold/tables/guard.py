"""Text that spreadsheets must not run as formulas, in files that cannot say what is text.

A cell that starts with ``=``, ``+``, ``-``, ``@`` or a control character may be run when a CSV file
is opened. An apostrophe in front makes it text; the reader of tables takes it off again.
"""

from __future__ import annotations

import re

_RUN = re.compile(  # some programs strip space, quotes and marks of no width before they look
    "'*[\t\r\n]|['\"\\s\u200b\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]"
)


def guarded(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet might run it."""
    return f"'{text}" if _RUN.match(text) else text


def unguarded(text: str) -> str:
    """What ``guarded`` was given."""
    return text[1:] if text.startswith("'") and _RUN.match(text) else text
