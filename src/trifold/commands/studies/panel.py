"""``trifold panel input=FOLDER bundle=RUN out=DIR``: what moves a score that should not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from omegaconf import DictConfig

from trifold.bundle.bundle import load_bundle
from trifold.bundle.integrity.signing import read_trusted
from trifold.bundle.panel import PANEL as PANEL_FILE
from trifold.cli.checking import plain
from trifold.commands.shared import engine_settings, existing, word_settings
from trifold.commands.studies.shared import told
from trifold.contracts import Clip
from trifold.errors import InputError, unknown
from trifold.features.quality import check_codes
from trifold.features.words import with_words
from trifold.media.files.folder import survey
from trifold.robustness.catalogue import Class
from trifold.robustness.measure import LIMITS
from trifold.robustness.panel import PANEL
from trifold.robustness.run import Limits, run_panel
from trifold.robustness.sections import document_of, panel_facts
from trifold.runtime.private import write_atomically


def panel(config: DictConfig) -> list[Path]:
    """Perturb, score, and write what moved by how much."""
    names = chosen(list(config.classes), list(config.only or ()))
    limits = merged(cast(Limits, plain(config.limits)))
    source = existing(config.input, what="a folder or manifest of media")
    interviews = survey(source, unique=False, candidates=config.candidates, links=config.links)
    print(*interviews.lines, sep="\n", flush=True)
    trained = existing(config.bundle, what="a run folder or bundle")
    bundle = load_bundle(trained, trusted=read_trusted(config.trusted_keys))
    specs = bundle.description.encoder_specs
    clips = with_words(
        first_people(interviews.clips, config.people), encoders=specs, **word_settings(config)
    )
    out = Path(config.out)
    findings = run_panel(
        clips,
        bundle,
        out,
        names=names,
        withhold=check_codes(config.withhold),
        clip_s=config.clip_s,
        limits=limits,
        seed=config.seed,
        settings=engine_settings(config),
        progress=config.progress,
    )
    document = document_of(
        findings, bundle, limits=limits, clip_s=config.clip_s, source=str(source)
    )
    written = told(document, config, bundle_id=bundle.bundle_id)
    facts = panel_facts(findings, bundle.bundle_id, limits=limits, clip_s=config.clip_s)
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(out / PANEL_FILE, text.encode(), sync=False)
    return [*written, out / PANEL_FILE]


def chosen(classes: Sequence[str], only: Sequence[str] = ()) -> list[str]:
    """Names of the perturbations to try, in the panel's order.

    Raises:
        InputError: when a class or a name is unknown, or nothing is left.
    """
    letters = {one.value[0]: one for one in Class}
    for letter in classes:
        if letter not in letters:
            raise unknown(letter, tuple(letters), what="a class of perturbations")
    known = [one.name for one in PANEL]
    for name in only:
        if name not in known:
            raise unknown(name, known, what="a perturbation")
    of = {letters[letter] for letter in classes}
    names = [one.name for one in PANEL if one.of in of and (not only or one.name in only)]
    if not names:
        raise InputError(expected="at least one perturbation", got="none of these classes")
    return names


def merged(changes: Mapping[str, Mapping[str, float]]) -> Limits:
    """The project's limits with the user's over them.

    Raises:
        InputError: when a class or a limit is unknown.
    """
    found = {name: dict(limits) for name, limits in LIMITS.items()}
    for name, limits in changes.items():
        if name not in found:
            raise unknown(name, tuple(found), what="a class of perturbations with limits")
        for key, value in limits.items():
            if key not in ("mean", "p95", "icc", "effect"):
                raise unknown(key, ("mean", "p95", "icc", "effect"), what=f"a limit of {name}")
            found[name][key] = float(value)
    return found


def first_people(clips: Sequence[Clip], people: int | None) -> list[Clip]:
    """The clips of the first people by name; all where ``people`` is None."""
    if people is None:
        return list(clips)
    kept = sorted({clip.candidate_id for clip in clips})[:people]
    return [clip for clip in clips if clip.candidate_id in kept]
