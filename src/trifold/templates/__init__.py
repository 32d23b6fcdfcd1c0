"""HTML pages: one self-contained file each, nothing loaded from elsewhere.

What templates say stands in ``_("…")``, and what code made goes through the filter ``told``, so
that who shows pages to people of other languages can translate them; here they are English.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from gettext import NullTranslations
from pathlib import Path

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
)
from jinja2.bccache import Bucket
from markupsafe import Markup

from trifold.decimals import decimal, general
from trifold.runtime.private import private_folder, write_atomically

FOLDER = Path(__file__).parent


class _CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates lie where Python keeps its own bytecode, if it may and can write there."""

    def __init__(self, folder: Path = FOLDER / "__pycache__") -> None:
        super().__init__(str(folder))

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(Exception):  # a damaged one is compiled anew
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


def css_string(text: str) -> Markup:
    """A string of CSS that shows any text and can end neither itself nor an element around it."""
    safe = "".join(
        sign if sign.isascii() and sign.isalnum() else f"\\{ord(sign):06x} " for sign in text
    )
    return Markup('"{}"').format(Markup(safe))  # noqa: S704  (letters, digits and escapes of CSS)


def sentence(text: str) -> str:
    """With a capital letter in front; the rest stays."""
    return text[:1].upper() + text[1:]


def environment(
    language: str = "en",
    translations: NullTranslations | None = None,
    filters: Mapping[str, Callable[..., str]] | None = None,
    compiled: BytecodeCache | None = None,
) -> Environment:
    """Templates that say what they say in a language.

    Args:
        language: as ``lang`` of a page names it.
        translations: of messages; None says them as they are written.
        filters: in the place of those for English: ``told`` of a text that code made, ``marked``
            likewise, which says where it stays English, ``local`` of a text with numbers in it,
            ``number`` of a number and its decimals, ``general`` of one with as many as it has.
        compiled: keeps compiled templates; for one language alone, as constants are filled in.
    """
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        bytecode_cache=compiled,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations or NullTranslations(), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "css_string": css_string,
        "sentence": sentence,
        "told": str,
        "marked": str,
        "local": str,
        "number": decimal,
        "general": general,
        **(filters or {}),
    }
    made.globals["language"] = language
    return made


_ENGLISH = environment(compiled=_CompiledTemplates())


def fragment(template: str, within: Environment = _ENGLISH, **values: object) -> str:
    """Fill a template as text; a name that it lacks is an error.

    Args:
        template: its name.
        within: says it in another language; see ``environment``.
        values: of the template.
    """
    return within.get_template(template).render(**values)


def render(template: str, path: Path, **values: object) -> Path:
    """Fill ``template`` and write it as UTF-8; a name that it lacks is an error, never a blank.

    What UTF-8 cannot hold (bytes of file names that are no text) is written as an escape.
    """
    private_folder(path.parent)
    page = _ENGLISH.get_template(template).render(**values)
    write_atomically(path, page.encode("utf-8", "backslashreplace"), sync=False)
    return path
