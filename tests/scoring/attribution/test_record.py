"""Evidence is plain JSON and names the strongest pieces either way."""

from __future__ import annotations

import json

from trifold.scoring.attribution.record import Evidence, PieceEvidence, TargetEvidence

SAID = PieceEvidence(
    0, "ann/q1", "text", ("sentences", "contours"), 2.0, 4.5, "I thank the team.", 0.3, 0.02
)
HEARD = PieceEvidence(0, "ann/q1", "audio", ("prosody",), 0.0, 1.0, None, -0.5, 0.1)
SEEN = PieceEvidence(1, None, "video", ("face",), 3.0, 4.0, None, 0.1, 0.0)
WARMTH = TargetEvidence(
    target="warmth",
    score=3.9,
    reference=4.0,
    by_modality={"text": 0.3, "audio": -0.5, "video": 0.1},
    pieces=(SAID, HEARD, SEEN),
    expert_weight={"euclidean": 0.5, "hyperbolic": 0.3, "spherical": 0.2},
)
EVIDENCE = Evidence("ann", "0123456789ab", "shapley", "nothing is shown", (WARMTH,))


def test_json_holds_everything_and_comes_back_equal() -> None:
    plain = EVIDENCE.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    target = plain["targets"][0]
    assert target["pieces"][0] == {
        "answer": 0, "clip_id": "ann/q1", "modality": "text",
        "streams": ["sentences", "contours"], "start_s": 2.0, "end_s": 4.5,
        "text": "I thank the team.", "contribution": 0.3, "error": 0.02,
    }  # fmt: skip
    assert target["expert_weight"]["hyperbolic"] == 0.3
    assert target["path_weight"] is None


def test_the_strongest_count_either_way() -> None:
    assert WARMTH.strongest(2) == (HEARD, SAID)
