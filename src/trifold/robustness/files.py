"""A recording in another file, with its packets copied and its tags rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import av

from trifold.errors import DecodeError
from trifold.media.container.opening import open_media

Rewrite = Callable[[Path, Path], Path]


def remux(
    source: Path,
    target: Path,
    *,
    format: str | None = None,
    options: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    until_s: float | None = None,
) -> Path:
    """Copy the packets of picture and sound into another file; nothing is decoded.

    Args:
        source: the recording.
        target: is written anew; its suffix names the container unless ``format`` does.
        format: muxer.
        options: of the muxer, such as ``live=1`` for a Matroska file without a duration.
        metadata: tags of the file.
        until_s: packets that begin later are left out; None copies all.

    Raises:
        DecodeError: when the recording cannot be opened or has neither picture nor sound.
    """
    try:
        with (
            open_media(source) as reading,
            av.open(str(target), "w", format=format, options=dict(options or {})) as writing,
        ):
            kept = [s for s in reading.streams if s.type in ("video", "audio")]
            copies = {stream.index: writing.add_stream_from_template(stream) for stream in kept}
            writing.metadata.update(metadata or {})
            for packet in reading.demux(kept):
                if packet.dts is None or _is_late(packet, until_s):
                    continue
                packet.stream = copies[packet.stream.index]
                writing.mux(packet)
    except (av.FFmpegError, ValueError, KeyError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DecodeError(
            expected="a recording that can be copied", got=reason, where=source
        ) from error
    return target


def copied(suffix: str | None = None, **settings: object) -> Rewrite:
    """What copies a recording into a container.

    Args:
        suffix: of the container; None keeps that of the recording.
        settings: of ``remux``.
    """

    def rewrite(source: Path, target: Path) -> Path:
        named = target.with_suffix(suffix or source.suffix)
        return remux(source, named, **settings)  # type: ignore[arg-type]

    return rewrite


def _is_late(packet: av.Packet, until_s: float | None) -> bool:
    if until_s is None or packet.pts is None:
        return False
    return float(packet.pts * packet.time_base) >= until_s
