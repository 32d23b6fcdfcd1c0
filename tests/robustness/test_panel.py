"""The panel on real files: nothing done moves nothing, bit for bit; what is done is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import write_interview
from tests.scoring.scoring_factory import MEDIA, talkers, tiny_bundle
from trifold.bundle.panel import panel_text, read_panel
from trifold.codes import Code
from trifold.commands.studies.panel import chosen, merged
from trifold.contracts import Clip
from trifold.encoders.build import build_encoders
from trifold.errors import BundleError, InputError
from trifold.features.source import Source
from trifold.robustness import panelist
from trifold.robustness.catalogue import Class, Context, Perturbation
from trifold.robustness.files import remux
from trifold.robustness.measure import measure, slope
from trifold.robustness.panel import PANEL
from trifold.robustness.panelist import CLEAN, Job, Panelist, exchanged, shortened
from trifold.robustness.run import run_panel, subjects_of
from trifold.robustness.sections import document_of, panel_facts
from trifold.robustness.source import HeldSource, PerturbedSource, reads_the_same
from trifold.robustness.written import WrittenFiles
from trifold.scoring.in_memory import MemoryStore
from trifold.studies.writing import write_document
from trifold.workers.base import EngineSettings

NOTHING = Perturbation("nothing", Class.INVARIANCE, "nothing is done")
LOUDER = next(one for one in PANEL if one.name == "louder_6_db")
NAMES = ("metadata", "h264_crf_45", "darker", "telephone", "wer_30", "words_of_another",
         "background_alone")  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> list[Clip]:
    """Three people with a recording each, and words."""
    folder = tmp_path_factory.mktemp("people")
    said = "I counted sheep on the hill. Then I slept well, and worked again. "
    return [
        Clip(f"p{i}", f"p{i}", write_interview(folder, f"p{i}", seconds=2.0, seed=i),
             transcript=said * (1 + i))
        for i in range(3)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("bundle") / "b", media=True)


def test_the_empty_perturbation_moves_nothing(people, bundle, monkeypatch) -> None:
    monkeypatch.setattr(panelist, "PANEL", (NOTHING,))
    found = Panelist(Job(bundle, ("nothing",), clip_s=None))(subjects_of(people))
    for outcomes in found:
        np.testing.assert_array_equal(outcomes["nothing"].scores, outcomes[CLEAN].scores)


def test_parts_that_do_not_change_are_not_read_again(people) -> None:
    clean = HeldSource(people[0], MemoryStore())
    louder = PerturbedSource(clean, LOUDER, Context(np.random.default_rng(0)))
    assert louder.media_hash != clean.media_hash
    assert LOUDER.parts == {"audio"}
    assert [f.time_s for f in louder.frames(5.0, 64)] == [f.time_s for f in clean.frames(5.0, 64)]


def test_time_moves_in_every_part(people) -> None:
    later = next(one for one in PANEL if one.name == "silence_around")
    clean = HeldSource(people[0], MemoryStore())
    moved = PerturbedSource(clean, later, Context(np.random.default_rng(0)))
    assert moved.info.duration_s == pytest.approx(clean.info.duration_s + 2.0), "before and after"
    assert next(iter(moved.frames(5.0, 64))).time_s == pytest.approx(1.0, abs=0.05)
    heard = np.concatenate([chunk.samples for chunk in moved.sound(16000)])
    assert not np.any(heard[:15900])


def test_a_run_is_taken_up_where_it_stopped(people, bundle, tmp_path: Path, monkeypatch) -> None:
    settings = EngineSettings(engine="inline")

    def go() -> list:
        return run_panel(people, bundle, tmp_path / "out", names=NAMES, clip_s=None,
                         settings=settings, progress=False)  # fmt: skip

    findings = go()
    monkeypatch.setattr(Panelist, "_one", None)  # whoever is there already is not scored again
    assert [f.as_json() for f in go()] == [f.as_json() for f in findings]
    by_name = {finding.perturbation.name: finding for finding in findings}
    few = by_name["metadata"].worst
    assert few is not None
    assert few.mean.flags == (Code.TOO_FEW_PERSONS,), "three people give no interval"
    assert by_name["background_alone"].withheld == 1.0
    assert set(by_name["background_alone"].codes) == {"NOTHING_USABLE"}
    document = document_of(findings, bundle, limits=merged({}), clip_s=None, source="people")
    page = write_document(document, tmp_path / "page")[0].read_text()
    assert "What moves a score" in page
    assert "TOO_FEW_PERSONS" in page


def test_who_is_not_scored_as_they_are_is_not_changed_and_the_code_is_said(
    people, bundle, tmp_path: Path, monkeypatch
) -> None:
    def changed(*_: object) -> None:
        raise AssertionError("nothing is there to be moved")

    monkeypatch.setattr(Panelist, "_changed", changed)
    silent = [replace(clip, path=None, transcript=None) for clip in people]
    with pytest.raises(InputError, match=r"scored as they are, got 0 of 3 \(3 x \w+\)"):
        run_panel(
            silent, bundle, names=("darker",), out=tmp_path, settings=EngineSettings("inline")
        )


def test_shifts_in_standard_deviations() -> None:
    clean = np.random.default_rng(0).normal(4.0, 2.0, (60, 1))
    moved = clean + 0.5 * np.std(clean, ddof=1)
    one = measure(clean, moved, LOUDER, targets=["warmth"], codes=[None] * 60)
    assert one.worst is not None
    assert one.worst.mean.estimate == pytest.approx(0.5)
    assert Code.NO_INTERVAL in one.worst.mean.flags  # all moved alike: no spread to tell by
    assert one.worst.effect == pytest.approx(0.5)
    assert one.exceeds == ("warmth: mean +0.50, limit 0.03", "warmth: 95 % within 0.50, limit 0.15")


def test_content_must_move() -> None:
    clean = np.random.default_rng(0).normal(size=(60, 1))
    still = replace(NOTHING, of=Class.CONTENT)
    same = measure(clean, clean, still, targets=["warmth"], codes=[None] * 60)
    assert same.exceeds == ("largest effect 0.00, which should exceed 0.30",)
    lost = measure(clean, np.full_like(clean, np.nan), still, targets=["warmth"], codes=["X"] * 60)
    assert lost.exceeds == ()
    assert lost.codes == {"X": 60}


def test_a_constant_score_has_no_shift_to_speak_of() -> None:
    one = measure(np.ones((60, 1)), np.ones((60, 1)), NOTHING, targets=["w"], codes=[None] * 60)
    assert one.shifts[0].mean.flags == (Code.NO_VARIANCE,)


def test_a_slope_goes_through_nothing() -> None:
    clean = np.random.default_rng(0).normal(size=(60, 1))
    sd = np.std(clean, ddof=1)
    points = [(x, measure(clean, clean + 0.2 * x * sd, LOUDER, targets=["w"], codes=[None] * 60))
              for x in (0.5, 1.0, 3.0)]  # fmt: skip
    assert slope(points, "w") == pytest.approx(0.2)


def test_a_copy_holds_the_first_seconds(people, tmp_path: Path) -> None:
    short = shortened(people[0], tmp_path / "short", 1.0)
    assert Source(short).info.duration_s == pytest.approx(1.0, abs=0.3)
    again = remux(people[0].path, tmp_path / "again.mkv", metadata={"title": "b"})
    assert Source(replace(people[0], path=again)).info.duration_s == pytest.approx(2.0, abs=0.1)


def test_names_and_limits_are_checked() -> None:
    assert chosen(["G"], ["keywords"]) == ["keywords"]
    with pytest.raises(InputError, match="pitch_2_up"):
        chosen(["D"], ["pitch_2_op"])
    with pytest.raises(InputError, match="at least one perturbation"):
        chosen(["A"], ["keywords"])
    assert merged({"IDENTITY": {"mean": 0.1}})["IDENTITY"]["mean"] == 0.1
    with pytest.raises(InputError, match="IDENTITY"):
        merged({"IDENTITTY": {"mean": 0.1}})


def test_names_are_told_apart() -> None:
    names = [one.name for one in PANEL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["h264_crf_45", "frames_25", "both_channels", "opus_16",
                                  "metadata", "darker", "telephone", "frames_15"])  # fmt: skip
def test_what_is_kept_equals_what_is_read_anew(people, bundle, name: str, tmp_path: Path) -> None:
    (subject, *_) = subjects_of(people)
    work = Panelist(Job(bundle, (name,), clip_s=None))
    (quick,) = work([subject])
    (one,) = [p for p in PANEL if p.name == name]
    clean = HeldSource(subject.clips[0], MemoryStore())
    if one.in_files:
        files = WrittenFiles(tmp_path, {name: one.picture_code} if one.picture_code else {})
        clip = replace(subject.clips[0], path=files.of(clean, one).clip.path)
        changed: Source = Source(clip, MemoryStore())
    else:
        changed = PerturbedSource(clean, one, Context(np.random.default_rng(0)))
    slow = work._score([changed], MemoryStore())
    np.testing.assert_allclose(quick[name].scores, slow.scores, atol=1e-6)


def test_pictures_that_come_out_the_same_are_not_read_again(people) -> None:
    held = HeldSource(people[0], MemoryStore())
    face = build_encoders(MEDIA)["face"]
    draws = Context(np.random.default_rng(0))
    by_name = {one.name: PerturbedSource(held, one, draws) for one in PANEL}
    same = {name for name in ("frames_15", "louder_6_db", "darker", "silence_around")
            if reads_the_same(face, held, by_name[name])}  # fmt: skip
    assert same == {"frames_15", "louder_6_db"}


def test_an_answer_is_put_to_another_question() -> None:
    one, two, three = ("What?", "q1"), ("Why?", "q2"), ("How?", "q3")
    assert exchanged([one, two], [one, two, three]) == [two, one]
    assert exchanged([one], [one, two, three]) == [two]
    assert exchanged([three], [one, two, three]) == [one], "round the end"
    assert exchanged([(None, None), one], [one]) == [None, None], "nothing else is known"


def test_a_panel_says_whether_questions_are_read(tmp_path: Path) -> None:
    bundle, asked = tiny_bundle(tmp_path / "b"), talkers(6)
    same = [replace(clip, question="What?") for clip in asked]
    for clips, said in ((asked, "does not read questions"), (same, "fewer than two questions"),
                        (asked[:6], "Too few people")):  # fmt: skip
        findings = run_panel(clips, bundle, tmp_path / said, names=["questions_exchanged", "wer_5"],
                             clip_s=None, settings=EngineSettings(engine="inline"),
                             progress=False)  # fmt: skip
        document = document_of(findings, bundle, limits=merged({}), clip_s=None, source="people")
        assert said in " ".join(document.sections[0].sentences)
    passed = ("warmth: mean +0.5, limit 0.03", "a_b: mean +1, limit 0", "warmth: 95 % within 1")
    beyond = [replace(one, exceeds=passed) for one in findings]
    short = document_of(beyond, bundle, limits=merged({}), clip_s=None, source="x").sections[0]
    assert [point.partition(": ")[2] for point in short.points] == ["warmth, a b"] * len(beyond)
    limits = merged({})
    facts = panel_facts(findings, bundle.bundle_id, limits=limits, clip_s=None)
    (tmp_path / "panel.json").write_text(json.dumps(facts))
    panel = read_panel(tmp_path / "panel.json", bundle.bundle_id)
    assert "2 perturbations of whole recordings of 3 people" in "\n".join(panel_text(panel))
    with pytest.raises(BundleError, match=r"a panel of this model, other, got"):
        read_panel(tmp_path / "panel.json", "other")


@pytest.mark.parametrize("change", [{"format": 2}, {"people": "3"}, {"perturbations": {"a": {}}},
                                    {"perturbations": {"a": {"class": "A", "what": "b\n# c",
                                                             "exceeds": []}}}])  # fmt: skip
def test_a_panel_that_is_none_is_refused(tmp_path: Path, change: dict) -> None:
    facts = {"format": 1, "bundle_id": "b", "people": 3, "limits": {}, "perturbations": {}}
    (tmp_path / "panel.json").write_text(json.dumps(facts | change))
    with pytest.raises(BundleError, match=r"panel\.json: expected a panel\.json of trifold panel"):
        read_panel(tmp_path / "panel.json", "b")
