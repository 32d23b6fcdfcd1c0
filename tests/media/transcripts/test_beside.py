"""Which transcript belongs to which recording, and that nobody gets a neighbour's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.errors import InputError, TranscriptError
from trifold.features.source import Source
from trifold.media.transcripts import beside_names
from trifold.media.transcripts.beside import TranscriptsBeside
from trifold.media.transcripts.beside_ends import MARKS
from trifold.media.transcripts.beside_names import SUFFIXES, Listing
from trifold.media.transcripts.languages import is_original, language_of
from trifold.media.transcripts.reading import read_transcript
from trifold.media.transcripts.speakers.stated import stated

WORDS = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello there.\n"
SIDECAR = '{"title": "answer1.mp4", "photoTakenTime": {"timestamp": "1"}, "description": ""}'


def lay(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(SIDECAR if name.endswith(".json") else WORDS, encoding="utf-8")


@pytest.mark.parametrize(
    ("media", "others", "taken"),
    [
        ("a.mp4", "a.srt a.txt", "a.srt"),
        ("a.mp4", "a.vtt a.srt", "a.vtt"),
        ("a.mp4", "a.txt a.mp4.vtt", "a.txt"),  # the exact stem first
        ("a.mp4", "a.txt a.mp4.json", "a.txt"),
        ("a.mp4", "a.mp4.vtt a.en.vtt", "a.mp4.vtt"),
        ("a.mp4", "a.wav.vtt", "a.wav.vtt"),  # recognisers are given the sound alone
        ("a.mp4", "A.VTT", "A.VTT"),
        ("Jose\u0301.mp4", "Jos\u00e9.vtt", "Jos\u00e9.vtt"),
        ("a.mp4", "a.transcript.vtt a.cc.vtt", "a.transcript.vtt"),
        ("GMT2026_Recording_1920x1080.mp4", "GMT2026_Recording.transcript.vtt",
         "GMT2026_Recording.transcript.vtt"),
        ("GMT2026_Recording_gallery_1280x720.mp4", "GMT2026_Recording.cc.vtt",
         "GMT2026_Recording.cc.vtt"),
        ("a.mp4", "a_transcript.txt", "a_transcript.txt"),
        ("a.mp4", "a.en.vtt", "a.en.vtt"),
        ("a.mp4", "a.de.vtt a.en-orig.vtt", "a.en-orig.vtt"),
        ("a.mp4", "a.de.vtt a.vtt", "a.vtt"),
        ("a.mp4", "a.10.vtt a.ann.vtt ab.vtt a2.vtt b.vtt", None),
        ("a.mp4", "a.json a.mp4.json", None),
        ("a.mp4", "a.json a.transcript.vtt", "a.transcript.vtt"),
        ("a.mp4", "closed_caption.txt", "closed_caption.txt"),
        ("a.mp4", "closed_caption.txt b.mp4", None),
        ("a.mp4", "transcripts/a.vtt", "transcripts/a.vtt"),
        ("a.mp4", "Transcripts/a.en.vtt", "Transcripts/a.en.vtt"),
        ("a.mp4", "a.srt transcripts/a.vtt", "a.srt"),
        ("vids/a.mp4", "transcripts/a.vtt", "transcripts/a.vtt"),
        ("ann/q1.mp4", "transcripts/ann/q1.vtt", "transcripts/ann/q1.vtt"),
        ("ann/q1.mp4", "transcripts/ann_q1.vtt", "transcripts/ann_q1.vtt"),
        ("vids/ann/q1.mp4", "transcripts/ann/q1.vtt", "transcripts/ann/q1.vtt"),
        ("ann/q1.mp4", "transcripts/q1.vtt bob/q1.mp4", None),
        ("ann/q1.mp4", "transcripts/bob/q1.vtt bob/q1.vtt q1.vtt", None),
        ("a.mp4", "a.rtf", "a.rtf"),  # refused by name where it is read
        ("a.mp4", "a.jpg a.pdf a.xmp a.log", None),
    ],
)  # fmt: skip
def test_which_file_is_taken(tmp_path: Path, media: str, others: str, taken: str | None) -> None:
    lay(tmp_path, media, *others.split())
    found = TranscriptsBeside().of(tmp_path / media)
    assert found.doubt is None
    assert found.path == (tmp_path / taken if taken else None)


def test_of_several_languages_the_spoken_one_is_taken_and_never_the_first(tmp_path: Path) -> None:
    lay(tmp_path, "a.mp4", "a.de.vtt", "a.en.vtt", "a.pt-BR.vtt")
    media = tmp_path / "a.mp4"
    asked = TranscriptsBeside(language="en").of(media)
    tagged = TranscriptsBeside(spoken=lambda _: "por").of(media)
    assert asked.path == tmp_path / "a.en.vtt"
    assert tagged.path == tmp_path / "a.pt-BR.vtt"
    assert read_transcript(tagged.path).remarks == {Code.LANGUAGE: "the words are those of 'pt-BR'"}
    for beside in (TranscriptsBeside(), TranscriptsBeside(language="fr")):
        unknown = beside.of(media)
        assert unknown.path is None
        assert unknown.doubt == "a.de.vtt, a.en.vtt, a.pt-BR.vtt"
        said = "a: expected to know which language is spoken (language=en), got a.de.vtt, a.en.vtt"
        with pytest.raises(TranscriptError, match=re.escape(said)):
            _ = Source(Clip("a", "a", media, transcript_doubt=unknown.doubt)).transcript


def test_a_damaged_transcript_is_taken_so_that_its_row_says_so(tmp_path: Path) -> None:
    lay(tmp_path, "a.mp4")
    (tmp_path / "a.json").write_text('{"segments": [{"text": "cut o', encoding="utf-8")
    assert TranscriptsBeside().find(tmp_path / "a.mp4") == tmp_path / "a.json"


def test_what_cannot_be_listed_holds_nothing(tmp_path: Path) -> None:
    for path in ("none/a.mp4", "x" * 300 + "/a.mp4", "a\0b/a.mp4"):
        assert TranscriptsBeside().find(tmp_path / path) is None


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", "en"), ("ENG", "en"), ("de-AT", "de"), ("ger", "de"), ("zh-Hans", "zh"),
     ("en-orig", "en"), ("Deutsch", "de"), ("pt_BR", "pt"),
     ("10", None), ("ann", None), ("final", None), ("v2", None), ("q1", None), ("", None)],
)  # fmt: skip
def test_tags_of_languages(tag: str, language: str | None) -> None:
    assert language_of(tag) == language


def test_marks_of_the_original() -> None:
    assert is_original("en-orig")
    assert not is_original("en")


def test_settings_decide_what_nothing_nearer_decides(tmp_path: Path) -> None:
    lay(tmp_path, "a.mp4", "a.de.vtt", "a.en.vtt")
    doubtful = Clip("a", "a", tmp_path / "a.mp4", transcript_doubt="a.de.vtt, a.en.vtt")
    named = Clip("b", "b", None, transcript="Ann: Hello.", speaker="Ann")
    (first, second) = stated([doubtful, named], speaker="Robin", language="deu")
    assert first.transcript_path == tmp_path / "a.de.vtt"
    assert (first.transcript_doubt, first.speaker, second.speaker) == (None, "Robin", "Ann")
    assert stated([doubtful, named]) == [doubtful, named]
    with pytest.raises(InputError, match="expected a language such as en or de, got 'xx-klingon'"):
        stated([], language="xx-klingon")


STEM = st.sampled_from(
    ["a", "A", "ab", "a.b", "jos\u00e9", "Jose\u0301", "a_gallery_1280x720", "a-cc"]
)
END = st.sampled_from(["", ".mp4", ".wav", ".en", ".de-orig", ".ann", *(
    f"{sign}{mark}" for mark in MARKS for sign in "._- ")])  # fmt: skip
NAMES = st.builds(lambda *parts: Path("".join(parts)), STEM, END, st.sampled_from(SUFFIXES))


@given(STEM, st.lists(NAMES, max_size=12, unique=True))
def test_looking_up_finds_what_each_file_alone_is_found_as(stem: str, files: list[Path]) -> None:
    """Of a file that stands alone, all of it is looked at."""
    alone = [match for file in files for match in Listing([file], []).matches(stem, f"{stem}.mp4")]
    assert Listing(files, []).matches(stem, f"{stem}.mp4") == alone


@pytest.mark.parametrize("others", [".vtt", ".transcript.vtt", ".en.vtt"])
def test_a_recording_costs_the_same_in_a_folder_of_any_size(
    tmp_path: Path, monkeypatch, others: str
) -> None:
    def looked_at(n: int) -> int:
        folder = tmp_path / str(n)
        lay(folder, *(f"p{i}_q{i}{end}" for i in range(n) for end in (".mp4", others)))
        calls, beside = [], TranscriptsBeside()
        for name in ("_match", "recording_name"):
            real = getattr(beside_names, name)
            counted = lambda *given, real=real: calls.append(given) or real(*given)  # noqa: E731
            monkeypatch.setattr(beside_names, name, counted)
        assert all(beside.find(path) for path in sorted(folder.glob("*.mp4")))
        monkeypatch.undo()
        return len(calls)

    assert looked_at(80) == 8 * looked_at(10)
