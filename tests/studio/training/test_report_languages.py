"""A run's report, made anew from what the run keeps, in the language of who reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.factories.page_texts import hyphened, texts
from tests.training.degenerate_factory import make_people
from tests.training.test_degenerate_runs import FOLDED, case, dims_of, run
from trifold.decimals import MINUS
from trifold.studio.training.languages import report_in
from trifold.studio.web.messages.telling import catalog
from trifold.studio.web.wording import Wording

# names of targets and of measures
NAMES = re.compile(r"drive|warmth|[Ss]pearman|pearson|ccc|c index|mse|mae|one minus mae|[A-Z]{3}")


@pytest.mark.parametrize("people", ["fourteen", "six people"])
def test_a_report_is_the_same_in_english_and_says_nothing_so_in_german(
    people: str, tmp_path: Path
) -> None:
    found = (
        make_people(14, dims=dims_of(*FOLDED)) if people == "fourteen" else case(people, *FOLDED)
    )
    run(found, tmp_path, *FOLDED)
    english = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert report_in(tmp_path, "en", Wording()) == english
    german = report_in(tmp_path, "de", Wording())
    assert german is not None
    alike = {message.string for message in catalog("de")}
    same = set(texts(german)) & set(texts(english)) - alike
    assert [text for text in same if not NAMES.fullmatch(text)] == []
    assert hyphened(english) == hyphened(german) == []
    assert english.count(MINUS) == german.count(MINUS) > 0
    own, theirs = (
        set(re.findall(r"image/png;base64,([^\"]+)", page)) for page in (german, english)
    )
    assert len(own) == len(theirs) > 0
    assert own.isdisjoint(theirs)  # whose words are others
    assert 'lang="en"' not in german


def test_a_run_that_did_not_keep_enough_has_its_report_as_it_was(tmp_path: Path) -> None:
    assert report_in(tmp_path, "de", Wording()) is None
    (tmp_path / "metrics.json").write_text('{"data": {"corpus": "calls"}}')
    assert report_in(tmp_path, "de", Wording()) is None
