"""An estimate is never a bare number."""

from __future__ import annotations

import json
import math

from trifold.codes import Code
from trifold.psychometrics.estimate import Estimate, undefined


def test_what_is_undefined_is_null_and_says_why() -> None:
    nothing = undefined(3, "ICC(1), F interval", Code.TOO_FEW_PERSONS)
    assert math.isnan(nothing.estimate)
    written = json.loads(json.dumps(nothing.as_json(), allow_nan=False))
    assert written["estimate"] is None
    assert written["flags"] == ["TOO_FEW_PERSONS"]


def test_a_code_is_said_once() -> None:
    value = Estimate(0.5, 0.4, 0.6, 40, "r").flagged(Code.BOUNDARY, Code.SMALL_CELL)
    assert value.flagged(Code.BOUNDARY).flags == (Code.BOUNDARY, Code.SMALL_CELL)
