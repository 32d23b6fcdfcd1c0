"""The first step of every way from recordings to features: the words of each clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trifold.contracts import Clip
from trifold.encoders.build import reads_words
from trifold.errors import InputError, unknown
from trifold.media.transcripts.speakers.stated import stated
from trifold.specs import Spec
from trifold.workers.base import EngineSettings

SERVED = ("auto", "packaged", "none")  # what an endpoint may be told
# what tells voices apart, and the recogniser, take by themselves
PACKAGED_VOICES = {"_target_": "trifold.encoders.voices.teller.VoiceTurns"}
PACKAGED = {"_target_": "trifold.encoders.speech_to_text.whisper.WhisperRecogniser"}


def with_words(
    clips: Sequence[Clip],
    *,
    encoders: Mapping[str, Spec],
    recogniser: Spec | None,
    transcripts: Path,
    voices: Spec | None = None,
    speaker: str | None = None,
    language: str | None = None,
    settings: EngineSettings | None = None,
    progress: bool = True,
) -> list[Clip]:
    """The clips, with whose turn it is when, and recognised words where there are none.

    Args:
        clips: of any kind.
        encoders: stream name to specification; nothing is recognised where none reads words.
        recogniser: specification of what recognises speech; without one nothing is recognised.
        transcripts: folder of recognised transcripts and of turns, see ``with_transcripts``.
        voices: specification of what tells voices apart; without one nobody is.
        speaker: the candidate's label in transcripts of several people.
        language: that is spoken, such as ``en``; decides between subtitles of several, and is what
            a recogniser hears whose specification names none.
        settings: of the engine that recognises. On this machine its number of workers is that of
            the GPUs, as a recogniser is large.
        progress: tell on stderr how far it is.

    Raises:
        InputError: when a specification names no such thing, a setting is unknown, or somebody
            chose a voice of a recording and none are told apart.
        EncoderError: when a model is not there or cannot be run.
    """
    chosen = next((clip for clip in clips if clip.chosen and clip.chosen.voice_at), None)
    if chosen is not None and not voices:
        raise InputError(
            expected="voices=packaged or settings, as voice_at says which is the candidate's",
            got="voices=none",
            where=chosen.clip_id,
        )
    known = stated(clips, speaker=speaker, language=language)
    settings = settings or EngineSettings()
    if settings.engine == "local":
        settings = replace(settings, workers=None)
    if voices:
        from trifold.features.turns.step import with_turns  # loads what only this needs

        known = with_turns(known, voices, transcripts, settings=settings, progress=progress)
    if not recogniser or not any(map(reads_words, encoders.values())):
        return known
    from trifold.features.transcribe import with_transcripts  # loads what only recognition needs

    spec = {"language": language, **recogniser}
    return with_transcripts(known, spec, transcripts, settings=settings, progress=progress)


def recogniser_spec(asr: str | Mapping[str, Any]) -> Spec | None:
    """What ``asr=…`` means in Python.

    Args:
        asr: ``packaged``, ``none``, or settings of ``WhisperRecogniser`` such as ``model``.

    Raises:
        InputError: for anything else.
    """
    return _chosen(asr, PACKAGED, "asr")


def served_recogniser(asr: str, words_from: Mapping[str, int]) -> Spec | None:
    """What recognises speech where no transcript is sent to an endpoint.

    Args:
        asr: ``auto`` recognises where the model was trained on recognised words; ``packaged``
            always, ``none`` never.
        words_from: of the bundle: ``given`` or a recogniser's fingerprint to number of answers.

    Raises:
        InputError: for anything else.
    """
    if asr not in SERVED:
        raise unknown(asr, SERVED, what="asr")
    if asr != "auto":
        return recogniser_spec(asr)
    return PACKAGED if set(words_from) - {"given"} else None


def voices_spec(voices: str | Mapping[str, Any]) -> Spec | None:
    """What ``voices=…`` means in Python.

    Args:
        voices: ``packaged``, ``none``, or settings of ``VoiceTurns`` such as ``model``.

    Raises:
        InputError: for anything else.
    """
    return _chosen(voices, PACKAGED_VOICES, "voices")


def _chosen(given: str | Mapping[str, Any], packaged: Spec, what: str) -> Spec | None:
    if isinstance(given, Mapping):
        return {**packaged, **given}
    if not isinstance(given, str):
        raise InputError(expected=f"{what} of packaged, none or settings", got=repr(given))
    if given not in ("packaged", "none"):
        raise unknown(given, ("packaged", "none"), what=f"{what}, or its settings")
    return packaged if given == "packaged" else None
