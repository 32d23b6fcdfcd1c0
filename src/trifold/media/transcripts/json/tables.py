"""Tables of segments that are written as JSON by columns, by index or by region."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.media.transcripts.json.fields import TEXTS
from trifold.media.transcripts.json.times import parse_key
from trifold.media.transcripts.parsed import OtherContentError

PARALLEL = ("timestamps", "timestamp", "starttimes", "starts")


def as_rows(document: object) -> object:
    """Tables of pandas and the like, in any orientation, as a list of rows; others as they are."""
    if not isinstance(document, dict) or len(document) < 2:
        return document
    names, data = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(data, list):
        rows = [row for row in data if isinstance(row, list)]
        return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    if all(key.isdecimal() and isinstance(value, dict) for key, value in document.items()):
        return list(document.values())
    columns = {name: _column(value) for name, value in document.items()}
    if not any(columns[name] and parse_key(name).name in TEXTS for name in columns):
        return document
    filled = [column for column in columns.values() if column is not None]
    if len(filled) < len(columns) or len({len(column) for column in filled}) > 1:
        return document
    return [dict(zip(columns, row, strict=True)) for row in zip(*filled, strict=True)]


def in_parallel(fields: Mapping[str, object]) -> list[object]:
    """Words in one list with their times in another (sherpa-onnx, FunASR); none elsewhere.

    Args:
        fields: of an object, by plain names.
    """
    times = next((fields[name] for name in PARALLEL if isinstance(fields.get(name), list)), [])
    listed = next((fields[name] for name in ("tokens", "words") if fields.get(name)), None)
    words = listed or (str(fields["text"]).split() if isinstance(fields.get("text"), str) else [])
    if not isinstance(words, list) or not isinstance(times, list) or len(words) != len(times):
        return []
    if not all(isinstance(word, str) for word in words) or len(words) < 2:
        return []
    if listed and all(isinstance(time, int | float) for time in times):
        return [{"word": word, "start": time} for word, time in zip(words, times, strict=True)]
    if all(isinstance(time, list) and len(time) == 2 for time in times):
        rows = zip(words, times, strict=True)
        return [{"word": word, "start": time[0], "end": time[1]} for word, time in rows]
    return []


def _column(value: object) -> list[object] | None:
    """Values of a column; None where it is not one."""
    if isinstance(value, dict) and all(key.isdecimal() for key in value):
        return list(value.values())
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return value
    return None


def labelled_regions(document: object) -> list[object]:
    """Regions of Label Studio with the texts and labels given to them; empty for other files."""
    tasks = document if isinstance(document, list) else [document]
    results = [result for task in tasks if isinstance(task, dict) for result in _results(task)]
    if len(results) > 1:
        raise OtherContentError(f"expected one recording's words, got {len(results)}")
    regions: dict[object, dict[str, object]] = {}
    for mark in results[0] if results else ():
        value = mark.get("value") if isinstance(mark, dict) else None
        if isinstance(mark, dict) and isinstance(value, dict):
            regions.setdefault(str(mark.get("id")), {}).update(value)
    return list(regions.values())


def _results(task: Mapping[str, object]) -> list[list[object]]:
    """The first annotation of a task."""
    found = task.get("annotations", task.get("completions"))
    first = found[0] if isinstance(found, list) and found else None
    result = first.get("result") if isinstance(first, dict) else None
    return [result] if isinstance(result, list) else []
