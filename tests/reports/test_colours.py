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


def colours(scheme: str) -> dict[str, str]:
    """Name to colour; the dark scheme changes those of the light one."""
    light, _, dark = (CSS / "style.css").read_text().partition("@media screen and (prefers-color")
    found = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", light))
    changed = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", dark.partition("\n")[0]))
    assert changed.keys() <= found.keys()
    return found | changed if scheme == "dark" else found


@pytest.fixture(params=["light", "dark"])
def found(request: pytest.FixtureRequest) -> dict[str, str]:
    return colours(request.param)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)  # the textbook near miss


def test_the_schemes_are_dark_and_light_and_paper_is_always_white() -> None:
    light, dark = colours("light"), colours("dark")
    assert luminance(light["page"]) > 0.9
    assert luminance(dark["page"]) < 0.02
    assert light.keys() - {"paper"} == {name for name in dark if dark[name] != light[name]}
    assert dark["paper"] == WHITE  # of plots, which are drawn once


def test_no_colour_stands_outside_of_the_two_schemes() -> None:
    style = (CSS / "style.css").read_text().split("\n")
    schemes = [line for line in style if "--page:" in line]
    assert len(schemes) == 2
    rest = "\n".join(line for line in style if line not in schemes)
    assert re.findall(r"#[0-9a-f]{3,8}\b", rest + (CSS / "scores.css").read_text()) == []


@pytest.mark.parametrize("name", ["ink", "muted", "accent", "warn", "bad", "up", "down"])
def test_text_can_be_read_on_the_page_and_on_tiles(found, name: str) -> None:
    assert contrast(found[name], found["page"]) >= 4.5
    assert contrast(found[name], found["soft"]) >= 4.5


@pytest.mark.parametrize(
    ("text", "ground"), [("warn", "warnbg"), ("bad", "badbg"), ("page", "accent")]
)
def test_text_can_be_read_on_its_own_ground(found, text: str, ground: str) -> None:
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("name", ["accent", "edge", "up", "down"])
def test_outlines_and_bars_can_be_seen(found, name: str) -> None:
    """The fills of intervals and norms are pale; their outlines carry them."""
    for ground in ("page", "soft", "norm"):
        assert contrast(found[name], found[ground]) >= 3.0


def test_a_dot_can_be_told_from_its_interval(found) -> None:
    assert contrast(found["accent"], found["band"]) >= 3.0


@pytest.mark.parametrize("shade", [f"{way}{k}" for way in ("plus", "minus") for k in range(1, 5)])
def test_words_can_be_read_on_every_shade(found, shade: str) -> None:
    assert contrast(found["ink"], found[shade]) >= 4.5
    assert f"var(--{shade})" in (CSS / "scores.css").read_text()
