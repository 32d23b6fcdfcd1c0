"""How a scored folder came out, in lines for the terminal: counts, codes, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trifold.scoring.rows import Row

WORDLESS = ("NO_TRANSCRIPT", "EMPTY_TRANSCRIPT", "TRANSCRIPT_ERROR", "LINK_OUTSIDE")
# code: what it means, and what to do about it
ADVICE = {
    "OUT_OF_DISTRIBUTION": "unlike the people that the model was trained on; train on recordings "
    "of your own (README: What you need)",
    "TOO_SHORT": "too few words and too little speech; longer answers are needed",
    "NOTHING_USABLE": "no words, no voice and no face could be read; look at `missing`",
    "DECODE_ERROR": "no media file, empty, or cut off; export it again",
    "LINK_OUTSIDE": "a link or a manifest leads out of the folder; links=all opens it",
    "DUPLICATE_ID": "another file of the person has the same id; rename one",
    "TIMED_OUT": "took too long; raise timeout_s or cut the file",
    "WORKER_DIED": "the decoder crashed, twice; export the file again, and please report it",
    "INTERNAL_ERROR": "a fault of this program; please report it",
    "NO_TRANSCRIPT": "there are no words; put a transcript beside the file or add asr=whisper",
    "EMPTY_TRANSCRIPT": "the transcript is empty; make it again or add asr=whisper",
    "TRANSCRIPT_ERROR": "the transcript cannot be read; the row says why",
    "NO_AUDIO_STREAM": "the file has no sound",
    "NO_SPEECH": "nobody speaks; look at the microphone or the sound track",
    "AUDIO_DECODE_ERROR": "the sound is damaged; export the file again",
    "NO_VIDEO_STREAM": "the file has no picture",
    "NO_FACE": "no face was found; look at light, camera and framing",
    "VIDEO_DECODE_ERROR": "the picture is damaged; export the file again",
    "LOW_LIGHT": "the face is dark; more light, or leave the code out of withhold",
    "SEVERAL_FACES": "several faces; crop the picture to the candidate",
    "CLIPPED_AUDIO": "the sound is overdriven; lower the microphone's level",
    "TELEPHONE_SOUND": "the sound has no high tones, as on a telephone; use a better microphone",
    "SEVERAL_SPEAKERS": "several people speak and it is not known who is the candidate; name one "
    "with speaker=",
    "TIMES_OUT_OF_RANGE": "the transcript has times beyond the recording; it may be another's",
    "TRUNCATED": "the file is cut short; copy or export it again",
    "FROZEN_VIDEO": "the picture does not move; look at the camera",
}


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
    return lines + _wordless(answers)


_WORDS = {"withheld": "withheld", "error": "not readable"}


def _told(code: str) -> str:
    return f"{code} ({ADVICE[code]})" if code in ADVICE else code


def _wordless(answers: Sequence[Row]) -> list[str]:
    """A third of what a model reads is gone without words, so that is said once."""
    missing = [str(row["missing"] or "").split(";") for row in answers]
    n = sum(any(f"text:{code}" in codes for code in WORDLESS) for codes in missing)
    if not n:
        return []
    return [
        f"no words for {n} of {len(answers)} files, so one modality of three is missing there: put "
        "transcripts beside the files, or add asr=whisper (docs: Recognise speech)"
    ]
