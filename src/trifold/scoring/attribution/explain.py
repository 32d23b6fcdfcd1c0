"""Evidence for the scores of one candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from trifold.contracts import MODALITIES, QUESTION, Array, Transcript
from trifold.errors import InputError
from trifold.features.collate import CandidateSample, collate
from trifold.scoring.attribution.attribution import Attribution, Contributions, occlusion
from trifold.scoring.attribution.cues import cues_of
from trifold.scoring.attribution.pieces import Piece, cut, words_between
from trifold.scoring.attribution.record import Evidence, PieceEvidence, TargetEvidence
from trifold.scoring.attribution.shapley import shapley
from trifold.scoring.attribution.value_function import ValueFunction
from trifold.scoring.attribution.weights import expert_weights, path_weights
from trifold.scoring.predictor import Predictor

REFERENCE = "the score of a candidate of whom nothing is read, heard or seen"
METHODS: Mapping[str, Attribution] = {"shapley": shapley, "occlusion": occlusion}


def explain(
    predictor: Predictor,
    sample: CandidateSample,
    *,
    clip_ids: Sequence[str] | None = None,
    transcripts: Sequence[Transcript | None] | None = None,
    durations_s: Sequence[float | None] | None = None,
    method: str = "shapley",
) -> Evidence:
    """Which seconds and words moved each score, by how much, and what was heard and seen there.

    Args:
        predictor: of the bundle that gives the scores.
        sample: the candidate.
        clip_ids: T, to name the files.
        transcripts: T, to show the words of text pieces.
        durations_s: T, of the files whose transcripts carry no times.
        method: ``shapley`` or ``occlusion``.

    Raises:
        InputError: for an unknown method, or when there is not one clip id, transcript or duration
            for every answer.
    """
    if method not in METHODS:
        raise InputError(expected=f"a method among {', '.join(METHODS)}", got=repr(method))
    files = _files(len(sample.answers), clip_ids, transcripts, durations_s)
    pieces = cut(sample, predictor.bundle.description.stream_modality)
    score, reference, (values, error) = _contributions(predictor, sample, pieces, method)
    batch = collate([sample], predictor.bundle.description.stream_dims)
    experts, paths = (f(predictor.bundle.network, batch) for f in (expert_weights, path_weights))
    shown = [_piece(piece, files[piece.answer]) for piece in pieces]
    return Evidence(
        candidate_id=sample.candidate_id,
        bundle_id=predictor.bundle.bundle_id,
        method=method,
        reference=REFERENCE,
        targets=tuple(
            TargetEvidence(
                target=name,
                score=float(score[k]),
                reference=float(reference[k]),
                by_modality=_by_modality(pieces, values[:, k]),
                pieces=tuple(
                    replace(piece, contribution=float(value), error=float(of))
                    for piece, value, of in zip(shown, values[:, k], error[:, k], strict=True)
                ),
                expert_weight=experts[k] if experts else None,
                path_weight=paths[k] if paths else None,
            )
            for k, name in enumerate(predictor.bundle.description.schema.names)
        ),
        cues=cues_of(
            sample,
            predictor.columns,
            predictor.bundle.description.stream_modality,
            [clip_id for clip_id, _, _ in files],
        ),
    )


def _contributions(
    predictor: Predictor, sample: CandidateSample, pieces: Sequence[Piece], method: str
) -> tuple[Array, Array, Contributions]:
    """(K,) score and reference, and what each of P pieces did: what lies between the two."""
    score = predictor.score(sample).candidate.score
    reference = predictor.score(_silent(sample, predictor)).candidate.score
    if not pieces:
        return score, reference, Contributions(*np.zeros((2, 0, len(score))))
    function = ValueFunction(predictor.bundle, sample, pieces)
    groups = [piece.modality for piece in pieces]
    found = METHODS[method](function.scores, groups, ends=(reference, score))
    return score, reference, found


File = tuple[str | None, Transcript | None, float | None]


def _files(
    answers: int,
    clip_ids: Sequence[str] | None,
    transcripts: Sequence[Transcript | None] | None,
    durations_s: Sequence[float | None] | None,
) -> list[File]:
    """Clip id, transcript and duration of every answer, None where the caller does not say."""
    nothing: Sequence[None] = [None] * answers
    given = (clip_ids or nothing, transcripts or nothing, durations_s or nothing)
    for what, values in zip(("clip ids", "transcripts", "durations"), given, strict=True):
        if len(values) != answers:
            raise InputError(expected=f"{what} of {answers} answers", got=str(len(values)))
    return list(zip(*given, strict=True))


def _silent(sample: CandidateSample, predictor: Predictor) -> CandidateSample:
    """The same number of answers to the same questions, in which nothing is shown."""
    modality = predictor.bundle.description.stream_modality
    answers = tuple(
        {s: tokens for s, tokens in answer.items() if modality.get(s) == QUESTION}
        for answer in sample.answers
    )
    return replace(sample, answers=answers)


def _piece(piece: Piece, file: File) -> PieceEvidence:
    clip_id, transcript, duration_s = file
    said = None
    if piece.modality == "text" and transcript is not None:
        said = words_between(transcript, piece.start_s, piece.end_s, duration_s)
    return PieceEvidence(
        answer=piece.answer,
        clip_id=clip_id,
        modality=piece.modality,
        streams=tuple(piece.tokens),
        start_s=piece.start_s,
        end_s=piece.end_s,
        text=said,
        contribution=0.0,
        error=0.0,
    )


def _by_modality(pieces: Sequence[Piece], values: Array) -> dict[str, float]:
    """Sum of the contributions of each modality that is there."""
    return {
        m: float(sum(v for p, v in zip(pieces, values, strict=True) if p.modality == m))
        for m in MODALITIES
        if any(piece.modality == m for piece in pieces)
    }
