"""Files that hold nobody's words say what they are; lists of utterances lose their ids."""

from __future__ import annotations

import pytest

from trifold.media.transcripts.reading import NoTranscriptError, parse_transcript

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
