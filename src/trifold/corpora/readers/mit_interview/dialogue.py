"""The dialogues of the MIT Interview data: whose words count, and which question they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from trifold.codes import Code
from trifold.contracts import Segment, Transcript
from trifold.errors import TranscriptError
from trifold.media.transcripts.reading import parse_transcript
from trifold.media.transcripts.speakers.candidate import of_candidate

QUESTIONS = {  # the five that everybody is asked, in order and in words of ours
    "background": "Who are you? Say something about yourself.",
    "leadership": "Describe a situation in which you showed leadership.",
    "team": "Describe a difficulty that a team of yours had, and what you did about it.",
    "weakness": "Which weakness do you have, and what do you do about it?",
    "hiring": "What speaks for us to hire you?",
}
OPENING = "background"  # what is said before a question is known joins the answer to the first
# Interviewers ask in their own words, in session 2 for a change of oneself instead of a weakness;
# the first pattern that is found tells, so that "change about yourself" is no background.
_ASKS = {
    "weakness": r"weakness|\bchange\b.{0,40}\byourself\b|\bimprove\b.{0,40}\byourself\b",
    "team": r"\bteam(?:s|work)?\b",
    "leadership": r"\bleader(?:s|ship)?\b",
    "hiring": r"\bhire you\b|\bgive you (?:this|the) job\b"
    r"|\byou\b.{0,30}\b(?:get|have|deserve)\b.{0,15}\b(?:job|position)\b"
    r"|\bwhy\b.{0,30}\b(?:get|go|be admitted)\b.{0,6}(?:in)?to\b.{0,20}\bschool\b",
    "background": r"\b(?:about|talk|introduce)\b.{0,20}\b(?:yourself|you)\b"
    r"|\byour (?:life|backg?round)\b",
}
_PATTERNS = {question: re.compile(pattern) for question, pattern in _ASKS.items()}


Dialogue = tuple[Transcript, Transcript]  # all turns, and the interviewee's
_FILLERS = re.compile(r"\b(?:u+h*m+|u+h+|a+h+|e+r+m*|h+m+)\b", re.IGNORECASE)


def own_turns(dialogue: str) -> Dialogue | None:
    """All turns of a dialogue and the interviewee's, told apart by their labels.

    Args:
        dialogue: ``Interviewer: …|Interviewee: …``. A part without a label goes on with the turn
            before it; misspelt labels are known, remarks such as ``[laughs]`` are no words.

    Returns:
        None where labels do not tell the interviewee from anybody else.
    """
    try:
        said = parse_transcript(dialogue)
    except TranscriptError:
        return None
    own = of_candidate(said)
    if Code.SPEAKER not in own.remarks or Code.SEVERAL_SPEAKERS in own.remarks:
        return None
    return said, own


def answers_of(said: Transcript, own: Transcript) -> dict[str, Transcript]:
    """The interviewee's turns by the question that they answer.

    A turn belongs to the question that was last asked; what the interviewer says between, such as a
    request for detail, asks nothing new. A question that comes again goes on with its answer.

    Args:
        said: all turns.
        own: the interviewee's of them.

    Returns:
        Question to its answer, in the order of ``QUESTIONS``; none where there are no words.
    """
    kept = set(own.segments)
    turns: dict[str, list[Segment]] = {question: [] for question in QUESTIONS}
    asked = OPENING
    for segment in said.segments:
        if segment in kept:
            turns[asked].append(segment)
        else:
            asked = question_in(segment.text) or asked
    return {q: replace(own, segments=tuple(mine)) for q, mine in turns.items() if mine}


def question_in(text: str) -> str | None:
    """Which of ``QUESTIONS`` an interviewer's words ask; None where they ask something else."""
    words = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return next((q for q, pattern in _PATTERNS.items() if pattern.search(words)), None)


def asked_in(said: Transcript, own: Transcript) -> Sequence[str]:
    """The questions that are found in a dialogue, each once."""
    kept = set(own.segments)
    found = {question_in(s.text) for s in said.segments if s not in kept}
    return [question for question in QUESTIONS if question in found]


def fillers(said: Transcript) -> float:
    """Share of the words that are sounds of hesitation: ``uhm``, ``ah``; NaN without words."""
    n_words = len(said.text.split())
    return len(_FILLERS.findall(said.text)) / n_words if n_words else float("nan")
