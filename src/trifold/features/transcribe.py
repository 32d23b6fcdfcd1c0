"""Words for recordings that come without a transcript, recognised once and kept as WebVTT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trifold.codes import Code
from trifold.contracts import Clip, Transcript
from trifold.encoders.speech_to_text.decoding import Utterance
from trifold.encoders.speech_to_text.whisper import Recognition, WhisperRecogniser
from trifold.errors import TrifoldError
from trifold.features.owners import Owners
from trifold.features.store import hash_file
from trifold.media.container.probe import probe
from trifold.media.sound.activity import pack_speech, speech_segments, with_speech
from trifold.media.sound.stream import cut_spans, read_audio
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

    A clip whose sound cannot be read stays as it is: extraction records why. Files that are there
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
        EncoderError: when its model is not there.
    """
    silent = [i for i, clip in enumerate(clips) if _needs_words(clip)]
    if not silent:
        return list(clips)
    _build(spec)  # one that is not there shall fail here, and not for each clip
    enough = max(1, len(silent) // WORTH_A_POOL)
    settings = sized(
        settings or EngineSettings(),
        default_workers=min(enough, max(1, len(accelerators()))),
        tasks=len(silent),
    )
    threads = None if settings.engine == "inline" else 1
    factory = partial(ClipRecogniser, dict(spec), root, threads)
    found = list(clips)
    with (
        stage("recognised", len(silent), unit="files", show=progress) as files,
        make_engine(factory, settings) as engine,
    ):
        for number, outcome in run_all([clips[i] for i in silent], engine):
            path = None if isinstance(outcome, Lost) else outcome[0]
            if path is not None:
                clip = clips[silent[number]]
                spoken = replace(read_transcript(path), source="asr")
                found[silent[number]] = replace(clip, transcript=spoken)
            files.advance()
    return found


class ClipRecogniser:
    """Recognises what is said in clips; one per process, with one copy of the model.

    Args:
        spec: of the recogniser.
        root: folder of recognised transcripts.
        threads: of this process; None leaves them as they are.
    """

    def __init__(self, spec: Spec, root: Path, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.recogniser, self.root = _build(spec), root

    def __call__(self, clips: Sequence[Clip]) -> Sequence[Outcome]:
        """What came of each clip; nothing about a file makes it raise."""
        return [recognise_clip(clip, self.recogniser, self.root) for clip in clips]


def recognise_clip(clip: Clip, recogniser: WhisperRecogniser, root: Path) -> Outcome:
    """The clip's transcript file, made if it is not there; or why there is none."""
    try:
        if clip.path is None or not probe(clip.path).has_audio:
            return None, Code.NO_AUDIO_STREAM
        content = hash_file(clip.path)
        path = root / recogniser.fingerprint / content[:2] / f"{content}{SUFFIX}"
        if not _is_whole(path):
            utterances = utterances_of(clip.path, longest_s=recogniser.longest_s)
            recognition = recogniser.recognise(utterances)
            note = _note(recogniser, recognition, content)
            Owners(root).note(clip.person, content)
            private_folder(path.parent)
            text = format_vtt(recognition.transcript, note)
            write_atomically(path, text.encode())
    except TrifoldError as error:
        return None, error.code
    except Exception as error:  # one clip must never stop the others
        return None, type(error).__name__
    return path, None


def utterances_of(path: Path, *, longest_s: float) -> Iterator[Utterance]:
    """Stretches of speech of a media file, cut at pauses; memory does not grow with its length."""
    chances = [chunk.speech for chunk in with_speech(read_audio(path)) if chunk.speech is not None]
    spoken = speech_segments(np.concatenate(chances)) if chances else []
    for part in cut_spans(read_audio(path), pack_speech(spoken, longest_s=longest_s)):
        if len(part.samples):
            yield Utterance(part.start_s, part.samples)


def _needs_words(clip: Clip) -> bool:
    given = (clip.transcript, clip.transcript_path, clip.transcript_doubt)
    is_read = clip.path is not None and clip.left_out is None
    return is_read and all(part is None for part in given)


def _note(
    recogniser: WhisperRecogniser, recognition: Recognition, content: str
) -> Mapping[str, Any]:
    """Where the words come from."""
    mean = recognition.log_probability
    return {
        **recogniser.provenance(),
        "media": content,
        "language": recognition.language,
        "counts": recognition.counts,
        "log_probability": round(mean, 4) if np.isfinite(mean) else None,
    }


def _is_whole(path: Path) -> bool:
    """Files are written at once, so a note means that all is there."""
    try:
        return bool(read_note(path)) and isinstance(read_transcript(path), Transcript)
    except (OSError, ValueError, TrifoldError):
        return False


def _build(spec: Spec) -> WhisperRecogniser:
    recogniser: WhisperRecogniser = build(spec, below=BELOW, kind=WhisperRecogniser)
    return recogniser
