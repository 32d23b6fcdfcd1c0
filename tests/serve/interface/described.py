"""Answers against ``openapi.yaml``: status, kind and body must be what it describes."""

from __future__ import annotations

import re
from functools import cache

import jsonschema
import requests
import yaml

from tests.serve.serve_factory import ROOT


@cache
def description() -> dict:
    return yaml.safe_load((ROOT / "serve/openapi.yaml").read_text(encoding="utf-8"))


def check(method: str, path: str, answer: requests.Response) -> None:
    """Compare one answer with the description of its address."""
    operation = _operation(method, path.partition("?")[0])
    described = operation["responses"].get(str(answer.status_code))
    assert described, f"{method} {path}: {answer.status_code} is not described: {answer.text}"
    assert answer.headers["Trifold-Schema-Version"] == description()["info"]["version"]
    if answer.status_code == 204:
        return
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind in described["content"], f"{method} {path}: {kind}"
    schema = described["content"][kind].get("schema", {})
    if kind.endswith("json"):
        validate(answer.json(), schema)


def validate(facts: object, schema: dict) -> None:
    """Compare something with a schema that names others."""
    whole = {**schema, "components": description()["components"]}
    jsonschema.validate(facts, whole, jsonschema.Draft202012Validator)


def _operation(method: str, path: str) -> dict:
    for template, operations in description()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is not described")
