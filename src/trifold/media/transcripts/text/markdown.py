"""Text out of Markdown, as note-takers and chat programs write transcripts in it.

Only what structures the page goes: fences, marks of headings, links, bars of tables, escapes and
code marks around times. Emphasis stays, which tells names (``**Mira Vogel:**``).
"""

from __future__ import annotations

import re

FENCE = re.compile(r"^[ \t]{0,3}(?:`{3,}|~{3,})[\w+-]{0,20}[ \t]*$", re.MULTILINE)
RULE = re.compile(r"(?=.*\|)(?=.*--)[|:\- ]+")  # under the head of a table: |---|:--:|
MOST_ROWS = 0.6  # of the lines, from which on bars make a table

_TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,80})\]\((?:https?:|mailto:|[#?/.])[^()\s]{0,400}\)")
_CODE_TIME = re.compile(rf"`\s?({_TIME})\s?`")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!>~|-])")
_FRONT = re.compile(
    r"\A\s*---[ \t]*\n(?:[\w -]{1,40}:[^\n]{0,300}\n|[ \t]*- [^\n]{0,200}\n){1,40}---[ \t]*\n"
)
_OFFER = re.compile(  # of a chat program, behind a rule at the end
    r"\n[ \t]{0,9}(?:-{3,}|\*{3,}|_{3,})[ \t]{0,9}\n\s{0,20}"
    r"(?:let me know|would you like|if you(?:'d| would)? (?:like|want|need)|feel free|hope this)"
    r"[^\n]{0,400}\s{0,20}\Z",
    re.IGNORECASE,
)


def unmarked(text: str) -> str:
    """The text without what structures a page of Markdown; any other text as it is."""
    text = _unfenced(_FRONT.sub("", text, count=1) if text.lstrip()[:4] == "---\n" else text)
    if "](" in text:
        text = _LINK.sub(_target, text)
    text = _CODE_TIME.sub(r"[\1]", text) if "`" in text else text
    if _is_markdown(text):
        text = _HEADING.sub("", _OFFER.sub("", text))
        text = _ESCAPE.sub(r"\1", text) if "\\" in text else text
    return _untabled(text) if "|" in text else text


def _unfenced(text: str) -> str:
    """What stands in a fence where that is most of the text; else all, without the fences."""
    if "```" not in text and "~~~" not in text:
        return text
    parts = FENCE.split(text)
    if len(parts) < 2:
        return text
    inside = parts[1::2]
    most = 2 * sum(map(len, inside)) > len(text)
    return "\n".join(part.strip("\n") for part in (inside if most else parts))


def _target(link: re.Match[str]) -> str:
    """The words of a link; times that lead into a recording as times in brackets."""
    boxed = link.string[link.start() - 1 : link.start()] == "["
    is_time = re.fullmatch(rf"\W{{0,2}}{_TIME}\W{{0,2}}", link[1]) is not None
    return f"[{link[1]}]" if is_time and not boxed else link[1]


def _is_markdown(text: str) -> bool:
    """Whether headings or emphasis at the start of lines come more than once."""
    return (
        len(re.findall(r"^[ \t]{0,3}(?:#{1,6}[ \t]+\S|(?:[-*>] )?\*\*\S)", text, re.MULTILINE)) > 1
    )


def _untabled(text: str) -> str:
    """Rows between bars as cells with tabs, where they are most of the lines."""
    lines = [line.strip() for line in text.split("\n")]
    rows = sum(_is_row(line) for line in lines)
    if rows < max(2.0, MOST_ROWS * sum(map(bool, lines))):
        return text
    return "\n".join(
        _cells(line) if _is_row(line) else line for line in lines if not RULE.fullmatch(line)
    )


def _is_row(line: str) -> bool:
    return len(line) > 2 and line[0] == line[-1] == "|"


def _cells(row: str) -> str:
    inner = re.split(r"(?<!\\)\|", row[1:-1])
    return "\t".join(cell.strip().strip("*_") for cell in inner)
