"""What encoders looked at, in words, for moments of which nothing else can be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

STREAMS = {
    "prosody": "pitch, loudness, pauses and pace of the voice",
    "face": "place and movement of face, mouth and eyes",
    "face_mesh": "pose of the head, gaze, mouth, brows and eyes",
    "contours": "choice of words, sentence by sentence",
    "sentences": "meaning of the sentences",
}


def with_streams(
    panels: Iterable[Mapping[str, Any]], evidence: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Panels whose strongest moments say what looked at those seconds.

    Args:
        panels: as ``reports.timeline.panels`` makes them.
        evidence: which encoders looked at them.
    """
    pieces = {one["target"]: one["pieces"] for one in (evidence or {}).get("targets", [])}
    return [
        {
            **panel,
            "strongest": [
                {**moment, "streams": _streams(moment, pieces[panel["name"]])}
                for moment in panel["strongest"]
            ],
        }
        for panel in panels
    ]


def _streams(moment: Mapping[str, Any], pieces: Iterable[Mapping[str, Any]]) -> list[str]:
    found = [
        stream
        for piece in pieces
        if piece["answer"] == moment["n"] - 1 and piece["modality"] == moment["modality"]
        if min(piece["end_s"], moment["end_s"]) - max(piece["start_s"], moment["start_s"]) > 0
        for stream in piece["streams"]
    ]
    return [STREAMS.get(stream, stream) for stream in dict.fromkeys(found)]
