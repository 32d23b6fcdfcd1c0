"""The quality card of every recording of a project, from what encoders notice in it.

Runs in a job's process. The features stay in the project's cache, so that scoring does not look
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from sqlalchemy import select

from trifold.bundle.description import read_description
from trifold.contracts import Clip, Turns
from trifold.errors import TrifoldError
from trifold.features.extract import extract
from trifold.features.quality import flags
from trifold.features.records import ClipRecord
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.features.turns.words import share_within
from trifold.features.words import PACKAGED, PACKAGED_VOICES, with_words
from trifold.media.container.chosen import TrackFacts, tracks_of
from trifold.media.files.folder import survey
from trifold.media.transcripts.reading import parse_transcript, read_transcript
from trifold.runtime.progress import stage
from trifold.shipped import CONFIGS
from trifold.specs import Spec
from trifold.studio.database.projects import Project, Recording
from trifold.studio.recordings.grouping import sort_recordings
from trifold.studio.recordings.manifest import Row, row_of, write_rows
from trifold.studio.recordings.models import bundle_path
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.visit import Studio

TOGETHER = 32  # recordings between two writings of cards
MOST_SPEAKERS = 20  # labels of a transcript that are shown
MOST_TRACKS, LONGEST_TITLE = 16, 100
MOST_VOICES, MOST_MOMENTS, MOST_SPANS = 8, 3, 400


def look(facts: Mapping[str, Any]) -> None:
    """Tell people by names, then look at each recording that nobody has looked at.

    Args:
        facts: ``settings`` of the studio, ids of a ``project`` and of a ``job``.
    """
    studio = open_studio(StudioSettings.from_plain(facts["settings"]))
    project_id = str(facts["project"])
    sort_recordings(studio, project_id)
    rows = list(_rows(studio, project_id).items())
    specs = _specs(studio, project_id)
    with stage("recordings", len(rows), unit="files", show=True) as told:
        for start in range(0, len(rows), TOGETHER):
            some = rows[start : start + TOGETHER]
            path = studio.folder_of(project_id) / "jobs" / str(facts["job"]) / "look.jsonl"
            _look_at(studio, path, dict(some), specs)
            told.advance(len(some))


def card_of(record: ClipRecord, speakers: Sequence[str] = ()) -> dict[str, Any]:
    """What is kept of a recording: numbers by name, codes with a line, who speaks, what failed."""
    codes = [*record.missing.values(), *flags(record)]
    if record.error_code is not None:
        codes.insert(0, record.error_code)
    return {
        "numbers": {k: v for k, v in asdict(record.card).items() if v is not None},
        "codes": [
            {"code": str(code), "line": record.remarks.get(code, "")}
            for code in dict.fromkeys(map(str, codes))
        ],
        "error": record.error_message or "",
        "words": record.words_source or "",
        "codecs": {str(k): v for k, v in record.codecs.items()},
        "speakers": list(speakers)[:MOST_SPEAKERS],
    }


def _look_at(
    studio: Studio, path: Path, rows: Mapping[str, Row], specs: Mapping[str, Spec]
) -> None:
    """Some recordings at a time, by a manifest at ``path``, from files to cards in the database."""
    folder = path.parents[2]
    write_rows(path, list(rows.values()))
    clips = survey(path, unique=False, candidates="manifest").clips
    clips = tuple(replace(clip, left_out=None) for clip in clips)
    spoken = with_words(
        clips,
        encoders=specs,
        recogniser=PACKAGED,
        voices=PACKAGED_VOICES,
        transcripts=folder / "transcripts",
    )
    records = extract(spoken, specs, FeatureStore(folder / "features"))
    for recording_id, clip, record in zip(rows, spoken, records, strict=True):
        card = card_of(record, _speakers(clip))
        card |= {"tracks": _tracks(clip), "voices": voices_heard(clip.turns or Turns())}
        with studio.database.writing() as session:
            recording = session.get(Recording, recording_id)
            if recording is not None:  # it may have been deleted meanwhile
                recording.quality = card
                recording.duration_s = record.duration_s
                recording.state = "unusable" if record.error_code else "looked_at"


def _rows(studio: Studio, project_id: str) -> dict[str, Row]:
    """Of recordings that nobody has looked at, by their ids; also those that are nobody's yet."""
    wanted = select(Recording).where(
        Recording.project_id == project_id, Recording.state == "new", Recording.left_out == ""
    )
    with studio.database.reading() as session:
        return {
            one.id: row_of(studio, one, f"recording {one.id}")
            for one in session.scalars(wanted.order_by(Recording.path))
        }


def _specs(studio: Studio, project_id: str) -> dict[str, Spec]:
    """Encoders of the project's model, whose features scoring then finds; else the packaged."""
    with studio.database.reading() as session:
        project = session.get_one(Project, project_id)
        if project.bundle:
            return dict(read_description(bundle_path(studio, project.bundle))[0].encoder_specs)
    packaged: Any = OmegaConf.to_container(OmegaConf.load(CONFIGS / "encoders/embedded.yaml"))
    return dict(packaged)


def _speakers(clip: Clip) -> list[str]:
    """Labels of the transcript, in the order in which they speak."""
    try:
        if isinstance(clip.transcript, str):
            said = parse_transcript(clip.transcript)
        elif clip.transcript_path is not None:
            said = read_transcript(Path(clip.transcript_path))
        else:
            return []
    except TrifoldError:  # the card has its code
        return []
    return [*dict.fromkeys(part.speaker for part in said.segments if part.speaker)]


def _tracks(clip: Clip) -> dict[str, Any]:
    """Tracks of a clip's file and which are read; nothing where there is one of each kind."""
    if clip.path is None:
        return {}
    try:
        sounds, pictures = tracks_of(clip.path)
        source = Source(clip)
        info, told = source.info, source.turns
    except TrifoldError:  # the card has its code
        return {}
    if len(pictures) < 2 and len(sounds) < 2 and all(one.channels < 2 for one in sounds):
        return {}
    stream, channel = told.channel or (info.audio_stream, info.audio_channel)
    return {
        "sounds": [_kept(one) for one in sounds[:MOST_TRACKS]],
        "pictures": [_kept(one) for one in pictures[:MOST_TRACKS]],
        "read": {
            "audio_track": _number(sounds, stream),
            "audio_channel": None if channel is None else channel + 1,
            "video_track": _number(pictures, info.video_stream),
        },
    }


def voices_heard(turns: Turns) -> list[dict[str, Any]]:
    """Of each voice in one channel how long it speaks, when, and whether it is read; JSON.

    ``at`` is a moment that tells it from the others, ``moments`` are turns to listen to, the
    longest, in order.
    """
    found = []
    for spans in turns.voices:
        longest = sorted(spans, key=lambda span: span[0] - span[1])
        found.append(
            {
                "seconds": round(sum(end - start for start, end in spans), 1),
                "at": round(sum(longest[0]) / 2, 2),
                "moments": [round(start, 1) for start, _ in sorted(longest[:MOST_MOMENTS])],
                "spans": [[round(a, 1), round(b, 1)] for a, b in spans[:MOST_SPANS]],
                "read": not turns.told_by or share_within(longest[0], turns.own) > 0,
            }
        )
    return found[:MOST_VOICES]


def _kept(one: TrackFacts) -> dict[str, Any]:
    return {**one._asdict(), "title": one.title[:LONGEST_TITLE]}


def _number(tracks: list[TrackFacts], index: int | None) -> int | None:
    return next((one.number for one in tracks if one.stream == index), None)
