"""How bright an HDR recording is, from some pictures of it, so that all are shown alike."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from trifold.contracts import Array
from trifold.media.container.file import MediaFile
from trifold.media.container.opening import decode, one_threaded, open_media
from trifold.media.container.tracks import video_stream
from trifold.media.picture.hdr import brightest, is_hdr, light, tone_mapped, white_of

LOOKS, SIDE_PX = 8, 320  # pictures over the length of a recording, and their longer side


class Exposure(NamedTuple):
    """How the light of one recording is shown.

    Attributes:
        transfer: code of the transfer function.
        peak_nits: of its brightest part.
    """

    transfer: int
    peak_nits: float

    def shown(self, image: Array) -> Array:
        """(H, W, 3) uint16 as coded to uint8 as an ordinary screen shows it."""
        nits = light(image, self.transfer)
        white_nits = white_of(self.peak_nits)
        return tone_mapped(nits, white_nits=white_nits, peak_nits=self.peak_nits)


def exposure_of(media: MediaFile, index: int) -> Exposure | None:
    """Look at some pictures of an HDR video stream; None where none of them is HDR."""
    found: list[Exposure] = []
    with open_media(media) as container:
        stream = video_stream(container, index)
        if stream is not None:
            one_threaded(stream)
            scaler = VideoReformatter()
            for look in range(LOOKS):
                frame = _frame_at(container, stream, look / LOOKS)
                if frame is not None and is_hdr(frame):
                    found.append(_look_at(frame, scaler))
    return max(found, key=lambda one: one.peak_nits, default=None)


def _look_at(frame: av.VideoFrame, scaler: VideoReformatter) -> Exposure:
    scale = min(1.0, SIDE_PX / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    small = scaler.reformat(frame, format="rgb48le", width=width, height=height, threads=1)
    transfer = int(frame.color_trc)
    return Exposure(transfer, brightest(light(small.to_ndarray(), transfer)))


def _frame_at(container: InputContainer, stream: VideoStream, share: float) -> av.VideoFrame | None:
    """The key frame before some share of the length; the next one where nobody can seek."""
    with suppress(av.FFmpegError):
        container.seek(round(share * (container.duration or 0)) + (container.start_time or 0))
    return next(decode(container, stream), None)
