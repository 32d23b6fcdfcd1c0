"""The first step on recordings of several people: what of each is the candidate's, told once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import cv2
import torch

from trifold.contracts import Clip, Turns, View
from trifold.encoders.voices.teller import VoiceTurns
from trifold.errors import EncoderError, TrifoldError
from trifold.features.owners import Owners
from trifold.features.source import Source
from trifold.features.store import hash_file
from trifold.features.turns.told import by_labels, turns_of
from trifold.runtime.private import private_folder, write_atomically
from trifold.runtime.progress import stage
from trifold.specs import Spec, build
from trifold.workers.base import EngineSettings
from trifold.workers.choice import make_engine, sized
from trifold.workers.pool import run_all

BELOW = "trifold.encoders.voices"
FORMAT = 2
WORTH_A_POOL = 8


def with_turns(
    clips: Sequence[Clip],
    spec: Spec,
    root: Path,
    *,
    settings: EngineSettings | None = None,
    progress: bool = True,
) -> list[Clip]:
    """The clips, with what of each recording is the candidate's.

    A clip that cannot be read stays as it is: extraction records why. What is known is not looked
    for again. Times and places are kept, and nothing about a voice or a face.

    Args:
        clips: of any kind.
        spec: of a ``VoiceTurns``.
        root: folder of what is kept, ``ROOT/<fingerprint>/<ab>/<content>.json``.
        settings: who does it; ``workers=None`` takes one process per core where there is enough.
        progress: tell on stderr how far it is.

    Raises:
        InputError: when the specification names no ``VoiceTurns``, or a setting is unknown.
        EncoderError: when weights are not there or cannot be run.
    """
    wanted = [i for i, clip in enumerate(clips) if _may_hold_several(clip)]
    if not wanted:
        return list(clips)
    build_teller(spec)  # one that is not there shall fail here, and not for each clip
    settings = sized(
        settings or EngineSettings(),
        default_workers=max(1, min(len(wanted) // WORTH_A_POOL, os.cpu_count() or 1)),
        tasks=len(wanted),
    )
    threads = None if settings.engine == "inline" else 1
    factory = partial(ClipTurns, dict(spec), root, threads)
    found = list(clips)
    with (
        stage("voices", len(wanted), unit="files", show=progress) as files,
        make_engine(factory, settings) as engine,
    ):
        for number, outcome in run_all([clips[i] for i in wanted], engine, together=1):
            if isinstance(outcome, EncoderError):
                raise outcome
            if isinstance(outcome, Turns) and outcome != Turns():
                found[wanted[number]] = replace(clips[wanted[number]], turns=outcome)
            files.advance()
    return found


def told_clips(clips: Sequence[Clip], teller: VoiceTurns) -> list[Clip]:
    """The clips, with what of each recording is the candidate's; nothing is kept on a disk.

    A clip that cannot be read stays as it is.

    Raises:
        EncoderError: when weights are not there or cannot be run.
    """
    found = list(clips)
    for number, clip in enumerate(clips):
        if _may_hold_several(clip):
            try:
                turns = turns_of(clip, teller)
            except EncoderError:
                raise
            except TrifoldError:  # extraction says why
                continue
            found[number] = clip if turns == Turns() else replace(clip, turns=turns)
    return found


class ClipTurns:
    """Tells what is the candidate's in clips; one per process.

    Args:
        spec: of a ``VoiceTurns``.
        root: folder of what is kept.
        threads: of this process; None leaves them as they are.
    """

    def __init__(self, spec: Spec, root: Path, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
        self.teller, self.root = build_teller(spec), root

    def __call__(self, clips: Sequence[Clip]) -> Iterable[Turns | EncoderError | None]:
        """The turns of each clip; None where it cannot be read, the error where weights cannot."""
        return [self._of(clip) for clip in clips]

    def _of(self, clip: Clip) -> Turns | EncoderError | None:
        try:
            return kept_turns(clip, self.teller, self.root)
        except EncoderError as error:  # it would fail for all others, too
            return error
        except Exception:  # one clip must never stop the others; extraction says what it is
            return None


def kept_turns(clip: Clip, teller: VoiceTurns, root: Path) -> Turns:
    """The turns of a clip, found once.

    Raises:
        TrifoldError: see ``turns_of``.
    """
    content = _content(clip)
    path = root / teller.fingerprint / content[:2] / f"{content}.json"
    with suppress(OSError, ValueError, TypeError, KeyError):
        return _read(path)
    found = turns_of(clip, teller)
    Owners(root).note(clip.person, content)
    private_folder(path.parent)
    held = {name: value for name, value in asdict(found).items() if name != "picture"}  # is chosen
    write_atomically(path, json.dumps({"format": FORMAT, **held}).encode())
    return found


def _content(clip: Clip) -> str:
    """Of the media file, what somebody chose of it, and the labels that tell who speaks."""
    if clip.path is None:
        raise ValueError("no media file")
    content = hash_file(clip.path)
    if clip.chosen is not None:
        content = hashlib.sha256(json.dumps([content, clip.chosen]).encode()).hexdigest()[:32]
    labels = None
    with suppress(Exception):
        labels = by_labels(Source(clip))
    if labels is None:
        return content
    told = json.dumps([content, labels.own, labels.others])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _read(path: Path) -> Turns:
    held = json.loads(path.read_bytes())
    if held.pop("format") != FORMAT:
        raise ValueError("another format")
    spans = {name: tuple((a, b) for a, b in held[name]) for name in ("own", "others")}
    views = None if held["views"] is None else tuple(View(*view) for view in held["views"])
    voices = tuple(tuple((a, b) for a, b in voice) for voice in held["voices"])
    channel = None if held["channel"] is None else tuple(held["channel"])
    return Turns(**{**held, **spans, "voices": voices, "views": views, "channel": channel})


def _may_hold_several(clip: Clip) -> bool:
    return clip.path is not None and clip.left_out is None and clip.turns is None


def build_teller(spec: Spec) -> VoiceTurns:
    """What tells voices apart, by its specification.

    Raises:
        InputError: when it names no ``VoiceTurns``.
        EncoderError: when its model is not there.
    """
    teller: VoiceTurns = build(spec, below=BELOW, kind=VoiceTurns)
    return teller
