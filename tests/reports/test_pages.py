"""Pages of a scored folder as files: self-contained, complete, and safe with hostile input."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.factories.page_texts import hyphened
from tests.reports.report_factory import HOSTILE, NAMES, evidence, folder, model, transcript
from trifold.contracts import Clip, Target
from trifold.decimals import MINUS
from trifold.reports.overview import MOST_CANDIDATES
from trifold.reports.pages import transcripts, write_candidate, write_overview
from trifold.reports.wording import page_name
from trifold.scoring.folder.run import ScoredFolder

VOID = {"meta", "img", "br", "input", "link"}
LOADING = {"src", "srcset", "data", "poster", "action", "background"}


class Page(HTMLParser):
    """Reads a page: text, attributes, ids, links, and whether every tag is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def values(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def write(scored: ScoredFolder, out: Path, **options) -> Path:
    """The overview and all candidates' pages, with evidence for whoever has scores."""
    facts = model(**options)
    for row in scored.candidates:
        own = [a for a in scored.answers if a["candidate_id"] == row["candidate_id"]]
        n = sum(a["status"] == "scored" for a in own)
        found = evidence(str(row["candidate_id"]), row, n) if row["status"] == "scored" else None
        write_candidate(row, own, facts, out / "report.html", evidence=found)
    return write_overview(scored.answers, scored.candidates, facts, out / "report.html")


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("report")
    write(folder(), root)
    return root


def test_pages_are_well_formed_and_load_nothing(out: Path) -> None:
    paths = [out / "report.html", *sorted((out / "candidates").iterdir())]
    assert len(paths) == 13
    for path in paths:
        page = Page(path)
        assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "img"}
        assert not [name for _, attributes in page.tags for name in attributes if name in LOADING]
        assert not re.search(r"@import|url\(|https?:", path.read_text(encoding="utf-8"))
        assert not [name for _, a in page.tags for name in a if name.startswith("on")]
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        for word in ("must not be used", "Synthetic.", "0123456789abcdef"):
            assert word in page.text, path


def test_links_lead_to_pages_and_places_that_are_there(out: Path) -> None:
    for path in (out / "report.html", *(out / "candidates").iterdir()):
        page = Page(path)
        for link in page.values("href"):
            target, _, place = link.partition("#")
            assert (path.parent / target).resolve().is_file() if target else True, link
            assert place in page.values("id") if place else True, link
    links = Page(out / "report.html").values("href")
    assert sum(link.startswith("candidates/") for link in links) == 12


def test_every_score_stands_with_its_band_and_percentile(out: Path) -> None:
    row = folder().candidates[1]
    text = Page(out / "candidates/candidate_01.html").text
    for name in ("openness", "emotional_stability"):
        assert f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})" in text
    assert len(re.findall(r"Higher than \d+ % of the norm group", text)) == 5
    assert "Norms: 101 drawn people." in text
    assert "90 % interval" in text


def test_without_norms_none_are_spoken_of(tmp_path: Path) -> None:
    write(folder(6), tmp_path, norms=False)
    for path in (tmp_path / "report.html", tmp_path / "candidates/candidate_00.html"):
        assert "norm" not in Page(path).text.lower()


def test_spread_and_distance_are_said_where_known(tmp_path: Path) -> None:
    scored = folder(3)
    row = scored.candidates[0] | {"openness_spread": 0.25, "distance": 0.97}
    write_candidate(row, scored.answers[:1], model(), tmp_path / "report.html")
    text = Page(tmp_path / "candidates/candidate_00.html").text
    assert "Members of the ensemble differ by ± 0.25" in text
    assert "than 97 % of those do" in text


def test_a_withheld_candidate_has_reasons_and_no_number(out: Path, tmp_path: Path) -> None:
    text = Page(out / "candidates/candidate_05.html").text
    assert "No scores are given." in text
    assert "No file of this candidate could be scored (NOTHING_USABLE)." in text
    assert "expected a media file, got 17 bytes" in text
    scored = folder(6)
    row = scored.candidates[5] | {"reasons": "TOO_SHORT;OUT_OF_DISTRIBUTION"}
    write_candidate(row, [], model(), tmp_path / "report.html")
    text = Page(tmp_path / "candidates/candidate_05.html").text
    assert "Too little was said to score it (TOO_SHORT)." in text
    assert "(OUT_OF_DISTRIBUTION)" in text


def test_failures_and_what_is_missing_are_listed(out: Path) -> None:
    text = Page(out / "report.html").text
    assert text.count("broken/q9.mp4: expected a media file") == 2
    assert "no face is seen" in text
    assert "They are not ranked" in text


def test_the_same_rows_give_the_same_bytes(out: Path, tmp_path: Path) -> None:
    write(folder(), tmp_path)
    for path in (p for p in out.rglob("*.html")):
        assert (tmp_path / path.relative_to(out)).read_bytes() == path.read_bytes()


