"""How a scored folder came out, in lines for the terminal: counts, codes, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trifold.codes import Code, code_of
from trifold.scoring.rows import Row

WORDLESS = (Code.NO_TRANSCRIPT, Code.EMPTY_TRANSCRIPT, Code.TRANSCRIPT_ERROR, Code.LINK_OUTSIDE)


def outcome_lines(answers: Sequence[Row]) -> list[str]:
    """What a run says at its end.

    Args:
        answers: rows of all files.
    """
    scored = sum(row["status"] == "scored" for row in answers)
    lines = [f"{scored} of {len(answers)} files scored"]
    for status in ("withheld", "error"):
        codes = Counter(str(row["error_code"]) for row in answers if row["status"] == status)
        lines += [f"{n} {_WORDS[status]}: {_told(code)}" for code, n in codes.most_common()]
    return [*lines, *_recognised(answers), *_wordless(answers)]


_WORDS = {"withheld": "withheld", "error": "not readable"}


def _told(code: str) -> str:
    known = code_of(code)
    return f"{code} ({known.advice})" if known and known.advice else code


def _recognised(answers: Sequence[Row]) -> list[str]:
    """How many files have words that nobody wrote down."""
    n = sum(row["words_source"] == "recognised" for row in answers)
    return [f"words of {n} of {len(answers)} files were recognised, not given"] if n else []


def _wordless(answers: Sequence[Row]) -> list[str]:
    """A third of what a model reads is gone without words, so that is said once."""
    missing = [str(row["missing"] or "").split(";") for row in answers]
    n = sum(any(f"text:{code}" in codes for code in WORDLESS) for codes in missing)
    if not n:
        return []
    return [
        f"no words for {n} of {len(answers)} files, so one modality of three is missing there: put "
        "transcripts beside the files, or leave out asr=none (docs: Recognise speech)"
    ]
