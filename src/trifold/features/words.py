"""The first step of every way from recordings to features: the words of each clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trifold.contracts import Clip
from trifold.media.transcripts.speakers.stated import stated
from trifold.specs import Spec
from trifold.workers.base import EngineSettings


def with_words(
    clips: Sequence[Clip],
    *,
    recogniser: Spec | None,
    transcripts: Path,
    speaker: str | None = None,
    language: str | None = None,
    settings: EngineSettings | None = None,
    progress: bool = True,
) -> list[Clip]:
    """The clips, with what is known about their words, and recognised ones where there are none.

    Args:
        clips: of any kind.
        recogniser: specification of what recognises speech; without one nothing is recognised.
        transcripts: folder of recognised transcripts, see ``with_transcripts``.
        speaker: the candidate's label in transcripts of several people.
        language: that is spoken, such as ``en``; decides between subtitles of several.
        settings: of the engine that recognises. On this machine its number of workers is that of
            the GPUs, as a recogniser is large.
        progress: tell on stderr how far it is.

    Raises:
        InputError: when the specification names no recogniser, or a setting is unknown.
        EncoderError: when its model is not there.
    """
    known = stated(clips, speaker=speaker, language=language)
    if not recogniser:
        return known
    from trifold.features.transcribe import with_transcripts  # loads what only recognition needs

    settings = settings or EngineSettings()
    if settings.engine == "local":
        settings = replace(settings, workers=None)
    return with_transcripts(known, recogniser, transcripts, settings=settings, progress=progress)
