"""What a command's settings say of all transcripts: the candidate's label, the spoken language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.transcripts.beside import TranscriptsBeside
from trifold.media.transcripts.languages import language_of


def stated(
    clips: Sequence[Clip], *, speaker: str | None = None, language: str | None = None
) -> list[Clip]:
    """The clips, with what the settings say where nothing nearer does.

    Args:
        clips: a manifest's own ``speaker`` stays.
        speaker: the candidate's label in transcripts that hold several people's words.
        language: the spoken one, e.g. ``en``; decides between subtitles of several languages.

    Raises:
        InputError: when the language is not one.
    """
    if language is not None and language_of(language) is None:
        raise InputError(expected="a language such as en or de", got=repr(language))
    beside = TranscriptsBeside(language)
    labelled = [c if c.speaker or not speaker else replace(c, speaker=speaker) for c in clips]
    return [_decided(clip, beside if language else None) for clip in labelled]


def _decided(clip: Clip, beside: TranscriptsBeside | None) -> Clip:
    """The clip with its transcript of the spoken language, where several were in doubt."""
    if beside is None or clip.transcript_doubt is None or clip.path is None:
        return clip
    taken = beside.of(clip.path)
    if taken.path is None or taken.path.name not in clip.transcript_doubt:
        return clip
    return replace(clip, transcript_path=taken.path, transcript_doubt=None)
