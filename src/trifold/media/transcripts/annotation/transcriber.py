"""XML of two annotation tools: Transcriber (``.trs``) and EXMARaLDA (``.exb``)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

from trifold.contracts import Segment
from trifold.media.transcripts.annotation.tiers import Tier, label, parsed_from_tiers
from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed import markup
from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.xml_tree import local, parse_xml, root_name


def read_transcriber(text: str) -> ParsedTranscript:
    """Read turns, cut at their points of synchronisation; events and comments are no words.

    Where two speak at once, ``Who`` says whose words follow.

    Raises:
        ValueError: when it is not well-formed XML.
    """
    root = parse_xml(text)
    names = {one.get("id", ""): one.get("name", "").strip() for one in root.iter("Speaker")}
    segments = [said for turn in root.iter("Turn") for said in _turn(turn, names)]
    return ParsedTranscript(
        tuple(segments), "transcriber", damaged=sum(s.start_s is None for s in segments)
    )


def _turn(turn: Element, names: dict[str, str]) -> Iterator[Segment]:
    people = [names.get(one) or one for one in turn.get("speaker", "").split()]
    first, last = seconds(turn.get("startTime", "")), seconds(turn.get("endTime", ""))
    pieces: list[tuple[float | None, str | None, str]] = [
        (first, people[0] if people else None, turn.text or "")
    ]
    for child in turn:
        start_s, speaker, _ = pieces[-1]
        kind = local(child.tag)
        if kind == "Sync":
            pieces.append((seconds(child.get("time", "")), speaker, child.tail or ""))
        elif kind == "Who" and child.get("nb", "").isdigit():
            number = int(child.get("nb", "1")[:3]) - 1
            known = people[number] if 0 <= number < len(people) else speaker
            pieces.append((start_s, known, child.tail or ""))
        else:
            pieces[-1] = (start_s, speaker, f"{pieces[-1][2]} {child.tail or ''}")
    for (start_s, speaker, words), after in pairwise([*pieces, (last, None, "")]):
        said = markup.spoken(words)
        end_s = last if after[0] == start_s else after[0]
        if said and start_s is not None and end_s is not None and end_s >= start_s:
            yield Segment(said, start_s, end_s, speaker)
        elif said:
            yield Segment(said, speaker=speaker)


def read_exmaralda(text: str) -> ParsedTranscript:
    """Read the transcribing tiers (type ``t``), whose events lie between points of a time line.

    Raises:
        ValueError: when it is not well-formed XML.
    """
    root = parse_xml(text)
    line = {point.get("id", ""): seconds(point.get("time", "")) for point in root.iter("tli")}
    names = {
        one.get("id", ""): (one.findtext("abbreviation") or "").strip()
        for one in root.iter("speaker")
    }
    tiers = [_tier(tier, line, names) for tier in root.iter("tier") if tier.get("type") == "t"]
    return parsed_from_tiers(tiers, kind="exmaralda")


def _tier(tier: Element, line: dict[str, float | None], names: dict[str, str]) -> Tier:
    spans = (
        label(
            "".join(event.itertext()),
            line.get(event.get("start", "")),
            line.get(event.get("end", "")),
        )
        for event in tier.iter("event")
    )
    speaker = tier.get("speaker", "")
    return Tier(
        tier.get("display-name", "") or tier.get("id", ""),
        tuple(said for said in spans if said is not None and said.text),
        names.get(speaker) or speaker or None,
    )


FORMATS = (
    Format(lambda text: root_name(text) == "trans", read_transcriber),
    Format(lambda text: root_name(text) == "basic-transcription", read_exmaralda),
)
