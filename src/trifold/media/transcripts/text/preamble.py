"""Lines of a transcript that nobody said: titles, dates, lists of people, notes of the program."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trifold.media.transcripts.speakers.heads import looks_like_name, opens_with_label
from trifold.media.transcripts.speakers.label_words import is_bare_role

LONGEST = 120  # characters of such a line

_KEYS = (
    "date|datum|fecha|time|zeit|uhrzeit|duration|dauer|durée|duración|length|participants?|"
    "teilnehmer(?:innen)?|participantes|attendees|invited|present|anwesend|speakers?|sprecher|"
    "location|ort|lieu|lugar|place|recorded(?: on| at| by)?|recording(?: date| time)?|aufnahme|"
    "file ?(?:name)?|filename|datei(?:name)?|audio(?: ?file)?|video(?: ?file)?|media(?: ?file)?|"
    "language|sprache|langue|idioma|title|titel|project|projekt|interview(?: ?(?:id|no|nr|date))?|"
    "transcribed(?: by| on)?|transcriber|transkribiert(?: von)?|transcription(?: by)?|created|"
    "meeting(?: ?(?:id|title|date|name))?|start(?: ?time)?|end(?: ?time)?|beginn|ende|url|"
    "version|case ?id|candidate ?id|id"
)
_KEYED = re.compile(rf"\W{{0,4}}(?:{_KEYS})\W{{0,4}}[:：=]\W{{0,3}}\S.*", re.IGNORECASE)
_TITLE = re.compile(
    r"[^.?!]{0,60}\b(?:transcript|transcription|transkript|transkription|transcripción|"
    r"trascrizione|verbatim)\b[^.?!:：]{0,80}:?",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:summary )?keywords|speakers|attendees|participants|teilnehmer|invited|transcript|"
    r"transkript|transcription|outline|summary",
    re.IGNORECASE,
)
_LIST_BELOW = re.compile(r"transcript|transkript|transcription", re.IGNORECASE)
_COLUMNS = re.compile(  # of a table
    r"(?:(?:start|end|time|times|timestamp|time ?code|in|out|duration|speaker|name|text|words|"
    r"transcript|content|message|zeit|beginn|ende|sprecher|id|#|no\.?)(?: ?time)?(?:\t|$)){2,8}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\s\-_=*#~–—]{3,}")
_NOTE = re.compile(
    r"(?:transcribed (?:by|with|using) \S.*|generated (?:by|with) \S.*|"
    r"this (?:editable )?transcript (?:was|has been|is) .*|"
    r"people can also change the text after it was created\.?|"
    r"(?:meeting|transcription|recording|call) (?:ended|stopped|started)(?: (?:after|at) .*)?|"
    r".{1,60} (?:started|stopped) (?:the )?(?:transcription|recording)|"
    r"[\[(*]{1,2}\s*(?:end|beginning|start|ende|beginn|anfang|fin) (?:of|der|des|de la|du|del) "
    r"(?:the )?[\w ]{1,30}[\])*]{1,2}|"
    r"(?:.{0,80}\b)?(?:page|seite|página) \d{1,3} (?:of|von|de|sur|/) \d{1,3}|"
    r"transcript (?:by|provided by) \S.{0,40}|"
    r"(?:duration|dauer|(?:total|audio) (?:time|duration|length)|word count) ?: ?\d[\d:.,]{0,10}"
    r" ?(?:hours?|minutes?|minuten|mins?|seconds?|sekunden|s|words?)?\.?|"
    r"(?:start|end) script|\[?(?:begin|end)\]|<?(?:begin|end) subtitles>?|"
    r"@? ?this file written with .*|"
    r"search (?:in video|transcript)|sync to video time|from your search|show transcript|"
    r"follow along using the transcript\.?|"
    r"[^\W\d_]{3,20} \((?:auto-generated|automatisch (?:erzeugt|generiert)|"
    r"générés? automatiquement|generados? automáticamente|generat[oi] automaticamente)\)|"
    r"end of (?:the )?(?:transcript|interview|recording|transcription)\.?|"
    r"(?:https?|ftp)://\S+)",
    re.IGNORECASE,
)


_LYRICS = re.compile(r"\[(?:ti|ar|al|au|by|la|re|ve|offset|length):[^\]]{0,200}\]", re.IGNORECASE)


def without_notes(lines: Sequence[str]) -> list[str]:
    """Without rules and what programs add of themselves; such lines become empty."""
    found = ["" if _is_note(line.strip(" \t*_#>")) else line for line in lines]
    return [
        "" if line == "All" and len(lines) > n + 1 and _is_note(lines[n + 1]) else line
        for n, line in enumerate(found)
    ]


def first_spoken(lines: Sequence[str]) -> int:
    """The index of the first line behind a preamble; 0 where there is none.

    ``Date: 2 May`` is one where it does not stand alone: beside another such line, a title or a
    blank line; so that a single line of speech never is.
    """
    at = signs = int(_is_title_above_facts(lines))
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            signs += signs > 0
        elif _LIST_BELOW.fullmatch(line.strip(" :")):
            signs += 2
        elif len(line) <= LONGEST and _states_a_fact(line, is_top=at < 3):
            signs += 1
        elif _HEADING.fullmatch(line.strip(" :")):
            signs += 2
            at += 1  # the list itself
        else:
            break
        at += 1
    has_speech = any(line.strip() for line in lines[at:])
    return at if signs > 1 and has_speech else 0


def is_heading(line: str) -> bool:
    """Whether a line above the first words is a title or a list rather than speech."""
    text = line.strip()
    return len(text) <= LONGEST and len(text.split()) <= 12 and text[-1:] not in ".?!…"


def is_title(line: str) -> bool:
    """Whether a line says that a transcript follows."""
    return _TITLE.fullmatch(line.strip()) is not None


def _is_title_above_facts(lines: Sequence[str]) -> bool:
    """Whether the first line is a title by what follows it: ``Talk with Mira``, ``Date: 2 May``."""
    below = next((line for line in lines[1:4] if line.strip()), "").strip()
    is_above = len(below) <= LONGEST and _KEYED.fullmatch(below) is not None
    return bool(lines) and is_above and is_heading(lines[0]) and not opens_with_label(lines[0])


def _states_a_fact(line: str, *, is_top: bool) -> bool:
    key, colon, value = line.partition(":")
    names_a_part = bool(colon) and is_bare_role(key) and looks_like_name(value.strip())
    titles = is_top and is_title(line)
    return _KEYED.fullmatch(line) is not None or names_a_part or titles


def _is_note(line: str) -> bool:
    short = len(line) <= 2 * LONGEST
    return short and any(known.fullmatch(line) for known in (_NOTE, _RULE, _COLUMNS, _LYRICS))
