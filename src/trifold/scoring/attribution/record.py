"""What moved the scores of one candidate: seconds, words, modalities. JSON-ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from trifold.contracts import Modality

NORMAL_95 = 1.96  # standard errors either way that hold 95 % of a normal distribution


@dataclass(frozen=True)
class PieceEvidence:
    """A stretch of one answer in one modality: what was shown there, and what it did to a score.

    Attributes:
        answer: number of the answer, from 0, in the order of the candidate's usable files.
        clip_id: of that file, None where the caller did not say.
        modality: text, audio or video.
        streams: the encoders whose tokens lie there.
        start_s: start of the piece in seconds of the file.
        end_s: its end.
        text: the words spoken there, for text where a transcript was given; else None.
        contribution: to the score, in points of the target's scale; positive raised it.
        error: standard error of the contribution in the same points, as orders are sampled: 1.96
            of it either way are a 95 % range. 0 where nothing was sampled.
    """

    answer: int
    clip_id: str | None
    modality: Modality
    streams: tuple[str, ...]
    start_s: float
    end_s: float
    text: str | None
    contribution: float
    error: float


@dataclass(frozen=True)
class CueEvidence:
    """What was heard or seen in some seconds, beside what is usual in the same recording.

    Attributes:
        answer: number of the answer, as of pieces.
        clip_id: of its file, None where the caller did not say.
        modality: audio or video.
        stream: the encoder that measured it.
        measure: name of the column.
        words: the same for people.
        start_s: start in seconds of the file.
        end_s: its end.
        size: distance from the usual in robust standard deviations of the recording; negative
            below it.
        beside_training: distance from the mean of training people in standard deviations of their
            means; None where those are not known, or where it hangs on camera or microphone.
    """

    answer: int
    clip_id: str | None
    modality: Modality
    stream: str
    measure: str
    words: str
    start_s: float
    end_s: float
    size: float
    beside_training: float | None


@dataclass(frozen=True)
class TargetEvidence:
    """How one score of a candidate came about.

    The contributions of all pieces add up to ``score − reference``, and so do those by modality.

    Attributes:
        target: its name.
        score: on the target's scale, as scoring gives it.
        reference: the score of a candidate who shows nothing, see ``Evidence.reference``.
        by_modality: modality to the sum of its pieces; absent where nothing was shown.
        pieces: in the order of answers, modalities and time.
        expert_weight: expert to its weight in the router, mean over answers; None where the
            network has no experts.
        path_weight: modality path to its weight in the routing, likewise. Weights say where the
            network looked, contributions what it changed.
    """

    target: str
    score: float
    reference: float
    by_modality: Mapping[str, float]
    pieces: tuple[PieceEvidence, ...]
    expert_weight: Mapping[str, float] | None = None
    path_weight: Mapping[str, float] | None = None

    def strongest(self, n: int = 3) -> tuple[PieceEvidence, ...]:
        """The n pieces that moved the score most, either way, the strongest first."""
        return tuple(sorted(self.pieces, key=lambda p: -abs(p.contribution))[:n])


@dataclass(frozen=True)
class Evidence:
    """Evidence for all K scores of a candidate.

    Attributes:
        candidate_id: of the candidate.
        bundle_id: of the model.
        method: how contributions were found, e.g. ``shapley``.
        reference: what the reference score means, one sentence for people.
        targets: K, in the schema's order.
        cues: what was heard and seen, in words; of no target in particular.
    """

    candidate_id: str
    bundle_id: str
    method: str
    reference: str
    targets: tuple[TargetEvidence, ...]
    cues: tuple[CueEvidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Dicts, lists, numbers and strings alone, as ``json.dumps`` takes them.

        ``{candidate_id, bundle_id, method, reference, targets: [{target, score, reference,
        by_modality: {modality: …}, pieces: [{answer, clip_id, modality, streams, start_s, end_s,
        text, contribution, error}], expert_weight: {…} or null, path_weight: {…} or null}],
        cues: [{answer, clip_id, modality, stream, measure, words, start_s, end_s, size,
        beside_training}]}``
        """
        plain = asdict(self)
        plain["targets"] = [
            target | {"pieces": [p | {"streams": list(p["streams"])} for p in target["pieces"]]}
            for target in plain["targets"]
        ]
        plain["cues"] = list(plain["cues"])
        return plain
