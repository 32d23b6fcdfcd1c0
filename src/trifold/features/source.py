"""A clip's media and words, and what an encoder makes of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import cast

from trifold.contracts import QUESTION, Clip, MediaInfo, TokenSequence, Transcript
from trifold.encoders.base import (
    AudioEncoder,
    Encoder,
    MeasureEncoder,
    QuestionEncoder,
    TextEncoder,
    VideoEncoder,
)
from trifold.errors import InputError
from trifold.features.store import FeatureStore, hash_file, hash_text, hash_transcript
from trifold.media.container.opening import require_file
from trifold.media.container.probe import probe
from trifold.media.files.border import outside
from trifold.media.picture.frames import read_frames
from trifold.media.picture.stills import StillWatch
from trifold.media.sound.activity import with_speech
from trifold.media.sound.choice import Sound
from trifold.media.sound.stream import read_audio
from trifold.media.transcripts.beside import in_doubt
from trifold.media.transcripts.reading import parse_transcript, read_transcript
from trifold.media.transcripts.speakers.candidate import of_candidate
from trifold.media.transcripts.timing import fitted


class Source:
    """A clip's media and words, looked at when first asked for.

    Args:
        clip: of which.
        store: keeps what headers say; None looks at them each time.
    """

    def __init__(self, clip: Clip, store: FeatureStore | None = None) -> None:
        self.clip, self.store = clip, store

    @cached_property
    def info(self) -> MediaInfo:
        """What its file holds; a clip without a media file has neither sound nor picture."""
        if self.clip.path is None:
            return MediaInfo(duration_s=None, has_audio=False, has_video=False)
        if self.store is None:
            return probe(self.clip.path)
        info = self.store.get_info(self.media_hash)
        if info is None:
            info = probe(self.clip.path)
            with suppress(OSError):  # a store that keeps nothing on disk costs another look
                self.store.put_info(self.media_hash, info)
        return info

    @cached_property
    def media_hash(self) -> str:
        """Content hash of the media file."""
        if self.clip.path is None:
            raise InputError(expected="a media file", got="none", where=self.clip.clip_id)
        require_file(self.clip.path)  # a pipe would be waited for, for ever
        return self._noted(hash_file(self.clip.path))

    @cached_property
    def transcript(self) -> Transcript | None:
        """The candidate's words on the recording's clock; None when there is no transcript.

        Raises:
            TranscriptError: when it cannot be read, or there are several and nothing tells which.
        """
        said = self._said()
        if said is None:
            return None
        person = self.clip.person
        own = of_candidate(said, speaker=self.clip.speaker, candidate_id=person)
        return fitted(own, self.info.duration_s)

    def _said(self) -> Transcript | None:
        """What the transcript holds, wherever it comes from."""
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
    def remarks(self) -> dict[str, str]:
        """What was noticed in reading, code to one line; nothing of what was not read."""
        seen, said = self.__dict__.get("info"), self.__dict__.get("transcript")
        found = dict(seen.remarks) if seen else {}
        for code, line in (said.remarks if said else {}).items():
            found[code] = f"{found[code]}; {line}" if code in found else line
        return found

    @property
    def words_source(self) -> str | None:
        """``given`` or ``recognised``; None where no words were read."""
        said = self.__dict__.get("transcript")
        return said and ("recognised" if said.recogniser else "given")

    def unread_language(self, encoder: Encoder) -> str | None:
        """The language of the words, where it is known and the encoder does not read it."""
        known = getattr(encoder, "languages", None)
        if encoder.modality != "text" or known is None or self.transcript is None:
            return None
        language = self.transcript.language
        return language if language not in known else None

    def has(self, encoder: Encoder) -> bool:
        """Whether what the encoder reads is there at all."""
        if hasattr(encoder, "columns"):
            return bool(self.clip.measures)
        if encoder.modality == QUESTION:
            return bool((self.clip.question or "").strip())
        if encoder.modality == "text":
            return self.transcript is not None and self.unread_language(encoder) is None
        return self.info.has_audio if encoder.modality == "audio" else self.info.has_video

    def content(self, encoder: Encoder) -> str:
        """Content hash that the encoder's tokens are stored under."""
        return self._noted(self._content(encoder))

    def _noted(self, content: str) -> str:
        """The content, once it is written down whose it is."""
        if self.store is not None:
            self.store.note(self.clip.person, content)
        return content

    def _content(self, encoder: Encoder) -> str:
        if hasattr(encoder, "columns"):
            return hash_text(repr(sorted(self.clip.measures.items())))
        if encoder.modality == QUESTION:
            return hash_text(self.clip.question or "")
        if encoder.modality == "text" and self.transcript is not None:
            said = hash_transcript(self.transcript, self.info.duration_s)
            asked = self.asked(encoder)
            return said if asked is None else hash_text(f"{said} {asked}")
        return self.media_hash

    def asked(self, encoder: Encoder) -> str | None:
        """The question, for encoders that read an answer together with it."""
        question = (self.clip.question or "").strip()
        return question or None if getattr(encoder, "reads_question", False) else None

    def encode(self, encoder: Encoder) -> TokenSequence:
        """Run one encoder over the clip; what it reads must be there."""
        if hasattr(encoder, "columns"):
            return cast(MeasureEncoder, encoder).encode(self.clip.measures)
        if encoder.modality == QUESTION:
            return cast(QuestionEncoder, encoder).encode(self.clip.question or "")
        if encoder.modality == "text" and self.transcript is not None:
            text = cast(TextEncoder, encoder)
            asked = self.asked(encoder)
            extra = {} if asked is None else {"question": asked}
            return text.encode(self.transcript, duration_s=self.info.duration_s, **extra)
        return self._encode_media(encoder)

    def _encode_media(self, encoder: Encoder) -> TokenSequence:
        path = self.clip.path
        if path is None:
            raise InputError(expected="a media file", got="none", where=self.clip.clip_id)
        if encoder.modality == "audio":
            audio = cast(AudioEncoder, encoder)
            sound = Sound(self.info.audio_stream, self.info.audio_channel)
            chunks = read_audio(path, sound=sound, sample_rate_hz=audio.sample_rate_hz)
            return audio.encode(with_speech(chunks))
        video = cast(VideoEncoder, encoder)
        frames = read_frames(
            path,
            stream=self.info.video_stream,
            frame_rate_hz=video.frame_rate_hz,
            max_side_px=video.max_side_px,
        )
        watch = StillWatch()
        sequence = video.encode(watch.watch(frames))
        quality = {"still_fraction": watch.still_fraction, **sequence.quality}
        return replace(sequence, quality=quality)
