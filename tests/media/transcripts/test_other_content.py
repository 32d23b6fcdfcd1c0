"""Files that hold nobody's words say what they are; lists of utterances lose their ids."""

from __future__ import annotations

import pytest

from trifold.media.transcripts.reading import NoTranscriptError, parse_transcript
from trifold.media.transcripts.timing import fitted

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (POINTER, "a pointer of Git LFS: fetch the file itself"),
        ("../../.git/annex/objects/aa/bb/x", "a pointer of git-annex"),
        ("Scenarist_SCC V1.0\n\n00:00:09;00\t9425 94ad\n", "codes of Scenarist_SCC: save as text"),
        ("[InternetShortcut]\nURL=https://notes.example/u/1\n", "a link: save what it leads to"),
        ("https://notes.example/u/1\n", "a link: save what it leads to"),
        ("File Format=MacCaption_MCC V1.0\n\n00:00:03:15\tT52S52\n", "codes of MacCaption_MCC"),
        ("[ 00:00:00.5 -->  00:00:03.0] A SPEAKER_00\n" * 2, "who speaks when"),
        ("start=0.5s stop=3.0s speaker_SPEAKER_00\n" * 2, "who speaks when"),
        ("0.50 3.00 speaker_0\n3.50 6.00 speaker_1\n", "who speaks when"),
    ],
)
def test_what_is_no_transcript_is_told(text: str, told: str) -> None:
    with pytest.raises(NoTranscriptError, match=told):
        parse_transcript(text)


@pytest.mark.parametrize("status", ["error", "FAILED", "processing", "in_progress", "queued"])
def test_a_service_that_is_not_done_is_no_silence(status: str) -> None:
    with pytest.raises(
        NoTranscriptError, match=f"a finished transcript, got one of status '{status}"
    ):
        parse_transcript(f'{{"id": "x", "status": "{status}", "text": null, "words": []}}')
    assert parse_transcript('{"status": "completed", "text": "", "words": []}').segments == ()


@pytest.mark.parametrize("ids", [("q1-0001", "q1-0002"), ("84-121-001", "84-121-002")])
def test_ids_of_utterances_are_no_words(ids: tuple[str, str]) -> None:
    said = parse_transcript(f"{ids[0]} I SOAK IT\n{ids[1]} I WAIT\n")
    assert [s.text for s in said.segments] == ["I SOAK IT", "I WAIT"]


@pytest.mark.parametrize("payload", ["preview.jpg#xywh=0,0,160,90", '{"lat": 1.5, "lon": 2}'])
def test_cues_that_carry_data_are_no_words(payload: str) -> None:
    cues = "".join(f"00:0{n}.000 --> 00:0{n + 1}.000\n{payload}\n\n" for n in range(3))
    with pytest.raises(NoTranscriptError, match="expected words, got data in cues"):
        parse_transcript(f"WEBVTT\n\n{cues}")


@pytest.mark.parametrize(
    "text",
    [
        "0.50 1.25 soak\n1.50 2.00 rope\n",
        "5000000 12500000 soak\n15000000 20000000 rope\n",
        '#!MLF!#\n"*/q1.lab"\n0 5000000 sil\n5000000 12500000 soak\n15000000 20000000 rope\n.\n',
    ],
)
def test_rows_of_starts_and_ends(text: str) -> None:
    said = fitted(parse_transcript(text), 3.0)
    assert [(s.text, s.start_s, s.end_s) for s in said.segments] == [
        ("soak", 0.5, 1.25), ("rope", 1.5, 2.0)
    ]  # fmt: skip


def test_ids_behind_utterances_are_no_words() -> None:
    assert parse_transcript("I soak it (q1-0001)\nI wait (q1-0002)\n").text == "I soak it I wait"
    assert parse_transcript("I soak it (twice)\n").text == "I soak it (twice)"
