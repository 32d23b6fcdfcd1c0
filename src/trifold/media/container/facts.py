"""What is told of a media file: its streams, how long it is, and what is odd about it.

These facts come from the process that opens the file, which is not trusted; so they are checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

SOUND, PICTURE = "sound", "picture"
_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float | None": (int, float, type(None)),
    "str | None": (str, type(None)),
}


@dataclass(frozen=True)
class StreamFacts:
    """A stream of sound or picture that can be decoded and is no cover.

    Attributes:
        index: among all streams of the file.
        kind: ``sound`` or ``picture``.
        codec: in FFmpeg's words, whichever decoder reads it.
        title: all that it is called, for matching; empty where it has no name.
        language: that it is tagged with.
        standing: 1 says that it is the candidate's, -1 that it is not, else 0.
        is_default: whether it is flagged as the one to play.
        channels: of sound.
        rate_hz: of its samples; 0 where that is not known.
        width_px: of a picture.
        height_px: likewise.
        frame_rate_hz: on average; None where that is not known.
        end_s: when its last packet ends; None where nobody looked, or there is none.
        moves: whether it has enough pictures to be a video.
    """

    index: int
    kind: str
    codec: str
    title: str
    language: str | None
    standing: int
    is_default: bool
    channels: int = 0
    rate_hz: int = 0
    width_px: int = 0
    height_px: int = 0
    frame_rate_hz: float | None = None
    end_s: float | None = None
    moves: bool = False


@dataclass(frozen=True)
class FileFacts:
    """A file as its headers and packets tell.

    Attributes:
        streams: the likeliest to be the candidate's first, those of sound before pictures.
        duration_s: that FFmpeg tells; None where that makes no sense.
        declared_s: that a header states; None where none does.
        truncated: one line where it ends before its header says; empty where it does not.
    """

    streams: Sequence[StreamFacts]
    duration_s: float | None = None
    declared_s: float | None = None
    truncated: str = ""

    def of(self, kind: str) -> list[StreamFacts]:
        """The streams of a kind."""
        return [stream for stream in self.streams if stream.kind == kind]

    def to_dict(self) -> dict[str, Any]:
        """For the way between processes."""
        return asdict(self)


def read_facts(found: Mapping[str, Any]) -> FileFacts:
    """Facts from what ``to_dict`` gave.

    Raises:
        ValueError: where a fact is missing or of another kind.
    """
    streams = found.get("streams")
    if not isinstance(streams, list):
        raise ValueError("no streams")
    checked = [StreamFacts(**_checked(StreamFacts, stream)) for stream in streams]
    return FileFacts(checked, **_checked(FileFacts, found, without=("streams",)))


def _checked(kind: type, found: object, *, without: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("no facts")
    wanted = {f.name: str(f.type) for f in fields(kind) if f.name not in without}
    for name, described in wanted.items():
        if name not in found or type(found[name]) not in _KINDS[described]:
            raise ValueError(f"no {name}")
    return {name: found[name] for name in wanted}
