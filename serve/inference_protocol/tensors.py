"""Tensors of the Open Inference Protocol, version 2, to what they ask for, and answers as tensors.

One request is one candidate; the length of a tensor is the number of answers. Text is UTF-8, media
are base64, as JSON holds no bytes. An element that is empty says that an answer has none.

Sources: kserve/open-inference-protocol, ``inference_rest.md`` and ``open_inference_rest.yaml``.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from trifold.serve.problems import bad_field
from trifold.serve.worker.parsing.asked import (
    CandidateRequest,
    ScoreRequest,
    TensorRequest,
    answer_of,
    candidate_id_of,
    kind_of,
)
from trifold.serve.worker.parsing.json_body import is_unicode, json_object

CONTENT_TYPE = "application/vnd.trifold.tensors+json"  # the gateway's own name for such a body
BYTES, BOOL, FP64 = "BYTES", "BOOL", "FP64"
MOST_DIMENSIONS = 4
ONE_LONG = "the answers of one candidate in one dimension"  # two may mean several candidates
MEDIA, PER_ANSWER = "media", ("transcript", "question", "question_id", "speaker", "clip_id")
PATHS = ("path", "transcript_path")  # below the server's media root
SWITCHES = ("explain", "retain")
# name to datatype and shape, of which -1 is any number
INPUTS = {
    **{name: (BYTES, [-1]) for name in (MEDIA, *PER_ANSWER, *PATHS)},
    "candidate_id": (BYTES, [1]),
    **{name: (BOOL, [1]) for name in SWITCHES},
}
OUTPUTS = {
    "names": (BYTES, [-1]),
    "scores": (FP64, [1, -1]),
    "lower": (FP64, [1, -1]),
    "upper": (FP64, [1, -1]),
    "status": (BYTES, [1]),
    "response": (BYTES, [1]),
}


def request_of_tensors(body: bytes, model: str) -> ScoreRequest:
    """The candidate of an inference request.

    Args:
        body: its JSON.
        model: name under which it was asked for; it stands in the answer.

    Raises:
        Problem: 400 where it is no such request.
    """
    facts = json_object(body)
    entries = facts.get("inputs")
    if not isinstance(entries, list) or not entries:
        got = "none" if entries == [] else kind_of(entries)
        raise bad_field("inputs", "a list of tensors", got)
    tensors: dict[str, list[Any]] = {}
    for number, entry in enumerate(entries):
        name, data = _tensor(entry, f"inputs[{number}]")
        if name in tensors:
            raise bad_field(name, "every tensor once", "several")
        tensors[name] = data
    first = {name: tensors[name][0] for name in ("candidate_id", *SWITCHES) if name in tensors}
    candidate = CandidateRequest(
        candidate_id_of(first.pop("candidate_id", None)), tuple(_answers(tensors)), **first
    )
    request_id = facts.get("id")
    if request_id is not None and not (isinstance(request_id, str) and is_unicode(request_id)):
        raise bad_field("id", "text", kind_of(request_id))
    return ScoreRequest((candidate,), tensors=TensorRequest(model, request_id, _outputs(facts)))


def answer_to(request: ScoreRequest, answer: dict[str, Any]) -> dict[str, Any]:
    """A response's members, as tensors where such were sent.

    The numbers are those of the row of the candidate, all of which are there, as a candidate
    without scores is answered with a problem.

    Args:
        request: what was asked.
        answer: what ``/predictions`` would say.
    """
    wish = request.tensors
    if wish is None:
        return answer
    row = answer["candidate"]
    names = [name for name in row if f"{name}_spread" in row]  # which only targets have
    data: dict[str, list[Any]] = {
        "names": names,
        "scores": [row[name] for name in names],
        "lower": [row[f"{name}_low"] for name in names],
        "upper": [row[f"{name}_high"] for name in names],
        "status": [row["status"]],
        "response": [json.dumps(answer, ensure_ascii=False, allow_nan=False)],
    }
    facts: dict[str, Any] = {"model_name": wish.model, "model_version": answer["model_version"]}
    if wish.request_id is not None:
        facts["id"] = wish.request_id
    return facts | {"outputs": [_output(name, data[name]) for name in wish.outputs or OUTPUTS]}


def described(tensors: Mapping[str, tuple[str, list[int]]]) -> list[dict[str, object]]:
    """Tensors as the metadata of a model lists them."""
    return [
        {"name": name, "datatype": datatype, "shape": shape}
        for name, (datatype, shape) in tensors.items()
    ]


def _tensor(entry: object, where: str) -> tuple[str, list[Any]]:
    """Name and elements of an input; media as bytes."""
    if not isinstance(entry, dict):
        raise bad_field(where, "a tensor", kind_of(entry))
    name, shape = entry.get("name"), entry.get("shape")
    if not isinstance(name, str) or name not in INPUTS:
        raise bad_field(f"{where}.name", f"one of {', '.join(INPUTS)}", "another")
    datatype, wanted = INPUTS[name]
    if entry.get("datatype") != datatype:
        raise bad_field(f"{name}.datatype", datatype, "another")
    data = _flat(entry.get("data"), name)
    sized = isinstance(shape, list) and all(type(n) is int and 0 < n < 1 << 31 for n in shape)
    if not isinstance(shape, list) or not sized or math.prod(shape) != len(data):
        raise bad_field(f"{name}.shape", "as many elements as data has", "others")
    if max(shape, default=1) != len(data):
        raise bad_field(f"{name}.shape", ONE_LONG, "several")
    if not data or (wanted == [1] and len(data) != 1):
        expected = "1 element" if wanted == [1] else "elements"
        raise bad_field(f"{name}.data", expected, str(len(data)))
    kind = bool if datatype == BOOL else str
    for element in data:
        if type(element) is not kind:
            raise bad_field(
                f"{name}.data", "true or false" if kind is bool else "text", kind_of(element)
            )
        if isinstance(element, str) and not is_unicode(element):
            raise bad_field(f"{name}.data", "Unicode text", "half a character")
    return name, [_decoded(element) for element in data] if name == MEDIA else data


def _flat(data: object, name: str) -> list[Any]:
    """Elements in their order; the protocol lets them be nested or not."""
    if not isinstance(data, list):
        raise bad_field(f"{name}.data", "a list", kind_of(data))
    for _ in range(MOST_DIMENSIONS):
        if len(data) > 1 and any(isinstance(e, list) and len(e) != 1 for e in data):
            raise bad_field(f"{name}.data", ONE_LONG, "several")
        data = list(chain.from_iterable(e if isinstance(e, list) else [e] for e in data))
    return data


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_field(f"{MEDIA}.data", "base64", "another text") from error


def _answers(tensors: Mapping[str, Sequence[Any]]) -> list[Any]:
    """An answer for each element that the tensors have at the same place."""
    columns = {name: tensors[name] for name in (MEDIA, *PER_ANSWER, *PATHS) if name in tensors}
    if not columns:
        raise bad_field("inputs", "media or a transcript", "neither")
    count = len(next(iter(columns.values())))
    uneven = next((name for name, column in columns.items() if len(column) != count), None)
    if uneven is not None:
        raise bad_field(
            f"{uneven}.shape",
            f"as many answers as the others have, {count}",
            str(len(columns[uneven])),
        )
    found = []
    for number in range(count):
        given = {name: column[number] for name, column in columns.items() if column[number]}
        if "transcript" in given:
            given["transcript"] = given["transcript"].encode()
        found.append(answer_of(f"media_{number + 1}", given))
    return found


def _outputs(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the outputs that are wanted; none stands for all."""
    entries = [] if facts.get("outputs") is None else facts["outputs"]
    names = [e.get("name") if isinstance(e, dict) else None for e in _flat(entries, "outputs")]
    if any(not isinstance(name, str) or name not in OUTPUTS for name in names):
        raise bad_field("outputs", f"some of {', '.join(OUTPUTS)}", "another")
    return tuple(dict.fromkeys(str(name) for name in names))


def _output(name: str, data: list[Any]) -> dict[str, Any]:
    datatype, shape = OUTPUTS[name]
    sized = [len(data) if size < 0 else size for size in shape]
    return {"name": name, "datatype": datatype, "shape": sized, "data": data}
