"""XML from anywhere: parsed without entities of its own, walked without recursion."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from trifold.media.transcripts.parsed import Format, OtherContentError, ParsedTranscript

MARKUP = frozenset({"i", "b", "u", "p", "c", "v", "em", "div", "span", "font"})  # around text
Event = Literal["start", "text", "end"]
# an ampersand that is no entity of XML: alone, or of an entity of HTML
_LOOSE = re.compile(r"&(?!#\d{1,7};|#x[0-9A-Fa-f]{1,6};|(?:amp|lt|gt|quot|apos);)(\w{1,31};)?")
_HEAD = re.compile(
    r"(?:<\?[^<>]{0,400}\?>|(?><!--.{0,2000}?-->)|<!DOCTYPE[^<>]{0,400}>|\s){0,9}", re.DOTALL
)
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,60})")


def root_name(text: str) -> str | None:
    """Local name of the first element, in lower case; None where the text is no XML."""
    head = text.lstrip("\ufeff \r\n\t")[:8000]
    if not head.startswith("<"):
        return None
    match = _ROOT.match(head, _HEAD.match(head).end())  # type: ignore[union-attr]
    return match.group(1).lower() if match else None


def parse_xml(text: str) -> Element:
    """The root of a document; ``&`` alone and entities of HTML are taken as meant.

    Raises:
        ValueError: when it is not well-formed, or declares entities.
    """
    try:
        root: Element = fromstring(_LOOSE.sub(_meant, text.lstrip("\ufeff \r\n\t")))
    except DefusedXmlException as error:
        raise ValueError("expected XML without entities of its own, got some") from error
    except (ParseError, ValueError) as error:
        raise ValueError(f"expected well-formed XML, got {error}") from error
    return root


def is_document(text: str) -> bool:
    """True for XML and HTML of any kind: by its declaration, or by a root that is closed."""
    name = root_name(text)
    if name is None:
        return False
    head = text.lstrip("\ufeff \r\n\t")[:9].lower()
    closed = text[-200:].rstrip().lower().endswith(f"</{name}>")
    return head.startswith(("<?xml", "<!doctype")) or (closed and name not in MARKUP)


def refuse(text: str) -> ParsedTranscript:
    """Refuse documents of other kinds.

    Raises:
        OtherContentError: always, with the name of the document's root.
    """
    raise OtherContentError(f"expected timed text or annotations in XML, got <{root_name(text)}>")


def walk(root: Element) -> Iterator[tuple[Event, Element, str]]:
    """Starts, texts and ends in the document's order; a text comes with the element it is in."""
    stack: list[tuple[Element, Iterator[Element]]] = []
    yield "start", root, ""
    yield "text", root, root.text or ""
    stack.append((root, iter(root)))
    while stack:
        element, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield "end", element, ""
            if stack:
                yield "text", stack[-1][0], element.tail or ""
        else:
            yield "start", child, ""
            yield "text", child, child.text or ""
            stack.append((child, iter(child)))


def local(name: object) -> str:
    """A tag's or attribute's name without its namespace; comments have none."""
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def attributes(element: Element) -> dict[str, str]:
    """Attributes by their local names."""
    return {local(key): value for key, value in element.attrib.items()}


def positive(value: str | None, default: float) -> float:
    """A positive number of at most seven digits before the point."""
    text = (value or "").strip()
    ok = re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text, re.ASCII) and float(text) > 0
    return float(text) if ok else default


def _meant(match: re.Match[str]) -> str:
    """A bare ampersand as a character, a named entity of HTML as what it stands for."""
    whole = match.group()
    meant = html.unescape(whole) if match.group(1) else whole
    return f"&amp;{whole[1:]}" if meant == whole else meant


FORMATS = (Format(is_document, refuse),)  # after all that read XML
