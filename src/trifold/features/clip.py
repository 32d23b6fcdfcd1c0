"""One clip through all encoders, taking from the cache what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from trifold.codes import Code
from trifold.contracts import MODALITIES, QUESTION, Clip, MediaInfo, Modality, TokenSequence
from trifold.encoders.base import BatchTextEncoder, Encoder, TextEncoder
from trifold.errors import DecoderLostError, TrifoldError
from trifold.features.records import ClipRecord
from trifold.features.source import Source
from trifold.features.store import FeatureStore

ABSENT: dict[Modality, str] = {
    "text": Code.NO_TRANSCRIPT,
    "audio": Code.NO_AUDIO_STREAM,
    "video": Code.NO_VIDEO_STREAM,
}
EMPTY: dict[Modality, str] = {
    "text": Code.EMPTY_TRANSCRIPT,
    "audio": Code.NO_SPEECH,
    "video": Code.NO_FACE,
}
CONFIDENCE = "words.word_confidence"  # of the transcript itself, whichever encoder reads it
OTHER_SPEECH = "turns.other_speech_s"
Streams = dict[str, tuple[str, Mapping[str, float]]]  # name to content hash and quality
Remarks = dict[str, str]  # code to one line for people


def extract_clips(
    clips: Sequence[Clip], encoders: Mapping[str, Encoder], store: FeatureStore
) -> list[ClipRecord]:
    """Several clips, one record each; see ``extract_each``."""
    return list(extract_each(clips, encoders, store))


def extract_each(
    clips: Sequence[Clip], encoders: Mapping[str, Encoder], store: FeatureStore
) -> Iterator[ClipRecord]:
    """Records of several clips, as they are done.

    Encoders that read many texts at once get them all at once. See ``extract_clip``.
    """
    if len(clips) > 1:
        sources = [Source(clip, store) for clip in clips if clip.left_out is None]
        for encoder in encoders.values():
            if isinstance(encoder, BatchTextEncoder):
                read_ahead(sources, encoder, store)
    for clip in clips:
        yield extract_clip(clip, encoders, store)


def read_ahead(sources: Sequence[Source], encoder: BatchTextEncoder, store: FeatureStore) -> None:
    """Store the tokens of all transcripts that are there and not stored yet.

    Whatever goes wrong here goes wrong again where each clip is encoded, and is recorded there.
    """
    wanted: dict[str, Source] = {}
    for source in sources:
        with suppress(Exception):
            if not encoder.available(source):
                continue
            content = noted_key(source, encoder)
            if store.get(content, encoder.fingerprint) is None:
                wanted[content] = source
    with suppress(Exception):
        sequences = encoder.read_batch(list(wanted.values())) if wanted else []
        for content, sequence in zip(wanted, sequences, strict=True):
            store.put(content, sequence)


def noted_key(source: Source, encoder: Encoder) -> str:
    """The key of what the encoder reads, once it is written down whose that is."""
    key = encoder.key(source)
    if source.store is not None:
        source.store.note(source.clip.person, key)
    return key


def extract_clip(clip: Clip, encoders: Mapping[str, Encoder], store: FeatureStore) -> ClipRecord:
    """Encode what is not stored yet; whatever goes wrong ends in the record, never in a raise.

    A modality that cannot be encoded is missing, with a reason code. The clip is an error when its
    media file cannot be opened or nothing of it can be encoded.
    """
    if clip.left_out is not None:
        return failed(clip, *clip.left_out)
    return extract_source(Source(clip, store), encoders, store)


def extract_source(
    source: Source, encoders: Mapping[str, Encoder], store: FeatureStore
) -> ClipRecord:
    """The record of a clip whose parts are offered by ``source``; see ``extract_clip``."""
    clip = source.clip
    try:
        info = source.info
        streams: Streams = {}
        noticed: Streams = {}
        missing: dict[Modality, str] = {}
        remarks: Remarks = {}
        for modality in (*MODALITIES, QUESTION):
            of_modality = {s: e for s, e in encoders.items() if e.modality == modality}
            found, code = _encode_modality(source, modality, of_modality, store, remarks)
            if modality == QUESTION:  # context: its absence is no fault, alone it is no answer
                streams |= found if streams and code is None else {}
            elif code is not None:
                missing[modality] = code
                noticed |= found
            else:
                streams |= found
    except TrifoldError as error:
        return failed(clip, error.code, str(error))
    except Exception as error:  # one clip must never stop the others
        return failed(clip, Code.INTERNAL_ERROR, f"{type(error).__name__} while encoding")
    remarks |= source.remarks
    said = source.__dict__.get("transcript")
    record = _record(clip, info.duration_s, streams, missing, noticed)
    return replace(
        record,
        quality={**record.quality, **_of_people(source)},
        remarks=remarks,
        words_source=source.words_source,
        recogniser=said and said.recogniser,
        codecs=_codecs(info),
    )


def failed(clip: Clip, code: str, message: str) -> ClipRecord:
    """The record of a clip of which nothing could be encoded."""
    return ClipRecord(
        clip_id=clip.clip_id,
        candidate_id=clip.candidate_id,
        question=clip.question,
        question_id=clip.question_id,
        error_code=code,
        error_message=message,
    )


def _encode_modality(
    source: Source,
    modality: Modality,
    encoders: Mapping[str, Encoder],
    store: FeatureStore,
    remarks: Remarks,
) -> tuple[Streams, str | None]:
    """Streams, and the reason code where there is nothing to see in them.

    What an error says goes to ``remarks`` under that code.
    """
    if not encoders:
        return {}, None
    try:
        there = {s: e for s, e in encoders.items() if e.available(source)}
        texts = [encoder for encoder in encoders.values() if isinstance(encoder, TextEncoder)]
        unread = [code for text in texts if (code := text.unread_language(source)) is not None]
        if unread:
            line = f"'{unread[0]}' is spoken; encoders of words that do not read it were left out"
            remarks[Code.OTHER_LANGUAGE] = line
        if open_to := [s for s, e in encoders.items() if e in texts and e.leaves_open(source)]:
            line = f"which languages {', '.join(open_to)} reads is stated nowhere"
            remarks[Code.LANGUAGES_NOT_STATED] = line
        if not there:
            return {}, Code.OTHER_LANGUAGE if unread else ABSENT.get(modality, "ABSENT")
        content = {s: noted_key(source, e) for s, e in there.items()}
        done = {s: _encode_stream(source, e, content[s], store) for s, e in there.items()}
    except DecoderLostError:  # what ends a decoder is no recording with a damaged track
        raise
    except TrifoldError as error:
        code = error.code if modality == "text" else f"{modality.upper()}_{error.code}"
        remarks[code] = str(error)
        return {}, code
    streams = {stream: (content[stream], sequence.quality) for stream, sequence in done.items()}
    empty = all(len(sequence.values) == 0 for sequence in done.values())
    return streams, EMPTY.get(modality, "EMPTY") if empty else None


def _encode_stream(
    source: Source, encoder: Encoder, content: str, store: FeatureStore
) -> TokenSequence:
    stored = store.get(content, encoder.fingerprint)
    if stored is not None:
        return stored
    sequence = encoder.read(source)
    store.put(content, sequence)
    return sequence


def _of_people(source: Source) -> dict[str, float]:
    """How sure the words are, and seconds of others that were left out, as far as it is known."""
    said, turns = source.__dict__.get("transcript"), source.turns
    sure = {} if said is None or said.confidence is None else {CONFIDENCE: said.confidence}
    return {**sure, OTHER_SPEECH: turns.others_s} if turns.others else sure


def _codecs(info: MediaInfo) -> dict[Modality, str]:
    known: dict[Modality, str | None] = {"audio": info.sound_codec, "video": info.picture_codec}
    return {modality: codec for modality, codec in known.items() if codec is not None}


def _record(
    clip: Clip,
    duration_s: float | None,
    streams: Streams,
    missing: Mapping[Modality, str],
    noticed: Streams,
) -> ClipRecord:
    """The record; ``noticed`` are streams without tokens, whose quality says how come."""
    quality = {
        f"{stream}.{name}": value
        for stream, (_, numbers) in (*streams.items(), *noticed.items())
        for name, value in numbers.items()
    }
    if not streams:
        reasons = ", ".join(f"{modality} {code}" for modality, code in missing.items())
        message = f"no modality could be encoded: {reasons}"
        return replace(failed(clip, Code.NOTHING_USABLE, message), quality=quality)
    return ClipRecord(
        clip_id=clip.clip_id,
        candidate_id=clip.candidate_id,
        question=clip.question,
        question_id=clip.question_id,
        duration_s=duration_s if duration_s is not None else quality.get("prosody.duration_s"),
        content={stream: content for stream, (content, _) in streams.items()},
        missing=missing,
        quality=quality,
    )
