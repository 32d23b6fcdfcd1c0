"""Media that grow on the way cost no more than what is read of them."""

from __future__ import annotations

import resource
import struct
from fractions import Fraction
from pathlib import Path

import av

from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames


def pictures(codec: str, size: tuple[int, int], n: int) -> list[bytes]:
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = size
    context.pix_fmt, context.time_base = "yuvj420p", Fraction(1, 5)
    found = []
    for number in range(n):
        frame = av.VideoFrame(*size, "yuvj420p")
        frame.pts = number
        found += [bytes(packet) for packet in context.encode(frame)]
    return found


def test_a_picture_that_becomes_large_on_the_way_is_read_as_large_as_asked(tmp_path: Path) -> None:
    """A header of 64 x 64, and then 48 million pixels a picture."""
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        container.start_encoding()
        for number, content in enumerate(
            [*pictures("mjpeg", (64, 64), 3), *pictures("mjpeg", (8000, 6000), 2)]
        ):
            packet = av.Packet(content)
            packet.pts = packet.dts = number
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 5), stream, True
            container.mux(packet)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (probe(path).width_px, probe(path).height_px) == (64, 64)
    sizes = [frame.image.shape for frame in read_frames(path, max_side_px=320)]
    assert sizes == [(64, 64, 3)] * 3 + [(240, 320, 3)] * 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


def test_a_header_that_promises_a_day_of_sound_reserves_nothing(tmp_path: Path) -> None:
    """A WAV file of 100 bytes whose header states 4 GiB of 192 kHz in 16 channels."""
    kind = struct.pack("<HHIIHH", 1, 16, 192_000, 192_000 * 32, 32, 16)
    head = b"RIFF" + struct.pack("<I", 0xFFFFFFF0) + b"WAVEfmt " + struct.pack("<I", 16) + kind
    (tmp_path / "a.wav").write_bytes(head + b"data" + struct.pack("<I", 0xFFFFFFC0) + bytes(64))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (probe(tmp_path / "a.wav").duration_s or 0) < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10
