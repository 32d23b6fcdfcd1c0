"""A recording's codecs against those of a training: shares, families, lines, what is unknown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.features.quality import added_up, codecs_of, quality_limits, withheld
from trifold.features.quality.codecs import MOVED, family
from trifold.features.records import ClipRecord

ROOT = Path(__file__).parents[2]
TRAINED = {"video": {"h264": 90, "vp9": 10}, "audio": {"aac": 99, "opus": 1}}


def recording(picture: str | None = "h264", sound: str | None = "aac", **more) -> ClipRecord:
    known = {"video": picture, "audio": sound}
    return ClipRecord("a", "a", codecs={m: c for m, c in known.items() if c}, **more)


SHARES = [
    ("h264", "aac", 0.9, False), ("vp9", "aac", 0.1, False), ("h264", "opus", 0.01, False),
    ("av1", "aac", 0.0, True), ("vp9", "mp3", 0.0, True), (None, "aac", 0.99, False),
    ("h264", None, 0.9, False), (None, None, None, False),
]  # fmt: skip


@pytest.mark.parametrize(("picture", "sound", "share", "flagged"), SHARES)
def test_the_rarer_codec_counts(picture, sound, share, flagged: bool) -> None:
    found = withheld(recording(picture, sound), (), codecs=TRAINED)
    assert found.card.codec_share == share
    assert (Code.OTHER_CODEC in found.flags) == (Code.OTHER_CODEC in found.remarks) == flagged


def test_the_line_says_what_it_is_what_was_trained_on_and_what_was_measured() -> None:
    said = withheld(recording("av1", "mp3"), (), codecs=TRAINED).remarks[Code.OTHER_CODEC]
    assert said == (
        "the picture is encoded as AV1, and the model was trained on H.264, VP9: files encoded so "
        "moved scores by 0.05 standard deviations on average and 0.33 at most in our measurements "
        "with drawn people; the sound is encoded as MP3, and the model was trained on AAC, Opus: "
        "how far that moves scores was not measured"
    )


@pytest.mark.parametrize("codecs", [{}, {"video": {"vp9": 3}}])
def test_what_a_model_does_not_know_or_use_is_not_judged(codecs) -> None:
    found = withheld(recording("vp9", "mp3"), (), codecs=codecs)
    assert found.flags == ()
    assert found.card.codec_share == (1.0 if codecs else None)


def test_a_picture_that_is_not_read_is_not_judged() -> None:
    hidden = recording("av1", "aac", missing={"video": Code.NO_FACE})
    assert withheld(hidden, (), codecs=TRAINED).flags == ()


@pytest.mark.parametrize(
    ("least", "flagged"),
    [(None, set()), (0.0, {"av1"}), (0.01, {"av1"}), (0.2, {"av1", "vp9"}),
     (0.95, {"av1", "vp9", "h264"})],
)  # fmt: skip
def test_a_setting_says_how_common_a_codec_must_be(least, flagged) -> None:
    limits = quality_limits({"codec_share": least})
    found = {c for c in ("h264", "vp9", "av1")
             if withheld(recording(c), (), limits, codecs=TRAINED).flags}  # fmt: skip
    assert found == flagged


def test_it_withholds_where_that_is_asked_for() -> None:
    found = withheld(recording("av1"), [Code.OTHER_CODEC], codecs=TRAINED)
    assert (found.error_code, found.error_message) == (
        Code.OTHER_CODEC, "withheld for OTHER_CODEC",
    )  # fmt: skip


@pytest.mark.parametrize("pair", [("flac", "pcm_s16le"), ("alac", "pcm_f32be"), ("ffv1", "png")])
def test_without_loss_all_are_one(pair: tuple[str, str]) -> None:
    assert family(pair[0]) == family(pair[1]) != family("aac")
    assert family("pcm_mulaw") == "pcm_mulaw"  # which loses


COUNTS = st.dictionaries(st.sampled_from(["aac", "opus", "mp3"]), st.integers(1, 9), min_size=1)


@given(st.lists(st.dictionaries(st.sampled_from(["audio", "video"]), COUNTS)))
def test_counts_add_up_and_none_is_empty(many) -> None:
    total = added_up(many)
    assert all(counts and min(counts.values()) > 0 for counts in total.values())
    said = sum(n for one in many for counts in one.values() for n in counts.values())
    assert said == sum(n for counts in total.values() for n in counts.values())
    assert added_up([total, *[{}] * 3]) == total


def test_what_was_not_read_or_is_not_used_is_not_counted() -> None:
    records = [
        recording(), recording("vp9"), recording("av1", error_code=Code.DECODE_ERROR),
        recording("hevc", "opus", missing={"video": Code.NO_FACE}), recording(None, None),
    ]  # fmt: skip
    counted = {"video": {"h264": 1, "vp9": 1}, "audio": {"aac": 2, "opus": 1}}
    assert codecs_of(records, {"text", "audio", "video"}) == counted
    assert codecs_of(records, {"text", "audio"}) == {"audio": counted["audio"]}
    assert codecs_of(records, {"text"}) == {}


@pytest.mark.parametrize("codec", MOVED)
def test_what_is_said_of_a_codec_stands_in_the_results(codec: str) -> None:
    text = (ROOT / "benchmarks/RESULTS.md").read_text(encoding="utf-8")
    section = text.partition("### The same recording in other files")[2].partition("\n## ")[0]
    for number in MOVED[codec]:
        assert f"{number:.3f}".removeprefix("0") in re.findall(r"\.\d{3}", section)
