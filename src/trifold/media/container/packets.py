"""How long a file can really be played, from its packets: read once, nothing decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from trifold.errors import DecodeError
from trifold.media.container.clock import Seam, Timeline
from trifold.media.container.file import MediaFile
from trifold.media.container.opening import demux, keeps_times, open_media, start_time_s
from trifold.media.container.tracks import PICTURES

NEVER_ZERO = 32  # bytes: a longer packet that is all zeros was never written; silence is shorter


@dataclass(frozen=True)
class Played:
    """What the packets of one stream say.

    Attributes:
        n: packets that can be played.
        end_s: when the last of them ends.
    """

    n: int
    end_s: float


@dataclass(frozen=True)
class Walked:
    """What the packets of a file say.

    Attributes:
        played: stream index to what was found, for streams of sound and picture with packets.
        end_s: when the last packet ends, those of subtitles too.
        end_byte: of the file, where the last packet ends.
        timeline: the clock of all streams.
    """

    played: Mapping[int, Played]
    end_s: float
    end_byte: int
    timeline: Timeline


def walk(container: InputContainer) -> Walked:
    """Go through all packets of sound and picture; covers are none.

    Packets of a stretch that was never written, which is zeros, count as missing, as do those that
    an edit list leaves out.

    Raises:
        DecodeError: where packets are encrypted, as decoders make noise of them.
    """
    kinds = ("audio", "video", "subtitle")
    streams = [s for s in container.streams if s.type in kinds and not s.disposition & PICTURES]
    plain = {s.index for s in streams if _is_plain(s)}
    timeline, timed = Timeline(start_time_s(container)), keeps_times(container)
    counts: dict[int, int] = {}
    steps: dict[int, _Steps] = {}
    read_s, end_byte = 0.0, 0  # when subtitles end
    lost = False
    for packet in demux(container, streams):
        index, kind = packet.stream_index, packet.stream.type
        if not packet.size or packet.is_discard:
            continue
        end_byte = max(end_byte, (packet.pos or 0) + packet.size)
        if kind == "subtitle":
            read_s = max(read_s, _end_s(packet) - timeline.zero_s)
            continue
        lost = index not in plain and _is_zero(packet) and (lost or packet.size >= NEVER_ZERO)
        if lost:
            continue
        if index not in counts and packet.has_sidedata("encryption_info"):
            raise DecodeError(expected="a recording that plays without a key", got="encrypted")
        counts[index] = counts.get(index, 0) + 1
        _note(timeline, packet, steps.setdefault(index, _Steps()), timed or kind == "video")
    played = {index: Played(n, timeline.end_s(index)) for index, n in counts.items()}
    end_s = max([read_s, *(one.end_s for one in played.values())])
    return Walked(played, end_s, end_byte, timeline)


def seams_of(media: MediaFile, stream: int) -> Callable[[], Sequence[Seam]]:
    """What finds, by going through the file, where the stamps of a stream start anew."""

    def look() -> Sequence[Seam]:
        with open_media(media) as container:
            return walk(container).timeline.seams(stream)

    return look


@dataclass
class _Steps:
    """How far apart the stamps of a stream are at most."""

    longest_s: float = 0.0
    last_s: float | None = None

    def to(self, stamp_s: float) -> None:
        if self.last_s is not None:
            self.longest_s = max(self.longest_s, stamp_s - self.last_s)
        self.last_s = stamp_s


def _note(timeline: Timeline, packet: Packet, steps: _Steps, timed: bool) -> None:
    base_s, pts, dts = float(packet.time_base), packet.pts, packet.dts
    length_s = (packet.duration or 0) * base_s
    stamp = (pts if dts is None else dts) if timed else None
    if stamp is not None and packet.stream.type == "video":
        steps.to(stamp * base_s)
        if steps.longest_s > 0:  # some recorders have the last picture stay for hours
            length_s = min(length_s, steps.longest_s)
    shown = None if stamp is None or pts is None else pts * base_s
    timeline.add(packet.stream_index, None if stamp is None else stamp * base_s, shown, length_s)


def _end_s(packet: Packet) -> float:
    stamp = packet.dts if packet.pts is None else packet.pts
    return float(((stamp or 0) + (packet.duration or 0)) * packet.time_base)


def _is_plain(stream: Stream) -> bool:
    """Whether zeros may mean silence or black there."""
    name = stream.codec_context.name if stream.codec_context is not None else ""
    return not name or name.startswith(("pcm", "adpcm", "rawvideo"))


def _is_zero(packet: Packet) -> bool:
    content = memoryview(packet)
    return not any(content[:NEVER_ZERO]) and not any(content)
