"""The client's types are those of the description, and it loads without all that scores."""

from __future__ import annotations

import subprocess
import sys
from typing import get_type_hints, is_typeddict

import pytest

import trifold.serve.client.answers as answers
from tests.serve.interface.described import description

TYPES = [value for value in vars(answers).values() if is_typeddict(value)]
NAMES = {"ForgottenFiles": ("Forgotten", "forgotten")}  # that have no name of their own there


def described(name: str) -> dict:
    schemas = description()["components"]["schemas"]
    if name in NAMES:
        outer, field = NAMES[name]
        return schemas[outer]["properties"][field]
    return schemas[name]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_types_have_the_fields_that_are_described(kind) -> None:
    schema = described(kind.__name__)
    assert set(get_type_hints(kind)) == set(schema["properties"])
    assert set(kind.__required_keys__) == set(schema["required"])


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_plain_fields_are_of_the_kind_that_is_described(kind) -> None:
    plain = {"string": str, "integer": int, "number": float, "boolean": bool}
    properties = described(kind.__name__)["properties"]
    for name, hint in get_type_hints(kind).items():
        said = properties[name].get("type")
        names = [said] if isinstance(said, str) else said or []
        if names and set(names) <= {*plain, "null"} and "enum" not in properties[name]:
            wanted = None
            for one in names:
                one_kind = type(None) if one == "null" else plain[one]
                wanted = one_kind if wanted is None else wanted | one_kind
            assert hint == wanted, name


def test_scores_of_a_row_have_their_ranges_and_percentiles_are_none() -> None:
    row = {"warmth": 4, "warmth_low": 3, "warmth_high": 5, "warmth_spread": 0.1,
           "warmth_percentile": 50, "warmth_percentile_low": 40, "warmth_percentile_high": 60,
           "drive": None, "drive_low": None, "drive_high": None, "drive_spread": None}  # fmt: skip
    assert answers.scores_in(row) == {"warmth": answers.Score(4.0, 3.0, 5.0)}


def test_clients_load_without_pytorch_and_what_reads_media() -> None:
    code = (
        "import sys, trifold.serve.client.endpoint, trifold.serve.client.asynchronous;"
        "sys.exit(str([m for m in ('torch', 'numpy', 'cv2', 'av', 'yaml') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
