"""All engines give the same rows, and no file takes more than itself with it."""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.scoring.scoring_factory import talkers, tiny_bundle
from trifold.bundle.bundle import Bundle
from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.features.store import FeatureStore
from trifold.scoring.folder.journal import NAME
from trifold.scoring.folder.run import ScoredFolder, Settings, score_clips
from trifold.scoring.folder.schedule import score_people
from trifold.scoring.scorer import Job, Score, Scorer
from trifold.workers.base import died
from trifold.workers.inline import InlineEngine
from trifold.workers.local import LocalEngine

pytestmark = pytest.mark.slow

LOCAL = Settings(workers=2, progress=False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Bundle:
    return tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def whole(bundle: Bundle, tmp_path_factory) -> Path:
    """Outputs of an undisturbed run of twelve people in this process."""
    out = tmp_path_factory.mktemp("whole")
    score(talkers(12), bundle, out)
    return out


def score(clips: list[Clip], bundle: Bundle, out: Path, **options) -> ScoredFolder:
    options.setdefault("settings", Settings(progress=False))
    return score_clips(clips, bundle, FeatureStore(out.parent / f"{out.name}-f"), out, **options)


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


class Killer(str):
    """Text that ends the process that receives it, as a crash in a decoder would."""

    __slots__ = ()

    def __reduce__(self):
        return os._exit, (3,)


class Sleeper(str):
    """Text that never arrives, as a decoder that hangs."""

    __slots__ = ()

    def __reduce__(self):
        return time.sleep, (3600,)


def media_clips(folder: Path, clips: list[Clip]) -> list[Clip]:
    """The same with a file each, so that they are not scored in this process."""
    folder.mkdir(exist_ok=True)
    for i in range(len(clips)):
        (folder / f"{i}.mp4").write_bytes(b"no media")
    return [replace(clip, path=folder / f"{i}.mp4") for i, clip in enumerate(clips)]


def test_outputs_are_complete(whole: Path) -> None:
    assert sorted(contents(whole)) == [
        "answers.csv", "answers.jsonl", "answers.parquet", "answers.schema.json", "answers.xlsx",
        "candidates.csv", "candidates.jsonl", "candidates.parquet", "candidates.schema.json",
        "candidates.xlsx",
        "progress.jsonl",
    ]  # fmt: skip


def test_processes_give_the_same_bytes_as_none(bundle: Bundle, tmp_path: Path) -> None:
    clips = media_clips(tmp_path / "m", talkers(6))
    scored = score(clips, bundle, tmp_path / "two", settings=LOCAL)
    assert [row["clip_id"] for row in scored.answers] == [clip.clip_id for clip in clips]
    assert {row["error_code"] for row in scored.answers} == {"DECODE_ERROR"}
    score(clips, bundle, tmp_path / "none", settings=Settings(engine="inline", progress=False))
    assert contents(tmp_path / "none") == contents(tmp_path / "two")


def test_running_again_scores_what_is_new(bundle: Bundle, whole: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "out", []
    inline = Settings(engine="inline", progress=False)

    def witness(predictor, sample, clips) -> dict:
        seen.append(sample.candidate_id)
        return {}

    for n in (4, 12, 12):
        score(talkers(n), bundle, out, settings=inline, explain=witness)
    assert seen == [f"p{i}" for i in range(12)]
    assert contents(out)["answers.csv"] == contents(whole)["answers.csv"]
    score(talkers(3), bundle, out, settings=inline, explain=witness)
    assert contents(out)["candidates.csv"].count(b"\n") == 4
    score(talkers(12), bundle, out)  # nothing of the other settings is left
    assert contents(out) == contents(whole)


def explain(predictor, sample, clips) -> dict:
    return {"candidate_id": sample.candidate_id, "words": [clip.transcript for clip in clips]}


def test_processes_score_and_explain(bundle: Bundle, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    scored = score(talkers(12), bundle, out, settings=LOCAL, explain=explain)
    written = contents(out)
    assert written.pop("evidence.jsonl").count(b"\n") == 12
    assert written.pop(NAME).count(b"\n") == 13
    assert written == {k: v for k, v in contents(whole).items() if k != NAME}
    assert scored.evidence["p3"]["words"] == [c.transcript for c in talkers(12)[6:8]]


def hurt() -> list[Clip]:
    """People of whom one has a deadly file and one a file that hangs."""
    clips = talkers(8)
    clips[2] = replace(clips[2], transcript=Killer("Boom."))
    clips[9] = replace(clips[9], transcript=Sleeper("Zzz."))
    return clips


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_a_file_that_kills_or_hangs_its_process_costs_itself_alone(
    bundle: Bundle, tmp_path_factory, engine: str
) -> None:
    if engine == "ray":
        pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    root = tmp_path_factory.getbasetemp()
    settings = replace(LOCAL, engine=engine, timeout_s=4.0)
    scored = score(hurt(), bundle, root / engine, settings=settings, explain=explain)
    codes = [row["error_code"] for row in scored.answers]
    assert {i: code for i, code in enumerate(codes) if code} == {2: "WORKER_DIED", 9: "TIMED_OUT"}
    assert [row["n_answers"] for row in scored.candidates] == [2, 1, 2, 2, 1, 2, 2, 2]
    assert {row["status"] for row in scored.candidates} == {"scored"}
    if engine == "ray" and (root / "local").is_dir():
        assert contents(root / "ray") == contents(root / "local")


def test_encoders_that_cannot_start_are_an_error_not_a_hang(bundle, tmp_path: Path) -> None:
    broken = replace(bundle, description=replace(bundle.description, streams={"x": _nothing()}))
    with (
        pytest.raises(InputError, match="expected worker processes that start"),
        LocalEngine(partial(Scorer, Job(broken, tmp_path)), workers=1) as engine,
    ):
        engine.done()


def _nothing():
    from trifold.bundle.bundle import Stream

    return Stream({"_target_": "trifold.encoders.nothing.Nope"}, "text", 1, "f")


def test_withheld_answers_do_not_count(bundle: Bundle, tmp_path: Path) -> None:
    scorer = Scorer(Job(bundle, tmp_path, withhold=("NO_FACE",)))
    clips = tuple(talkers(1))
    first, second = scorer(clips)
    faceless = replace(second, missing={"video": "NO_FACE"})
    together = scorer.score(Score(clips, (first, faceless)))
    alone = scorer.score(Score(clips[:1], (first,)))
    assert [row["status"] for row in together.answers] == ["scored", "withheld"]
    assert (together.candidate["n_files"], together.candidate["n_answers"]) == (2, 1)
    assert together.candidate["warmth"] == alone.candidate["warmth"]


class Unlucky(InlineEngine):
    """Loses tasks at random, as if their processes had died."""

    def __init__(self, job: Job, seed: int) -> None:
        super().__init__(partial(Scorer, job))
        self.random = random.Random(seed)

    def done(self) -> list:
        if self._held is None or self.random.random() >= 0.3:
            return super().done()
        (key, _), self._held = self._held, None
        return [(key, died())]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("together", [1, 4])
def test_nobody_is_lost_or_doubled_by_a_bad_engine(bundle, tmp_path, seed, together) -> None:
    people = [(i, tuple(talkers(9, answers=3)[3 * i : 3 * i + 3])) for i in range(9)]
    with Unlucky(Job(bundle, tmp_path), seed) as engine:
        found = list(score_people(people, engine, bundle, together=together))
    assert sorted(number for number, _ in found) == list(range(9))
    for number, scored in found:
        ids = [clip.clip_id for clip in people[number][1]]
        assert [row["clip_id"] for row in scored.answers] == ids
        assert {row["error_code"] for row in scored.answers} <= {None, "WORKER_DIED"}


def test_files_that_share_an_id_are_named_not_mixed(bundle: Bundle, tmp_path: Path) -> None:
    clips = talkers(2)
    clips[1] = replace(clips[1], clip_id=clips[0].clip_id)
    scored = score(clips, bundle, tmp_path / "out")
    assert [row["error_code"] for row in scored.answers] == [None, "DUPLICATE_ID", None, None]
    assert [row["n_answers"] for row in scored.candidates] == [1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(engine="cloud"), "expected engine among local, ray, inline, got 'cloud'"),
        (Settings(workers=0), "expected at least one worker, got 0"),
    ],
)
def test_unknown_settings_are_refused(bundle, tmp_path: Path, settings, message) -> None:
    with pytest.raises(InputError, match=message):
        score(talkers(1), bundle, tmp_path / "out", settings=settings)
