"""Tracks and channels that somebody chose: what is read, by manifest or by hand, is those alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import face_frames, voice
from tests.factories.recordings import Track, mono, record
from trifold.codes import Code
from trifold.contracts import Chosen, Clip, Turns
from trifold.encoders.audio.prosody import Prosody
from trifold.errors import DecodeError, InputError
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.media.container.chosen import tracks_of
from trifold.media.files.folder import survey
from trifold.scoring.folder.journal import key_of

SECONDS = 4.0
ONE, OTHER = voice(SECONDS, seed=1), 0.5 * voice(SECONDS, seed=2)


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tracks as a meeting keeps them, the second in stereo with a voice on each side."""
    path = tmp_path_factory.mktemp("meeting") / "meeting.mkv"
    tracks = [
        Track(mono(ONE), "flac", title="Room"),
        Track(np.stack([OTHER, ONE]), "flac", title="Guests"),
    ]
    return record(path, shown=face_frames(SECONDS), tracks=tracks)


def heard(path: Path, chosen: Chosen | None, store: FeatureStore | None = None) -> np.ndarray:
    source = Source(Clip("a", "a", path, chosen=chosen), store)
    return np.concatenate([chunk.samples for chunk in source.sound(16000)])


def like(sound: np.ndarray, wanted: np.ndarray) -> float:
    n = min(len(sound), len(wanted))
    return float(np.corrcoef(sound[:n], wanted[:n])[0, 1])


def test_tracks_are_told_in_the_order_of_the_file(meeting: Path) -> None:
    sounds, pictures = tracks_of(meeting)
    assert [(s.number, s.title, s.codec, s.channels) for s in sounds] == [
        (1, "Room", "flac", 1), (2, "Guests", "flac", 2)]  # fmt: skip
    assert [(p.number, p.codec, p.width_px) for p in pictures] == [(1, "h264", 320)]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(("chosen", "wanted"), [
    (Chosen(1), ONE), (Chosen(2, 1), OTHER), (Chosen(2, 2), ONE),
])  # fmt: skip
def test_what_is_chosen_is_heard(
    meeting: Path, tmp_path: Path, chosen: Chosen, wanted: np.ndarray, stored: bool
) -> None:
    store = FeatureStore(tmp_path) if stored else None
    if store is not None:
        heard(meeting, None, store)  # what a store keeps is of nobody's choice
    assert like(heard(meeting, chosen, store), wanted) > 0.99


def test_the_choice_is_part_of_what_features_and_rows_are_kept_by(meeting: Path) -> None:
    choices = [None, Chosen(1), Chosen(2), Chosen(2, 1), Chosen(2, 2), Chosen(None, None, 1)]
    clips = [Clip("a", "a", meeting, chosen=chosen) for chosen in choices]
    encoder = Prosody()
    keys = [encoder.key(Source(clip)) for clip in clips]
    assert keys[0] == keys[-1]  # another picture is no other sound
    assert len(set(keys[:2] + keys[3:5])) == 4
    assert len({key_of((clip,)) for clip in clips}) == len(clips)


def test_a_channel_of_ones_own_leaves_no_doubt_about_other_voices(meeting: Path) -> None:
    of_track = Source(Clip("a", "a", meeting, chosen=Chosen(2)))
    assert Code.SEVERAL_SPEAKERS in of_track.info.remarks
    of_channel = Source(Clip("a", "a", meeting, chosen=Chosen(2, 1)))
    assert Code.SEVERAL_SPEAKERS not in of_channel.info.remarks
    assert of_channel.turns.channel == (of_channel.info.audio_stream, 0)
    told = Source(Clip("a", "a", meeting, chosen=Chosen(2, 1), turns=Turns(others=((0.0, 1.0),))))
    assert told.turns.others == ((0.0, 1.0),)


@pytest.mark.parametrize(("chosen", "message"), [
    (Chosen(3), "expected one of 2 sound tracks, got number 3"),
    (Chosen(2, 3), "expected a channel of 1 to 2, got channel 3"),
    (Chosen(None, None, 2), "expected one of 1 pictures, got number 2"),
])  # fmt: skip
def test_what_is_not_there_cannot_be_chosen(meeting: Path, chosen: Chosen, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        _ = Source(Clip("a", "a", meeting, chosen=chosen)).info


def test_a_manifest_names_track_and_channel(meeting: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(
        "path,candidate_id,clip_id,audio_track,audio_channel,video_track\n"
        f"{meeting},ann,a,2,left,\n{meeting},bob,b,2.0,2,1\n{meeting},cid,c,,,\n"
    )
    clips = survey(table, unique=False, candidates="manifest").clips
    assert [clip.chosen for clip in clips] == [Chosen(2, 1), Chosen(2, 2, 1), None]


@pytest.mark.parametrize(("cell", "wanted"), [
    ("12.5", (12.5,)), ("40; 12.5", (12.5, 40.0)), ("7 7.0", (7.0,)),
])  # fmt: skip
def test_a_manifest_names_moments_of_a_voice(
    meeting: Path, tmp_path: Path, cell: str, wanted: tuple[float, ...]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"path,candidate_id,voice_at\n{meeting},ann,{cell}\n")
    (clip,) = survey(table, unique=False, candidates="manifest").clips
    assert clip.chosen == Chosen(voice_at=wanted)


@pytest.mark.parametrize("cell", ["-1", "first", "1:02", "9999999", ";"])
def test_a_manifest_with_another_moment_is_refused(
    meeting: Path, tmp_path: Path, cell: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"path,candidate_id,voice_at\n{meeting},ann,{cell}\n")
    with pytest.raises(InputError, match=r"seconds such as '12.5' or .* as voice_at in .*got"):
        survey(table, unique=False, candidates="manifest")


@pytest.mark.parametrize("cell", ["0", "-1", "first", "1.5", "100"])
def test_a_manifest_with_another_number_is_refused(
    meeting: Path, tmp_path: Path, cell: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"path,candidate_id,audio_track\n{meeting},ann,{cell}\n")
    with pytest.raises(InputError, match=r"a number of 1 to 99 as audio_track in .*got"):
        survey(table, unique=False, candidates="manifest")
