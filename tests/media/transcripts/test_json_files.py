"""Every tool's JSON says the same words, at the same times, by the same people."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.media.transcripts import json_captions as captions
from tests.media.transcripts import json_recognisers as recognisers
from tests.media.transcripts import json_services as services
from tests.media.transcripts.talk import TURNS, WORDS
from trifold.contracts import Segment
from trifold.media.transcripts.json.files import read, recognises

NAMES = {"Ines": "Ines", "Otto": "Otto"}
NUMBERS = {"Ines": "0", "Otto": "1"}
FROM_ONE = {"Ines": "1", "Otto": "2"}
NOBODY = {"Ines": None, "Otto": None}
Speakers = dict[str, str | None]


def words_of(segments: tuple[Segment, ...]) -> list[tuple[str, float | None, float | None]]:
    return [(segment.text, segment.start_s, segment.end_s) for segment in segments]


def by_word(
    document: Callable[[], Any], kind: str, speakers: Speakers, *, bare: bool = False
) -> Any:
    return pytest.param(document, kind, speakers, bare, id=document.__name__)


WORD_FORMATS = [
    by_word(recognisers.whisper_words, "whisper", NOBODY),
    by_word(recognisers.whisper_cut_hyphen, "whisper", NOBODY),
    by_word(recognisers.openai_verbose, "whisper", NOBODY),
    pytest.param(lambda: recognisers.whispercpp(full=True), "whisper.cpp", NOBODY, False, id="ojf"),
    by_word(recognisers.whisperx, "whisperx", NAMES),
    by_word(recognisers.whisper_timestamped, "whisper", NOBODY),
    by_word(recognisers.transformers_words, "transformers", NOBODY),
    by_word(recognisers.nemo, "json", NAMES),
    by_word(recognisers.nemo_timestamps, "json", NOBODY),
    by_word(recognisers.parakeet, "json", NOBODY),
    by_word(services.aws, "aws", NAMES),
    pytest.param(lambda: services.aws("old"), "aws", NAMES, False, id="aws_turns"),
    by_word(services.aws_calls, "aws", NAMES),
    by_word(services.google, "google", NOBODY),
    pytest.param(lambda: services.google(final=True), "google", FROM_ONE, False, id="google_final"),
    by_word(services.google_parts, "google", NOBODY),
    by_word(services.google_v2, "google", FROM_ONE),
    by_word(services.azure, "azure", FROM_ONE),
    by_word(services.azure_fast, "azure", FROM_ONE),
    by_word(services.deepgram, "deepgram", NUMBERS),
    pytest.param(lambda: services.deepgram(False), "deepgram", NUMBERS, False, id="deepgram_plain"),
    by_word(
        services.deepgram_channels, "deepgram", {"Ines": "channel 0", "Otto": "channel 1"}
    ),
    by_word(services.deepgram_live, "deepgram", NUMBERS),
    by_word(services.assemblyai, "assemblyai", NAMES),
    by_word(services.rev, "rev", NAMES),
    by_word(services.elevenlabs, "elevenlabs", {"Ines": "speaker_0", "Otto": "speaker_1"}),
    by_word(recognisers.vosk, "vosk", NOBODY, bare=True),
    by_word(captions.recall, "recall", NAMES),
    by_word(services.speechmatics, "speechmatics", {"Ines": "S1", "Otto": "S2"}),
    by_word(services.gladia, "gladia", NUMBERS),
    by_word(services.ibm, "ibm", NUMBERS, bare=True),
    by_word(captions.sonix, "json", NAMES),
    by_word(captions.youtube_words, "youtube", NOBODY),
    by_word(recognisers.gentle, "json", NOBODY),
]  # fmt: skip


@pytest.mark.parametrize(("document", "kind", "speakers", "bare"), WORD_FORMATS)
def test_words_with_their_times_and_speakers(
    document: Callable[[], Any], kind: str, speakers: Speakers, bare: bool
) -> None:
    text = json.dumps(document())
    assert recognises(text)
    found = read(text)
    said = [segment.text for segment in found.segments]
    if bare:
        assert [text.strip(".,?").lower() for text in said] == [word.bare for word in WORDS]
    else:
        assert said == [word.text for word in WORDS]
    assert [segment.start_s for segment in found.segments] == pytest.approx(
        [word.start for word in WORDS], abs=0.002
    )
    if kind != "youtube":  # whose words end where the next begins
        assert [segment.end_s for segment in found.segments] == pytest.approx(
            [word.end for word in WORDS], abs=0.002
        )
    assert [segment.speaker for segment in found.segments] == [
        speakers[word.speaker] for word in WORDS
    ]
    assert (found.kind, found.unit_known, found.damaged) == (kind, True, 0)


CUE_FORMATS = [
    (recognisers.openai_diarized, "whisper", NAMES),
    (recognisers.whispercpp, "whisper.cpp", NOBODY),
    (recognisers.faster_whisper_tuples, "json", NOBODY),
    (recognisers.transformers_chunks, "transformers", NOBODY),
    (recognisers.insanely_fast, "transformers", NAMES),
    (captions.video_indexer, "json", NAMES),
    (captions.symbl, "json", NAMES),
    (captions.fireflies, "json", NAMES),
    (captions.fathom, "json", NAMES),
    (captions.tldv, "json", NAMES),
    (captions.teams, "teams", NAMES),
    (captions.gong, "gong", {"Ines": "70", "Otto": "71"}),
    (captions.podcast, "podcast", NAMES),
    (captions.podlove, "json", NAMES),
    (captions.youtube_lines, "youtube", NOBODY),
    (captions.loom, "json", NOBODY),
    (captions.aeneas, "json", NOBODY),
    (captions.label_studio, "json", NAMES),
    (captions.voice_agent, "json", NAMES),
]
OPEN_ENDED = (captions.fathom, captions.loom, captions.voice_agent)  # end where the next begins


@pytest.mark.parametrize(("document", "kind", "speakers"), CUE_FORMATS)
def test_sentences_with_their_times_and_speakers(
    document: Callable[[], Any], kind: str, speakers: Speakers
) -> None:
    found = read(json.dumps(document()))
    assert [segment.text for segment in found.segments] == [turn.text for turn in TURNS]
    assert [segment.start_s for segment in found.segments] == pytest.approx(
        [turn.start for turn in TURNS], abs=0.002
    )
    ends = [turn.end for turn in TURNS]
    if document in OPEN_ENDED:
        ends = [turn.start for turn in TURNS[1:]]
    for segment, end in zip(found.segments, ends, strict=False):
        assert segment.end_s is None or segment.end_s == pytest.approx(end, abs=0.002)
    assert [segment.speaker for segment in found.segments] == [
        speakers[turn.speaker] for turn in TURNS
    ]
    assert (found.kind, found.unit_known, found.damaged) == (kind, True, 0)
