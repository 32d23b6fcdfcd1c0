"""A clip's media and words, offered to encoders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from trifold.codes import Code
from trifold.contracts import AudioChunk, Clip, Frame, MediaInfo, Transcript, Turns
from trifold.errors import InputError
from trifold.features.store import FeatureStore, hash_file
from trifold.features.turns.words import own_words
from trifold.media.container.chosen import with_chosen
from trifold.media.container.file import require_file
from trifold.media.container.probe import probe
from trifold.media.decoder.decoder import Decoder
from trifold.media.files.border import outside
from trifold.media.picture.frames import read_frames
from trifold.media.picture.light import LightWatch
from trifold.media.picture.parts import largest_share, seen_in
from trifold.media.picture.stills import StillWatch
from trifold.media.sound.activity import with_speech
from trifold.media.sound.choice import Sound
from trifold.media.sound.stream import read_audio, silenced
from trifold.media.transcripts.beside import in_doubt
from trifold.media.transcripts.reading import parse_transcript, read_transcript
from trifold.media.transcripts.speakers.candidate import of_candidate
from trifold.media.transcripts.timing import fitted

KEPT_S = 600.0  # of sound, 38 MB


class WatchedFrames(Iterator[Frame]):
    """Frames that are watched for standing still and for light while they go by.

    Args:
        frames: of one clip, in order.
    """

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._still, self._light = StillWatch(), LightWatch()
        self._frames = self._light.watch(self._still.watch(frames))

    def __next__(self) -> Frame:
        """The next frame."""
        return next(self._frames)

    @property
    def quality(self) -> Mapping[str, float]:
        """``still_fraction`` and ``picture_brightness`` of what has gone by."""
        found = {"still_fraction": self._still.still_fraction}
        light = self._light.brightness
        return found if light is None else {**found, "picture_brightness": light}


class Source:
    """A clip's media and words, looked at when first asked for; see ``ClipSource``.

    The sound of a recording of up to ten minutes is decoded once for all encoders of it; a longer
    one is decoded for each, so that memory does not grow with its length.

    Args:
        clip: of which.
        store: keeps what headers say; None looks at them each time.
    """

    def __init__(self, clip: Clip, store: FeatureStore | None = None) -> None:
        self.clip, self.store = clip, store
        self._kept: dict[int, list[AudioChunk]] = {}  # rate to a whole recording

    @property
    def turns(self) -> Turns:
        """What of the recording is the candidate's; all of it where nobody looked.

        Raises:
            DecodeError: where somebody chose a track of a file that cannot be read.
        """
        chosen, told = self.clip.chosen, self._told
        if chosen is None:
            return told
        if chosen.of_sound and told.channel is None and self.info.audio_stream is not None:
            told = replace(told, channel=(self.info.audio_stream, self.info.audio_channel))
        if chosen.video_track is not None:
            told = replace(told, picture=self.info.video_stream)
        return told

    @property
    def _told(self) -> Turns:
        """What was told of the turns of several people."""
        return self.clip.turns or Turns()

    @property
    def question(self) -> str:
        """What was asked; empty where that is not known."""
        return self.clip.question or ""

    @property
    def measures(self) -> Mapping[str, float]:
        """Published features, column name to number."""
        return self.clip.measures

    @cached_property
    def info(self) -> MediaInfo:
        """What its file holds; a clip without a media file has neither sound nor picture."""
        if self.clip.path is None:
            return MediaInfo(duration_s=None, has_audio=False, has_video=False)
        info, chosen = self._looked_at(self.clip.path), self.clip.chosen
        if chosen is None:
            return info
        return with_chosen(info, self.clip.path, chosen, decoder=self._decoder)

    def _looked_at(self, path: Path) -> MediaInfo:
        """What the file says, whatever somebody chose of it; that is what a store keeps."""
        if self.store is None:
            return probe(path, decoder=self._decoder)
        info = self.store.get_info(self.media_hash)
        if info is None:
            info = probe(path, decoder=self._decoder)
            with suppress(OSError):  # a store that keeps nothing on disk costs another look
                self.store.put_info(self.media_hash, info)
        return info

    @cached_property
    def media_hash(self) -> str:
        """Content hash of the media file; noted as the person's, as headers are kept under it."""
        path = self.path
        require_file(path)  # a pipe would be waited for, for ever
        content = hash_file(path)
        if self.store is not None:
            self.store.note(self.clip.person, content)
        return content

    @cached_property
    def _decoder(self) -> Decoder:
        """What opens the file for all that is asked of it here; it ends with this object."""
        return Decoder(self.path)

    def sound(self, sample_rate_hz: int) -> Iterator[AudioChunk]:
        """The candidate's voice, with speech probabilities; where others speak there is silence.

        Raises:
            DecodeError: when it cannot be decoded.
        """
        kept = self._kept.get(sample_rate_hz)
        return iter(kept) if kept is not None else self._decoded(sample_rate_hz)

    def _decoded(self, sample_rate_hz: int) -> Iterator[AudioChunk]:
        """The sound, which is kept when all of it has gone by, if it is short."""
        chosen = Sound(*(self.turns.channel or (self.info.audio_stream, self.info.audio_channel)))
        chunks = read_audio(
            self.path, sound=chosen, sample_rate_hz=sample_rate_hz, decoder=self._decoder
        )
        seen: list[AudioChunk] = []
        room = round(KEPT_S * sample_rate_hz)
        for chunk in with_speech(silenced(chunks, self.turns.others)):
            room -= len(chunk.samples)
            if room >= 0:
                seen.append(chunk)
            else:
                seen.clear()
            yield chunk
        if room >= 0:
            self._kept[sample_rate_hz] = seen
            self._decoder.forget()

    def frames(self, frame_rate_hz: float, max_side_px: int) -> WatchedFrames:
        """The candidate's picture.

        Raises:
            DecodeError: when it cannot be decoded.
        """
        views = self.turns.views
        share = 1.0 if views is None else largest_share(views)
        frames = read_frames(
            self.path,
            stream=self.info.video_stream,
            frame_rate_hz=frame_rate_hz,
            max_side_px=round(max_side_px / share),
            decoder=self._decoder,
        )
        return WatchedFrames(frames if views is None else seen_in(frames, views, max_side_px))

    @cached_property
    def transcript(self) -> Transcript | None:
        """The candidate's words on the recording's clock; None when there is no transcript.

        Raises:
            TranscriptError: when it cannot be read, or there are several and nothing tells which.
        """
        said = self.said
        if said is None:
            return None
        person = self.clip.person
        own = of_candidate(said, speaker=self.clip.speaker, candidate_id=person)
        return own_words(fitted(own, self.info.duration_s), self._told)

    @property
    def remarks(self) -> dict[str, str]:
        """What was noticed in reading, code to one line; nothing of what was not read."""
        seen, said = self.__dict__.get("info"), self.__dict__.get("transcript")
        found = dict(seen.remarks) if seen else {}
        if self._told.told_by:  # what the header's channels left open was told by more than them
            found.pop(Code.SEVERAL_SPEAKERS, None)
        for more in (self._told.remarks, said.remarks if said else {}):
            for code, line in more.items():
                found[code] = f"{found[code]}; {line}" if code in found else line
        if self.clip.words_lost is not None:
            found[Code.NO_TRANSCRIPT] = self.clip.words_lost
        return found

    @property
    def path(self) -> Path:
        """Of the media file.

        Raises:
            InputError: when there is none.
        """
        if self.clip.path is None:
            raise InputError(expected="a media file", got="none", where=self.clip.clip_id)
        return self.clip.path

    @cached_property
    def said(self) -> Transcript | None:
        """What the transcript holds, wherever it comes from, of everybody.

        Raises:
            TranscriptError: when it cannot be read, or there are several and nothing tells which.
        """
        clip = self.clip
        if isinstance(clip.transcript, Transcript):
            return clip.transcript
        if clip.transcript is not None:
            return parse_transcript(clip.transcript)
        if clip.transcript_path is not None:
            return read_transcript(clip.transcript_path)
        if clip.transcript_outside is not None:
            raise outside(clip.transcript_outside, clip.clip_id)
        if clip.transcript_doubt is not None:
            raise in_doubt(clip.transcript_doubt, clip.clip_id)
        return None

    @property
    def words_source(self) -> str | None:
        """``given`` or ``recognised``; None where no words were read."""
        said = self.__dict__.get("transcript")
        return said and ("recognised" if said.recogniser else "given")
