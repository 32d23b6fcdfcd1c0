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


def test_an_interval_without_width_is_none() -> None:
    for ends in ((1.0, 1.0), (0.9999999999999996, 1.0), (0.0, 0.0)):
        value = Estimate(ends[1], *ends, 12, "r, bootstrap by person")
        assert math.isnan(value.low)
        assert math.isnan(value.high)
        assert value.flags == (Code.NO_INTERVAL,)
    assert Estimate(3, 3, 3, 12, "answers needed", counted=True).low == 3
    assert Estimate(0.5, 0.1, math.inf, 12, "r").high == math.inf
