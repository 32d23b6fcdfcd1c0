"""``trifold forget``: afterwards it is as if the person had never been in the input."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from tests.attacks.forgetting_factory import PEOPLE, contents, copied, score
from tests.factories.processes import fork_context
from trifold.commands.forget import forget
from trifold.errors import InputError
from trifold.features.owners import Owners
from trifold.scoring.folder.journal import only_run

pytestmark = pytest.mark.slow

STEP = 4  # every which change of a file is a kill
CHANGES = ("os.rename", "os.remove", "os.rmdir")


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Path:
    """Three people scored, and in another root the same without one of them."""
    root = tmp_path_factory.mktemp("forget")
    score(root / "all", root / "all/out", PEOPLE)
    for person in PEOPLE:
        rest = [name for name in PEOPLE if name != person]
        score(root / person, root / person / "out", rest)
    return root


def config(root: Path, person: str | None = "bob", **changes: object) -> DictConfig:
    given = {
        "candidate": person,
        "out": str(root / "out"),
        "bundle": str(root / "bundle"),
        "keep_days": None,
        "paths": {"features": str(root / "features"), "transcripts": str(root / "transcripts")},
    }
    return OmegaConf.create(given | changes)


def all_of(root: Path) -> dict[str, bytes]:
    """Outputs to the byte; of the cache what is there: its headers have no fixed order."""
    return contents(root / "out") | dict.fromkeys(contents(root / "features"), b"")


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_is_left_and_nothing_of_others_lost(scored, tmp_path, capsys, person) -> None:
    root = copied(scored / "all", tmp_path / "copy")
    found = forget(config(root, person))
    assert found.code == 0
    assert all_of(root) == all_of(scored / person)
    said = capsys.readouterr().out
    assert "answers: 2 rows\n" in said
    assert "candidates: 1 row\n" in said
    assert re.search(r"features: removed \d files; 1 entries stay, as others have them too", said)
    assert forget(config(root, person)).code == 3
    assert capsys.readouterr().out.startswith(f"nothing of {person!r} is there")


def test_others_are_ranked_among_who_is_left(scored, tmp_path, capsys) -> None:
    """Nobody is told apart: three people have ranks 1 to 3, and the two who are left 1 to 2."""
    root = copied(scored / "all", tmp_path / "copy")
    assert worst_ranks(root) == {"ann": 3, "bob": 3, "=eve": 3}
    forget(config(root, bundle=None))
    assert worst_ranks(root) == {"ann": 2, "=eve": 2}
    assert "candidates: ranks of 2 others, among who is left\n" in capsys.readouterr().out
    for page in (root / "out/candidates").glob("*.html"):
        assert '<td data-rank="warmth">1 to 2</td>' in page.read_text(encoding="utf-8")
        assert page.read_bytes() == (scored / "bob/out/candidates" / page.name).read_bytes()


def worst_ranks(root: Path) -> dict[str, int]:
    lines = (root / "out/candidates.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["candidate_id"]: row["warmth_rank_high"] for row in map(json.loads, lines)}


def test_without_the_bundle_the_overview_goes_and_pages_of_others_stay(scored, tmp_path) -> None:
    root = copied(scored / "all", tmp_path / "copy")
    forget(config(root, bundle=None))
    left = all_of(root)
    assert left.keys() == all_of(scored / "bob").keys() - {"out/report.html"}
    score(root, root / "out", ["ann", "=eve"])
    assert all_of(root) == all_of(scored / "bob")


def test_a_bundle_that_did_not_make_the_scores_is_refused(scored, tmp_path) -> None:
    root = copied(scored / "all", tmp_path / "copy")
    facts = (root / "bundle/bundle.json").read_text()
    (root / "bundle/bundle.json").write_text(facts.replace('"free"', '"other terms"'))
    with pytest.raises(
        InputError, match=r"expected the bundle [0-9a-f]{12}, which made the scores"
    ):
        forget(config(root))
    assert "bob" in (root / "out/answers.csv").read_text()


def _killed_at(root: Path, change: int) -> None:
    """Forget bob, and die by SIGKILL before the n-th change of a file."""
    left = [change]

    def count(event: str, _: object) -> None:
        if event in CHANGES and str(root) in str(_):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    forget(config(root, bundle=None))


def test_killed_between_changes_of_files_the_same_command_finishes(scored, tmp_path) -> None:
    context = fork_context("trifold.commands.forget", "trifold.reports.forgetting")
    expected, kills = all_of(scored / "bob"), 0
    del expected["out/report.html"]
    while True:
        root = copied(scored / "all", tmp_path / f"{kills}")
        process = context.Process(target=_killed_at, args=(root, STEP * kills + 1))
        process.start()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            break
        kills += 1
        forget(config(root, bundle=None))
        assert all_of(root) == expected, f"after kill {kills}"
    assert process.exitcode == 0
    assert kills > 15 // STEP


def test_what_a_killed_run_left_is_forgotten_too(scored, tmp_path) -> None:
    root = copied(scored / "all", tmp_path / "copy")
    for name in (".answers.csv.tmp", "candidates/.bob.html.1.ab.tmp"):
        (root / "out" / name).write_text("bob said so")
    (entry,) = [f for f in (root / "features").rglob("*.safetensors") if _is_of("bob", f, scored)]
    half = entry.with_name(f".{entry.name}.99.ab.tmp")
    half.write_bytes(entry.read_bytes())
    (root / "out/candidates.csv").unlink()  # killed between the files of a table
    (root / "out/answers.parquet").unlink()
    with (root / "out/progress.jsonl").open("a") as journal:
        journal.write('00000000 {"key": "bob was cut o')
    forget(config(root))
    assert not any(b"bob" in text for text in contents(root / "out").values())
    assert not entry.exists()
    assert not half.exists()
    score(root, root / "out", ["ann", "=eve"])
    assert all_of(root) == all_of(scored / "bob")


def _is_of(person: str, entry: Path, scored: Path) -> bool:
    return entry.name not in {f.name for f in (scored / person / "features").rglob("*")}


def test_people_who_are_gone_from_the_input_have_no_pages_after_the_next_run(tmp_path) -> None:
    score(tmp_path, tmp_path / "out", PEOPLE)
    score(tmp_path, tmp_path / "out", ["ann"], report=False)
    names = {path.name for path in (tmp_path / "out/candidates").iterdir()}
    assert names == {"ann.html"}
    assert not any(b"bob" in text for text in contents(tmp_path / "out").values())


def test_answers_of_a_person_are_theirs_and_old_entries_expire(scored, tmp_path) -> None:
    owners = Owners(tmp_path)
    entry = tmp_path / "encoder/ab/abc.safetensors"
    for name in ("abc", "abd"):
        owners.note("ann", name)
        path = tmp_path / f"encoder/ab/{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    long_ago_s = time.time() - 10 * 86_400
    for file in (entry, *(tmp_path / "people").glob("*/abc")):
        os.utime(file, (long_ago_s, long_ago_s))
    assert owners.expire(11) == 0
    assert owners.expire(9) == 1
    assert [mark.name for mark in (tmp_path / "people").glob("*/*")] == ["abd"]
    assert owners.forget("ann").files == 1


def test_entries_of_nobody_are_counted(scored, tmp_path, capsys) -> None:
    root = copied(scored / "all", tmp_path / "copy")
    stranger = root / "features/0123456789abcdef/ff/ffff.safetensors"
    stranger.parent.mkdir(parents=True)
    stranger.touch()
    forget(config(root))
    assert "1 files are of a version that did not note whose they are" in capsys.readouterr().out


def test_while_a_run_writes_nobody_is_forgotten(scored, tmp_path) -> None:
    root = copied(scored / "all", tmp_path / "copy")
    before = all_of(root)
    with only_run(root / "out"), pytest.raises(InputError, match="another one that writes here"):
        forget(config(root))
    assert all_of(root) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: expected candidate=… (an id) or keep_days=…, got neither\n"),
        (["keep_days=-1"], "error: keep_days: expected days of 0 or more, got -1\n"),
        (["out=.", "keep_days=1"], "expected candidate=…, whom out=… is to forget, got none"),
        (["candidat=ann"], "did you mean candidate"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused_in_a_line(shell, words, message) -> None:
    done = shell.python("-m", "src.forget", *words)
    assert done.returncode == 2
    assert message in done.stderr
