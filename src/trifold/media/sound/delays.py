"""What decoders of sound give before the first sound, and where that puts a recording's start."""

from __future__ import annotations

from av.audio.stream import AudioStream

# samples that encoders put in front; wmav a frame of its own length
DELAYS = {"aac": 1024, "mp3": 1105, "mp2": 481, "ac3": 256, "eac3": 256}
OPUS_S = 312 / 48000  # FFmpeg leaves it out itself, whatever the rate
SAME_S = 0.003  # stamps of containers are whole milliseconds


def delay_s(stream: AudioStream) -> float:
    """Seconds that the decoded sound is late by; 0 where it is not known.

    Negative for Windows Media: of its frames encoders put one in front, and FFmpeg leaves out two.
    """
    return -front_s(stream) if _is_wma(stream) else front_s(stream)


def front_s(stream: AudioStream) -> float:
    """Seconds that the usual encoder of this codec puts in front; 0 where it is not known."""
    name, rate_hz = stream.codec_context.name, stream.rate
    if not rate_hz:
        return 0.0
    if _is_wma(stream):
        short = rate_hz <= 22050 or (name == "wmav1" and rate_hz <= 32000)
        return (512 if rate_hz <= 16000 else 1024 if short else 2048) / rate_hz
    return next((n for start, n in DELAYS.items() if name.startswith(start)), 0) / rate_hz


def is_delay(seconds: float, stream: AudioStream) -> bool:
    """Whether a stretch before the first picture is what the encoder of the sound put in front.

    Containers that hold no times below 0 start the picture later by just that.
    """
    known = OPUS_S if "opus" in stream.codec_context.name else front_s(stream)
    return known > 0 and abs(seconds - known) <= SAME_S


def _is_wma(stream: AudioStream) -> bool:
    return stream.codec_context.name in ("wmav1", "wmav2")
