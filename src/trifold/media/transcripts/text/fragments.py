"""Text out of fragments of HTML, as editors keep it and browsers copy it: ``<p>Ann …</p>``."""

from __future__ import annotations

import re

_BLOCK = re.compile(
    r"<(?:p|div|li|h[1-6]|tr|dd|dt|section|blockquote)\b[^<>]{0,400}>", re.IGNORECASE
)
_END = re.compile(
    r"(?:<br ?/?>|</(?:p|div|li|h[1-6]|tr|ul|ol|dd|dt|section|blockquote)>)[ \t]*",
    re.IGNORECASE,
)
_CELL = re.compile(r"</t[dh]>", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(script|style|head)\b.{0,2000}?</\1>|<!--.{0,5000}?-->", re.IGNORECASE | re.DOTALL
)
_INLINE = re.compile(
    r"</?(?:p|div|li|ul|ol|h[1-6]|tr|t[dh]|tbody|thead|table|dl|dd|dt|section|blockquote|span|b|i|u|em|"
    r"strong|small|a|time|button|mark|font|code|cite|label)(?:\s[^<>]{0,400})?/?>",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"<(?:span|time|a|button)\b[^<>]{0,400}>\s*(\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?)\s*"
    r"</(?:span|time|a|button)>",
    re.IGNORECASE,
)


def is_fragment(text: str) -> bool:
    """Whether a text is made of paragraphs, lists or rows of HTML, though it is no page."""
    head = text.lstrip("\ufeff \r\n\t")[:400]
    return head[:1] == "<" and _BLOCK.match(head) is not None and _END.search(text) is not None


def text_of_fragment(text: str) -> str:
    """Its text as a reader of the page sees it: a line for each block, cells by tabs.

    Times in elements of their own get brackets, which speech never has.
    """
    bare = " ".join(_UNSEEN.sub("", text).replace("\t", " ").split(" "))
    bare = " ".join(line.strip() for line in bare.split("\n"))
    bare = _END.sub("\n", _CELL.sub("\t", _STAMP.sub(r"[\1] ", bare)))
    bare = _INLINE.sub("", bare).replace("&nbsp;", " ").replace("&#160;", " ")
    return "\n".join(line.strip(" ").rstrip("\t ") for line in bare.split("\n"))
