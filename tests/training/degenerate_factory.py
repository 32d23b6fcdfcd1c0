"""Corpora as few and as lopsided as people bring them, with made-up features of every stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from trifold.contracts import Array, Clip, Corpus, Modality, Target, TargetSchema, TokenSequence
from trifold.corpora.splits import alone, split_by_person
from trifold.features.collate import CandidateSample, collate
from trifold.training.assembly import damaged_tokens
from trifold.training.dataset import Dataset, Losses
from trifold.training.requirements import rows_of

MODALITY: dict[str, Modality] = {
    "sentences": "text", "style": "text", "phrasing": "text", "profile": "text", "words": "text",
    "spelling": "text", "facets": "text", "contours": "text", "prosody": "audio", "voice": "audio",
    "face": "video", "motion": "video", "question": "question",
    "language": "text",
}  # fmt: skip
DIMS = {stream: 6 + i for i, stream in enumerate(MODALITY)}
COUNTS = ("words", "spelling")
ASKED = 3  # distinct questions
NAMES = ("warmth", "drive", "candour", "calm", "wit", "tact", "pace", "zest")


@dataclass
class People:
    """What a case changes: who shows and is rated what.

    Attributes:
        answers: per person, per answer, stream name to (L, D) token values.
        labels: (n, K), NaN where unrated.
    """

    answers: list[list[dict[str, Array]]]
    labels: Array

    def show(self, modality: Modality, people: range | list[int], *, only: bool = False) -> None:
        """Take a modality from these people, or with ``only`` all others."""
        for i in people:
            for answer in self.answers[i]:
                for stream in list(answer):
                    if MODALITY[stream] != "question" and (MODALITY[stream] == modality) != only:
                        del answer[stream]


def make_people(n: int, *, targets: int = 2, answers: int = 2, dims=DIMS, seed: int = 0) -> People:
    """People whose first targets follow their tokens."""
    draw = np.random.default_rng(seed)
    traits = draw.normal(size=(n, targets))
    asked = np.eye(ASKED, dims.get("question", ASKED))
    given = [
        [
            {s: _tokens(draw, s, d, traits[i], asked[t % ASKED]) for s, d in dims.items()}
            for t in range(answers)
        ]
        for i in range(n)
    ]
    return People(given, np.clip(4 + traits, 1, 7))


def _tokens(draw, stream: str, dim: int, trait: Array, asked: Array) -> Array:
    if stream == "question":
        return asked[None]
    if stream in COUNTS:
        return draw.poisson(1.0, size=(1, dim)).astype(float)
    return draw.normal(size=(3, dim)) + trait[0] * (np.arange(dim) % 2)


def samples_of(people: People) -> list[CandidateSample]:
    """As they come out of the feature store."""
    return [
        CandidateSample(f"p{i:03}", tuple(map(_sequences, answers)), people.labels[i])
        for i, answers in enumerate(people.answers)
    ]


def _sequences(answer: dict[str, Array]) -> dict[str, TokenSequence]:
    made = {}
    for stream, values in answer.items():
        start = np.arange(len(values), dtype=np.float32)
        made[stream] = TokenSequence(
            values.astype(np.float32), start, start + 1, MODALITY[stream], "f"
        )
    return made


def schema_of(people: People) -> TargetSchema:
    """One target per column, on a scale of 1 to 7."""
    named = NAMES[: people.labels.shape[1]]
    return TargetSchema("s", tuple(Target(name, 1, 7) for name in named))


def dataset_of(people: People, dims=DIMS) -> Dataset:
    """All of them, to learn from."""
    samples = samples_of(people)
    return Dataset(
        samples=tuple(samples),
        batch=collate(samples, dims),
        labels=people.labels,
        schema=schema_of(people),
        stream_dims=dims,
        stream_modality={s: MODALITY[s] for s in dims},
    )


def corpus_of(people: People, fractions=(0.6, 0.2, 0.2)) -> Corpus:
    """As a reader gives it; media are never opened."""
    samples = samples_of(people)
    ids = [sample.candidate_id for sample in samples]
    clips = tuple(
        Clip(f"{s.candidate_id}-{t}", s.candidate_id, None)
        for s in samples
        for t in range(len(s.answers))
    )
    return Corpus(
        name="made up",
        clips=clips,
        labels={s.candidate_id: row for s, row in zip(samples, people.labels, strict=True)},
        schema=schema_of(people),
        splits=split_by_person(alone(ids), fractions=fractions),
        terms="own",
        synthetic=True,
    )


def extracted(people: People, corpus: Corpus, dims) -> Dataset:
    """As extraction leaves the corpus of them."""
    data = dataset_of(people, dims)
    ids = [sample.candidate_id for sample in data.samples]
    return replace(
        data,
        splits=rows_of(corpus, ids),
        lengths={"words": np.full(len(ids), np.nan), "seconds": np.arange(len(ids)) + 5.0},
        losses=Losses(tokens=damaged_tokens(data.samples)),
    )


def _changed(n: int, change: Callable[[People], None], **options: int) -> Callable[..., People]:
    def make(**more) -> People:
        people = make_people(n, **(options | more))
        change(people)
        return people

    return make


def _no(modality: Modality, who: Callable[[int], list[int]]) -> Callable[[People], None]:
    return lambda people: people.show(modality, who(len(people.answers)))


def _only(modality: Modality) -> Callable[[People], None]:
    return lambda people: people.show(modality, range(len(people.answers)), only=True)


def _everybody(n: int) -> list[int]:
    return list(range(n))


def _some(n: int) -> list[int]:
    return [1, n // 2, n - 1]


def _late(n: int) -> list[int]:
    return list(range(3 * n // 5))  # of an unshuffled split, all who are trained on


def _rated_by(k: int) -> Callable[[People], None]:
    def change(people: People) -> None:
        people.labels[k:, 1] = np.nan

    return change


def _one_with_forty(people: People) -> None:
    people.answers = [a[:1] for a in people.answers]
    people.answers[2] = people.answers[2] * 40


def _constant(people: People) -> None:
    people.labels[:, 1] = 3.0


def _twins(people: People) -> None:
    people.labels[:, 1] = people.labels[:, 0]


def _zero_tokens(people: People) -> None:
    for answers in people.answers:
        answers[0] = {stream: values[:0] for stream, values in answers[0].items()}


def _nothing(people: People) -> None:
    for stream, values in people.answers[3][0].items():
        people.answers[3][0][stream] = values[:0]
    people.answers[3] = people.answers[3][:1]


def _damaged(people: People) -> None:
    for i in (0, 4):
        for stream, values in people.answers[i][0].items():
            if stream != "question":
                values[0] = (np.nan, np.inf)[i == 4]


def _one_question(people: People) -> None:
    for answers in people.answers:
        for answer in answers:
            answer["question"] = people.answers[0][0]["question"]


def _alike(people: People) -> None:
    for answers in people.answers:
        for answer in answers:
            answer.update({s: np.zeros_like(v) for s, v in answer.items() if s != "question"})


CASES: dict[str, Callable[..., People]] = {
    "one without picture": _changed(12, _no("video", lambda n: [n // 2])),
    "one without sound": _changed(12, _no("audio", lambda n: [n // 2])),
    "one without words": _changed(12, _no("text", lambda n: [n // 2])),
    "several without words": _changed(12, _no("text", _some)),
    "nobody with a picture": _changed(12, _no("video", _everybody)),
    "nobody with sound": _changed(12, _no("audio", _everybody)),
    "nobody with words": _changed(12, _no("text", _everybody)),
    "sound only": _changed(12, _only("audio")),
    "words only": _changed(12, _only("text")),
    "training people without picture": _changed(12, _no("video", _late)),
    "all but one without sound": _changed(12, _no("audio", lambda n: list(range(n - 1)))),
    "five rated": _changed(12, _rated_by(5)),
    "three rated": _changed(12, _rated_by(3)),
    "two rated": _changed(12, _rated_by(2)),
    "one rated": _changed(12, _rated_by(1)),
    "nobody rated": _changed(12, _rated_by(0)),
    "constant target": _changed(12, _constant),
    "identical targets": _changed(12, _twins),
    "more targets than people": _changed(6, lambda _: None, targets=8),
    "forty answers beside one": _changed(8, _one_with_forty),
    "answers with zero tokens": _changed(10, _zero_tokens),
    "a person with zero tokens": _changed(10, _nothing),
    "damaged features": _changed(10, _damaged),
    "one question for all": _changed(10, _one_question),
    "everybody alike": _changed(8, _alike),
    "six people": _changed(6, lambda _: None),
    "five people": _changed(5, lambda _: None),
    "four people": _changed(4, lambda _: None),
    "three people": _changed(3, lambda _: None),
    "two people": _changed(2, lambda _: None),
}


def with_labels(people: People, labels: Array) -> People:
    """Others' ratings."""
    return replace(people, labels=labels)
