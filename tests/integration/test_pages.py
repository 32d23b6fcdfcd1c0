"""Links, files and codes that the documentation names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.documented import PAGES, ROOT
from trifold.codes import Code, Of, codes_of


@pytest.mark.parametrize("page", PAGES)
def test_links_of_pages_lead_somewhere(page: str) -> None:
    for link, anchor in re.findall(r"\]\(((?!http)[^)#]*)#?([^)]*)\)", _text(ROOT / page)):
        there = (ROOT / page).parent / link if link else ROOT / page
        assert there.exists(), f"{page}: {link}"
        if anchor:
            assert anchor in _anchors(there), f"{page}: {link}#{anchor}"


def _anchors(page: Path) -> set[str]:
    """Of headings, as GitHub and MkDocs make them."""
    text = _text(page)
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-")
            for h in re.findall(r"^#+ (.*)$", text, re.M)}  # fmt: skip


def _text(page: Path) -> str:
    """A page with the one that it shows in its place."""
    text = page.read_text(encoding="utf-8")
    shown = re.fullmatch(r'--8<-- "(.*)"', text.strip())
    return text if shown is None else _text(ROOT / shown[1])


@pytest.mark.parametrize("page", PAGES)
def test_files_that_pages_name_exist(page: str) -> None:
    spans = re.findall(
        r"`((?:src|configs|examples|tests|benchmarks|serve|docs)/[^`\s]*)`", _text(ROOT / page)
    )
    assert [span for span in spans if not (ROOT / span).exists()] == []


def test_every_code_of_a_row_is_explained() -> None:
    told = set(re.findall(r"`([A-Z][A-Z_]{5,})`", _text(ROOT / "docs/reference/codes.md")))
    rows = codes_of(Of.MISSING, Of.DOUBT, Of.FILE, Of.PERSON)
    assert told <= set(rows)
    assert set(rows) - told <= {Code.ENCODER_ERROR, Code.INPUT_ERROR}  # in the table of all