def hostile() -> ScoredFolder:
    """Everything that comes from outside is an attack."""
    scored = folder(2)
    changed = {"candidate_id": HOSTILE, "clip_id": HOSTILE, "question": HOSTILE,
               "question_id": HOSTILE, "error_message": HOSTILE}  # fmt: skip
    answers = [
        row | {k: changed[k] for k in changed if k != "error_message"} for row in scored.answers
    ]
    answers.append(answers[0] | {"status": "error", "error_code": HOSTILE, **changed})
    people = [scored.candidates[0] | {"candidate_id": HOSTILE, "missing": f"video:{HOSTILE}"}]
    return ScoredFolder(answers, people)


def write_hostile(out: Path) -> Path:
    scored = hostile()
    facts = model(terms=HOSTILE, norm_group=HOSTILE, bundle_id=HOSTILE)
    found = evidence(HOSTILE, scored.candidates[0], 1, [HOSTILE, "Fine."])
    found |= {"method": HOSTILE, "reference": HOSTILE}
    for target in found["targets"]:
        target["expert_weight"] = {HOSTILE: 1.0}
    write_candidate(
        scored.candidates[0], scored.answers, facts, out / "report.html", evidence=found
    )
    return write_overview(scored.answers, scored.candidates, facts, out / "report.html")


def test_nothing_from_outside_becomes_markup(tmp_path: Path) -> None:
    write_hostile(tmp_path)
    path = tmp_path / f"candidates/{page_name(HOSTILE)}.html"
    for page in (Page(tmp_path / "report.html"), Page(path)):
        assert not {tag for tag, _ in page.tags} & {"script", "img"}
        assert not page.values("onerror")
        assert HOSTILE in page.text
    assert Page(path).text.count(HOSTILE) >= 8


@pytest.mark.parametrize(
    "name", ["\udcff\udcfe.mp4", "a\x00b", "\u202egpj.exe", "日本語", "a" * 400]
)
def test_ids_of_any_kind_have_a_page(tmp_path: Path, name: str) -> None:
    scored = folder(1)
    row = scored.candidates[0] | {"candidate_id": name}
    path = write_candidate(row, scored.answers, model(), tmp_path / "report.html")
    write_overview(scored.answers, [row], model(), tmp_path / "report.html")
    assert path.parent == tmp_path / "candidates"
    assert f"candidates/{path.name}" in Page(tmp_path / "report.html").values("href")


def test_long_lists_are_cut_and_say_so(tmp_path: Path) -> None:
    row = folder(1).candidates[0]
    people = [row | {"candidate_id": f"p{n}"} for n in range(MOST_CANDIDATES + 7)]
    text = Page(write_overview([], people, model(), tmp_path / "report.html", pages=False)).text
    assert f"The first {MOST_CANDIDATES} of {MOST_CANDIDATES + 7} candidates are shown" in text


def test_words_come_from_clips_and_unreadable_ones_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nHello there.\n")
    (tmp_path / "b.json").write_text("{")
    clips = [
        Clip("a", "p", None, transcript_path=tmp_path / "a.vtt"),
        Clip("b", "p", None, transcript_path=tmp_path / "b.json"),
        Clip("c", "p", None, transcript=transcript()),
        Clip("d", "p", None),
    ]
    found = transcripts(clips)
    assert set(found) == {"a", "c"}
    assert found["a"].text == "Hello there."


def test_what_may_be_nothing_is_said_in_words_and_only_where_orders_were_sampled(tmp_path) -> None:
    scored, name = folder(1), "candidate_00"
    found = evidence(name, scored.candidates[0], 1)
    for target in found["targets"]:
        for piece in target["pieces"]:
            piece["error"] = 1.0
    facts = (scored.candidates[0], scored.answers, model(), tmp_path / "report.html")
    page = Page(write_candidate(*facts, evidence=found))
    assert "Single moments are estimates" in page.text
    moments = [a.get("class", "") for tag, a in page.tags if tag == "span"]
    unclear = sum(kind.endswith("unclear") and kind.startswith("value") for kind in moments)
    assert unclear == page.text.count(", may be nothing") == 5 * (8 + 5)
    for target in found["targets"]:
        for piece in target["pieces"]:
            piece["error"] = 0.0
    page = Page(write_candidate(*facts, evidence=found))
    assert "Single moments are estimates" not in page.text
    assert "may be nothing" not in page.text
    assert not any("unclear" in kind for kind in page.values("class"))


def test_negative_numbers_have_a_minus_on_scales_around_zero(tmp_path: Path) -> None:
    scored = folder()
    for row in (*scored.answers, *scored.candidates):
        columns = [name + end for name in NAMES for end in ("", "_low", "_high")]
        row.update({key: row[key] - 4 for key in columns if row[key] is not None})
    around = tuple(Target(name, -3.0, 3.0) for name in NAMES)
    overview = write(scored, tmp_path, targets=around, norms=False)
    pages = [path.read_text("utf-8") for path in (overview, *(tmp_path / "candidates").iterdir())]
    assert [number for page in pages for number in hyphened(page)] == []
    assert sum(f"scale from {MINUS}3 to 3" in page for page in pages) > len(pages) / 2
