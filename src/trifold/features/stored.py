"""What is in the feature store already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trifold.contracts import Clip, TokenSequence
from trifold.encoders.base import Encoder, MediaEncoder
from trifold.errors import TrifoldError
from trifold.features.records import ClipRecord
from trifold.features.source import Source
from trifold.features.store import FeatureStore


def are_stored(clips: Sequence[Clip], encoders: Mapping[str, Encoder], store: FeatureStore) -> bool:
    """Whether nothing has to be decoded for these clips; no media file is opened to find out.

    A media file counts as known when one encoder has read it whole, so looking at its header again
    is safe in any process.
    """
    readers = [encoder for encoder in encoders.values() if isinstance(encoder, MediaEncoder)]
    return all(_is_stored(Source(clip, store), readers, store) for clip in clips)


def load_tokens(
    record: ClipRecord, fingerprints: Mapping[str, str], store: FeatureStore
) -> dict[str, TokenSequence]:
    """The stored tokens of a record's streams; missing ones are absent.

    Args:
        record: of the clip.
        fingerprints: stream name to encoder fingerprint.
        store: where they lie.
    """
    found = {
        stream: store.get(record.content[stream], fingerprint)
        for stream, fingerprint in fingerprints.items()
        if stream in record.content
    }
    return {stream: sequence for stream, sequence in found.items() if sequence is not None}


def _is_stored(source: Source, readers: Sequence[MediaEncoder], store: FeatureStore) -> bool:
    if source.clip.path is None or source.clip.left_out is not None:
        return True
    try:
        there = [store.path(e.key(source), e.fingerprint).is_file() for e in readers]
        absent = [reader for reader, known in zip(readers, there, strict=True) if not known]
        return any(there) and not any(encoder.available(source) for encoder in absent)
    except TrifoldError:
        return False
