"""HTML pages: one self-contained file each, nothing loaded from elsewhere."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from trifold.runtime.private import private_folder, write_atomically

_FOLDER = Path(__file__).parent


class _CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates lie where Python keeps its own bytecode, if it may and can write there."""

    def __init__(self, folder: Path = _FOLDER / "__pycache__") -> None:
        super().__init__(str(folder))

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(Exception):  # a damaged one is compiled anew
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_FOLDER),
    bytecode_cache=_CompiledTemplates(),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def css_string(text: str) -> Markup:
    """A string of CSS that shows any text and can end neither itself nor an element around it."""
    safe = "".join(
        sign if sign.isascii() and sign.isalnum() else f"\\{ord(sign):06x} " for sign in text
    )
    return Markup('"{}"').format(Markup(safe))  # noqa: S704  (letters, digits and escapes of CSS)


_ENVIRONMENT.filters["css_string"] = css_string


def fragment(template: str, **values: object) -> str:
    """Fill a template that is a part of a page; a name that it lacks is an error."""
    return _ENVIRONMENT.get_template(template).render(**values)


def render(template: str, path: Path, **values: object) -> Path:
    """Fill ``template`` and write it as UTF-8; a name that it lacks is an error, never a blank.

    What UTF-8 cannot hold (bytes of file names that are no text) is written as an escape.
    """
    private_folder(path.parent)
    page = _ENVIRONMENT.get_template(template).render(**values)
    write_atomically(path, page.encode("utf-8", "backslashreplace"), sync=False)
    return path
