"""ELAN's annotation documents: time slots, tiers of people, and tiers that refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from trifold.contracts import Segment
from trifold.media.transcripts.annotation.tiers import Tier, label, parsed_from_tiers
from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed.xml_tree import local, parse_xml, positive, root_name

Times = tuple[float | None, float | None]


@dataclass(frozen=True)
class _Annotations:
    """A tier as the file has it: (id, text, times) of each annotation, and its parent tier."""

    name: str
    parent: str | None
    speaker: str | None
    rows: tuple[tuple[str, str, Times], ...]


def recognises(text: str) -> bool:
    """True for documents whose root is ``ANNOTATION_DOCUMENT``."""
    return root_name(text) == "annotation_document"


def read(text: str) -> ParsedTranscript:
    """Read the tiers of people; a tier that refers to another is read only where that has no words.

    Raises:
        ValueError: when it is not well-formed XML.
    """
    root = parse_xml(text)
    slots = _slots(root)
    times: dict[str, Times] = {}
    tiers = [_annotations(tier, slots, times) for tier in root.iter("TIER")]
    roots = [tier for tier in tiers if not tier.parent]
    chosen = [_with_words(tier, tiers) for tier in roots or tiers]
    return parsed_from_tiers([_tier(tier, times) for tier in chosen], kind="elan")


def _slots(root: Element) -> dict[str | None, float]:
    """Seconds by time slot; slots without a value lie evenly between those around them."""
    slots = [(slot.get("TIME_SLOT_ID"), slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")]
    known = [i for i, (_, value) in enumerate(slots) if value]
    if not known:
        return {}
    values = [positive(slots[i][1], 0.0) / 1000 for i in known]
    inside = range(known[0], known[-1] + 1)
    times = np.interp(list(inside), known, values)
    return {slots[i][0]: round(float(time), 6) for i, time in zip(inside, times, strict=True)}


def _annotations(
    tier: Element, slots: dict[str | None, float], times: dict[str, Times]
) -> _Annotations:
    """Annotations of one tier; ``times`` collects those of all tiers by id."""
    rows: list[tuple[str, str, Times]] = []
    for element in tier.iter():
        kind = local(element.tag)
        if kind not in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
            continue
        name = element.get("ANNOTATION_ID", "")
        refs = (element.get("TIME_SLOT_REF1"), element.get("TIME_SLOT_REF2"))
        span: Times = (slots.get(refs[0]), slots.get(refs[1]))
        if kind == "REF_ANNOTATION":
            span = times.get(element.get("ANNOTATION_REF", ""), (None, None))
        times[name] = span
        value = element.findtext("ANNOTATION_VALUE") or ""
        rows.append((element.get("ANNOTATION_REF", ""), value, span))
    return _Annotations(
        tier.get("TIER_ID", ""), tier.get("PARENT_REF"), tier.get("PARTICIPANT"), tuple(rows)
    )


def _with_words(tier: _Annotations, tiers: Sequence[_Annotations]) -> _Annotations:
    """The tier itself, or what refers to it where its own labels are only numbers or nothing."""
    seen = {tier.name}
    while not any(_has_words(text) for _, text, _ in tier.rows):
        children = [t for t in tiers if t.parent == tier.name and t.name not in seen]
        if not children:
            break
        worded = [t for t in children if any(_has_words(text) for _, text, _ in t.rows)]
        tier = (worded or children)[0]
        seen.add(tier.name)
    return tier


def _has_words(text: str) -> bool:
    """A word of letters alone: ``001`` and ``KLM0612.003`` number an utterance."""
    return any(word.strip(".,;:!?…").isalpha() for word in text.split())


def _tier(tier: _Annotations, times: dict[str, Times]) -> Tier:
    """Labels with their times; a tier above that comes later in the file gives them too."""
    labels: list[Segment] = []
    for reference, text, span in tier.rows:
        known = span if None not in span else times.get(reference, span)
        segment = label(text, *known)
        labels += [segment] if segment else []
    labels.sort(key=lambda said: said.start_s if said.start_s is not None else float("inf"))
    return Tier(tier.name, tuple(labels), tier.speaker)


FORMATS = (Format(recognises, read),)
