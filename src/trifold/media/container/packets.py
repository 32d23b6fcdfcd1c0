"""How long a file can really be played, from its packets: read once, nothing decoded."""

from __future__ import annotations

from dataclasses import dataclass, field

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from trifold.media.container.clock import LONGEST_DARK_S, LONGEST_SILENCE_S, Clock
from trifold.media.container.opening import demux, keeps_times, start_time_s

NEVER_ZERO = 32  # bytes: a longer packet that is all zeros was never written; silence is shorter


@dataclass
class Played:
    """What the packets of one stream say.

    Attributes:
        clock: their times.
        base_s: of their stamps.
        timed: whether stamps say when something is played.
        n: packets that can be played.
    """

    clock: Clock
    base_s: float
    timed: bool
    n: int = field(default=0)

    @property
    def end_s(self) -> float:
        """When the last of them ends."""
        return self.clock.end_s


def walk(container: InputContainer) -> dict[int, Played]:
    """Go through all packets of sound and picture.

    Packets of a stretch that was never written, which is zeros, count as missing, as do those that
    an edit list leaves out.

    Returns:
        Stream index to what was found, for streams that have packets.
    """
    streams = [s for s in container.streams if s.type in ("audio", "video")]
    plain = {s.index for s in streams if _is_plain(s)}
    zero_s, timed = start_time_s(container), keeps_times(container)
    found: dict[int, Played] = {}
    lost = False
    for packet in demux(container, streams):
        index = packet.stream_index
        if not packet.size or packet.is_discard:
            continue
        lost = index not in plain and _is_zero(packet) and (lost or packet.size >= NEVER_ZERO)
        if lost:
            continue
        if index not in found:
            seen = packet.stream.type == "video"
            clock = Clock(zero_s, longest_gap_s=LONGEST_DARK_S if seen else LONGEST_SILENCE_S)
            found[index] = Played(clock, float(packet.time_base), timed or seen)
        _count(found[index], packet)
    return found


def _count(played: Played, packet: Packet) -> None:
    clock, base_s, pts, dts = played.clock, played.base_s, packet.pts, packet.dts
    stamp = (pts if dts is None else dts) if played.timed else None
    length_s = (packet.duration or 0) * base_s
    time_s = clock.time(None if stamp is None else stamp * base_s, length_s)
    if stamp is not None and pts is not None:  # pictures are shown later than decoded
        clock.end_s = max(clock.end_s, time_s + (pts - stamp) * base_s + length_s)
    played.n += 1


def _is_plain(stream: Stream) -> bool:
    """Whether zeros may mean silence or black there."""
    name = stream.codec_context.name if stream.codec_context is not None else ""
    return not name or name.startswith(("pcm", "adpcm", "rawvideo"))


def _is_zero(packet: Packet) -> bool:
    content = memoryview(packet)
    return not any(content[:NEVER_ZERO]) and not any(content)
