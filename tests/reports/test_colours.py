"""Colours of reports, computed: text at least 4.5 to 1, drawn things at least 3 to 1 (WCAG AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "src/trifold/templates"
WHITE = "#ffffff"


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, WCAG 2.2."""
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colours() -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", (CSS / "style.css").read_text()))


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)  # the textbook near miss


@pytest.mark.parametrize("name", ["ink", "muted", "accent", "warn", "bad", "up", "down"])
def test_text_can_be_read_on_white_and_on_tiles(name: str) -> None:
    found = colours()
    assert contrast(found[name], WHITE) >= 4.5
    assert contrast(found[name], found["soft"]) >= 4.5


@pytest.mark.parametrize(("text", "ground"), [("warn", "warnbg"), ("bad", "badbg")])
def test_text_can_be_read_on_its_own_ground(text: str, ground: str) -> None:
    assert contrast(colours()[text], colours()[ground]) >= 4.5


@pytest.mark.parametrize("name", ["accent", "edge", "up", "down"])
def test_outlines_and_bars_can_be_seen(name: str) -> None:
    """The fills of intervals and norms are pale; their outlines carry them."""
    found = colours()
    for ground in (WHITE, found["soft"], found["norm"]):
        assert contrast(found[name], ground) >= 3.0


def test_a_dot_can_be_told_from_its_band() -> None:
    assert contrast(colours()["accent"], colours()["band"]) >= 3.0


def test_words_can_be_read_on_every_shade() -> None:
    shades = re.findall(r"\.s\d { background: (#[0-9a-f]{6})", (CSS / "scores.css").read_text())
    assert len(shades) == 8
    for shade in shades:
        assert contrast(colours()["ink"], shade) >= 4.5
