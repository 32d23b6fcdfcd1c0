"""What decoders of sound give before the first sound, and where that puts a recording's start."""

from __future__ import annotations

from av.audio.stream import AudioStream

# samples that encoders put in front; wmav from its usual frame, see WMA_SHORT_HZ
DELAYS = {"aac": 1024, "mp3": 1105, "mp2": 481, "wmav": 2048, "ac3": 256, "eac3": 256}
OPUS_S = 312 / 48000  # FFmpeg leaves it out itself, whatever the rate
WMA_SHORT_HZ = 22050  # frames are half as long up to this rate
SAME_S = 0.003  # stamps of containers are whole milliseconds


def delay_s(stream: AudioStream) -> float:
    """Seconds that the usual encoder of this codec puts in front; 0 where it is not known."""
    name = stream.codec_context.name
    samples = next((n for start, n in DELAYS.items() if name.startswith(start)), 0)
    if name.startswith("wma") and stream.rate <= WMA_SHORT_HZ:
        samples //= 2
    return samples / stream.rate if stream.rate else 0.0


def is_delay(seconds: float, stream: AudioStream) -> bool:
    """Whether a stretch before the first picture is what the encoder of the sound put in front.

    Containers that hold no times below 0 start the picture later by just that.
    """
    known = OPUS_S if "opus" in stream.codec_context.name else delay_s(stream)
    return known > 0 and abs(seconds - known) <= SAME_S
