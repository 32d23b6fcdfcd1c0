"""Rows and columns that a sheet does not show, of ``.xlsx`` and ``.ods``.

They are hidden by hand, folded away in an outline, or left out by a filter. ``workbook`` imports
this in its process of its own.
"""

from __future__ import annotations

import re
import zipfile

_LINK, _LINK_ID = re.compile(rb"<Relationship\b[^<>]*>"), re.compile(rb'\bId="([^"]*)"')
_LINK_TO = re.compile(rb'\bTarget="([^"]*)"')
_SHEET_LINK = re.compile(rb'<(?:\w+:)?sheet\b[^<>]*\br:id="([^"]*)"')
_XLSX_PART = re.compile(rb'<(?:\w+:)?(row|col)\b(?=[^<>]*\bhidden="(?:1|true)")([^<>]*)>')
_XLSX_NUMBER = re.compile(rb'\b(?:r|min|max)="(\d{1,7})"')
_ODS_TABLE = re.compile(rb"<table:table[\s>]")
_ODS_PART = re.compile(rb"<(/?)table:table-(row|column)(-group)?(?=[\s/>])([^<>]*)>")
_ODS_HIDDEN = re.compile(rb'\btable:(?:visibility="(?:collapse|filter)"|display="false")')
_ODS_REPEATS = re.compile(rb'-repeated="(\d{1,12})"')
Ranges = list[tuple[int, int]]
Parts = dict[str, Ranges]  # ``row`` and ``column`` to first and last number, from 1


def hidden_in(path: str) -> dict[int, Parts]:
    """Position of each sheet to what it does not show; empty for other files.

    Args:
        path: of a workbook whose size was checked.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "content.xml" in names:
            sheets = _ODS_TABLE.split(archive.read("content.xml"))[1:]
            return {i: _of_ods(sheet) for i, sheet in enumerate(sheets)}
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        files = _files_of_xlsx(archive)
        return {i: _of_xlsx(archive.read(one)) for i, one in enumerate(files) if one in names}


def _files_of_xlsx(archive: zipfile.ZipFile) -> list[str]:
    """Where each sheet of a workbook stands, in its order."""
    links = archive.read("xl/_rels/workbook.xml.rels")
    targets = {
        name[1]: target[1]
        for link in _LINK.findall(links)
        if (name := _LINK_ID.search(link)) and (target := _LINK_TO.search(link))
    }
    sheets = _SHEET_LINK.findall(archive.read("xl/workbook.xml"))
    return [f"xl/{targets.get(one, b'').decode().removeprefix('/xl/')}" for one in sheets]


def _of_xlsx(sheet: bytes) -> Parts:
    found: Parts = {"row": [], "column": []}
    for kind, attributes in _XLSX_PART.findall(sheet):
        numbers = [int(number) for number in _XLSX_NUMBER.findall(attributes)]
        if numbers:
            found["row" if kind == b"row" else "column"].append((min(numbers), max(numbers)))
    return found


def _of_ods(sheet: bytes) -> Parts:
    """Repeated rows count as often as they stand for; a folded group hides all that is in it."""
    found: Parts = {"row": [], "column": []}
    last = {"row": 0, "column": 0}
    folded: dict[str, list[bool]] = {"row": [], "column": []}
    for closing, named, group, attributes in _ODS_PART.findall(sheet):
        kind = named.decode()
        if group:
            if closing:
                folded[kind] = folded[kind][:-1]
            else:
                folded[kind].append(_ODS_HIDDEN.search(attributes) is not None)
        elif not closing:
            repeats = _ODS_REPEATS.search(attributes)
            first = last[kind] + 1
            last[kind] += int(repeats[1]) if repeats else 1
            if any(folded[kind]) or _ODS_HIDDEN.search(attributes):
                found[kind].append((first, last[kind]))
    return found
