"""Words for recordings that come without a transcript, recognised once and kept as WebVTT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trifold.codes import Code
from trifold.contracts import Clip, Transcript
from trifold.encoders.keys import hash_text
from trifold.encoders.speech_to_text.hearing import SOURCE
from trifold.encoders.speech_to_text.recordings import LaterRecording, Recognition
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.errors import EncoderError, TrifoldError
from trifold.features.owners import Owners
from trifold.features.source import Source
from trifold.features.store import hash_file
from trifold.features.turns.listening import recording_of
from trifold.media.sound.choice import Sound
from trifold.media.transcripts.reading import read_transcript
from trifold.media.transcripts.vtt import format_vtt, read_note
from trifold.pretrained.device import accelerators
from trifold.runtime.private import private_folder, write_atomically
from trifold.runtime.progress import stage
from trifold.specs import Spec, build
from trifold.workers.base import EngineSettings, Lost
from trifold.workers.choice import make_engine, sized
from trifold.workers.pool import run_all

BELOW = "trifold.encoders.speech_to_text"
SUFFIX = ".vtt"
WORTH_A_POOL = 4
TOGETHER = 16  # files whose utterances share batches
DIGITS, NAMED = 3, 5  # of confidences and shares in the note; languages in it
OF_THE_FILE = (Code.NO_AUDIO_STREAM, Code.DECODE_ERROR)  # extraction says these itself
Outcome = tuple[Path | None, str | None]  # transcript file, or the reason why there is none


def with_transcripts(
    clips: Sequence[Clip],
    spec: Spec,
    root: Path,
    *,
    settings: EngineSettings | None = None,
    progress: bool = True,
) -> list[Clip]:
    """The clips, with what was said in those that have sound and no transcript.

    A clip whose sound cannot be read stays as it is: extraction records why. One that takes longer
    than ``timeout_s``, or whose process dies, says so in ``words_lost``. Files that are there
    already are not recognised again, whatever their name.

    Args:
        clips: of any kind.
        spec: of the recogniser.
        root: folder of recognised transcripts, ``ROOT/<fingerprint>/<ab>/<content>.vtt``.
        settings: who recognises. ``workers=None`` takes one process per GPU, or a single one; a
            single one is this process.
        progress: tell on stderr how far it is.

    Raises:
        InputError: when the specification names no recogniser, or a setting is unknown.
        EncoderError: when its model is not there or cannot be run.
    """
    silent = [i for i, clip in enumerate(clips) if _needs_words(clip)]
    if not silent:
        return list(clips)
    load_recogniser(spec)  # one that is not there shall fail here, and not for each clip
    enough = max(1, len(silent) // WORTH_A_POOL)
    settings = sized(
        settings or EngineSettings(),
        default_workers=min(enough, max(1, len(accelerators()))),
        tasks=len(silent),
    )
    together = min(TOGETHER, -(-len(silent) // (settings.workers or 1)))
    threads = None if settings.engine == "inline" else 1
    factory = partial(ClipRecogniser, dict(spec), root, threads)
    found = list(clips)
    with (
        stage("recognised", len(silent), unit="files", show=progress) as files,
        make_engine(factory, settings) as engine,
    ):
        chosen = [clips[i] for i in silent]
        for number, outcome in run_all(chosen, engine, together=together):
            if isinstance(outcome, EncoderError):
                raise outcome
            found[silent[number]] = _with_outcome(chosen[number], outcome)
            files.advance()
    return found


class ClipRecogniser:
    """Recognises what is said in clips; one per process, with one copy of the model.

    Args:
        spec: of the recogniser.
        root: folder of recognised transcripts.
        threads: of this process; None leaves them.
    """

    def __init__(self, spec: Spec, root: Path, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.recogniser, self.root = load_recogniser(spec), root

    def __call__(self, clips: Sequence[Clip]) -> Iterable[Outcome | EncoderError]:
        """What came of each clip, one after the other; nothing about a file makes it raise.

        A model that cannot be run is the outcome of each: it would fail for all others, too.
        """
        done = 0
        try:
            for outcome in recognise_clips(clips, self.recogniser, self.root):
                yield outcome
                done += 1
        except EncoderError as error:
            yield from [error] * (len(clips) - done)


def recognise_clips(
    clips: Sequence[Clip], recogniser: WhisperRecogniser, root: Path
) -> Iterator[Outcome]:
    """Each clip's transcript file, made if it is not there; or why there is none.

    A file is written and told as soon as its recording is understood: what ends this loses the rest
    alone.

    Raises:
        EncoderError: when the model cannot be run.
    """
    found = [_looked_up(clip, recogniser, root) for clip in clips]
    heard = [part.recording for part in found if isinstance(part, Heard)]
    understood = recogniser.recognise_all(heard)
    for part in found:
        yield _kept(part, next(understood), recogniser) if isinstance(part, Heard) else part


def recognised(path: Path) -> Transcript:
    """A transcript that recognition left, with what its note says of it.

    Raises:
        TranscriptError: when it cannot be read.
    """
    note = read_note(path)
    return replace(
        read_transcript(path),
        source=SOURCE,
        remarks=note.get("remarks", {}),
        language=note.get("language"),
        recogniser=note.get("fingerprint"),
        confidence=float(np.mean(note["confidence"])) if note.get("confidence") else None,
    )


def _with_outcome(clip: Clip, outcome: Outcome | Lost) -> Clip:
    """The clip with its words, or with why recognition left none."""
    if isinstance(outcome, Lost):
        return replace(clip, words_lost=f"not recognised: {outcome.code}, {outcome.message}")
    path, reason = outcome
    if path is not None:
        return replace(clip, transcript=recognised(path))
    return clip if reason in OF_THE_FILE else replace(clip, words_lost=f"not recognised: {reason}")


def _needs_words(clip: Clip) -> bool:
    given = (clip.transcript, clip.transcript_path, clip.transcript_doubt)
    is_read = clip.path is not None and clip.left_out is None
    return is_read and all(part is None for part in given)


@dataclass(frozen=True)
class Heard:
    """A file that has to be recognised, and where its words go."""

    recording: LaterRecording
    content: str
    path: Path


def _looked_up(clip: Clip, recogniser: WhisperRecogniser, root: Path) -> Heard | Outcome:
    """A clip that was never recognised; else its transcript, or why it has none."""
    try:
        source = Source(clip)
        if clip.path is None or not (info := source.info).has_audio:
            return None, Code.NO_AUDIO_STREAM
        turns = source.turns
        content = hash_file(clip.path)
        if turns.sound_key:
            content = hash_text(f"{content} {turns.sound_key}")
        Owners(root).note(clip.person, content)
        path = root / recogniser.fingerprint / content[:2] / f"{content}{SUFFIX}"
        if _is_whole(path):
            return path, None
        sound = Sound(*(turns.channel or (info.audio_stream, info.audio_channel)))
        listen = partial(
            recording_of, clip.path, sound, longest_s=recogniser.longest_s, others=turns.others
        )
        return Heard(LaterRecording(listen), content, path)
    except Exception as error:  # one clip must never stop the others
        return None, getattr(error, "code", type(error).__name__)


def _kept(heard: Heard, found: Recognition | Exception, recogniser: WhisperRecogniser) -> Outcome:
    """The file that holds what was understood, or why there is none."""
    try:
        if isinstance(found, Exception):
            raise found
        private_folder(heard.path.parent)
        note = {**recogniser.provenance(), **_note(found), "media": heard.content}
        write_atomically(heard.path, format_vtt(found.transcript, note).encode())
    except Exception as error:  # a recording that breaks off, a disk that is full
        return None, getattr(error, "code", type(error).__name__)
    return heard.path, None


def _note(found: Recognition) -> Mapping[str, Any]:
    """What was understood, besides the words."""
    mean = found.log_probability
    return {
        "language": found.transcript.language,
        "languages": {c: round(s, DIGITS) for c, s in list(found.languages.items())[:NAMED]},
        "counts": found.counts,
        "log_probability": round(mean, DIGITS) if np.isfinite(mean) else None,
        "confidence": [round(probability, DIGITS) for probability in found.confidence],
        "remarks": found.transcript.remarks,
    }


def _is_whole(path: Path) -> bool:
    """Files are written at once, so a note means that all is there."""
    try:
        return bool(read_note(path)) and isinstance(read_transcript(path), Transcript)
    except (OSError, ValueError, TrifoldError):
        return False


def load_recogniser(spec: Spec) -> WhisperRecogniser:
    """A recogniser that is ready; its model is loaded once per process.

    Raises:
        InputError: when the specification names none.
        EncoderError: when its weights are not there.
    """
    return build(spec, below=BELOW, kind=WhisperRecogniser)
