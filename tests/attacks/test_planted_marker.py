"""A marker planted in every place of a person: deletion leaves it nowhere, export gives it all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests.attacks.command_factory import config, interviews, scoring
from trifold.commands.forget import forget
from trifold.commands.governance.export_person import export_person
from trifold.commands.governance.override import override
from trifold.commands.score import score_folder
from trifold.errors import InputError
from trifold.features.owners import Owners
from trifold.policy.findings import PolicyError
from trifold.scoring.folder.journal import NAME as JOURNAL
from trifold.serve.worker.retention import Keep

pytestmark = pytest.mark.slow

MARKER = "zyxomma"
PEOPLE = (MARKER, "bob")
KINDS = ("media", "out", "features", "transcripts", "keep", "tables")


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Path:
    """Two people scored, with the marker in all that is kept of one of them."""
    root = tmp_path_factory.mktemp("planted")
    media = interviews(root / "media", PEOPLE)
    (media / f"{MARKER}.de.srt").write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{MARKER}\n")
    (media / f"{MARKER}.wav.json").write_text(json.dumps({"note": MARKER}))
    score_folder(scoring(root, "evidence=true", "language=en"))
    for name in PEOPLE:
        override(config("override", f"candidate={name}", f"reason=As {name} said", "reviewer=Kim",
                        f"out={root}/out"))  # fmt: skip
        spoken = root / f"transcripts/whisper/ab/ab{name}.vtt"
        spoken.parent.mkdir(parents=True, exist_ok=True)
        spoken.write_text(f"WEBVTT\n\n{name}\n")
        Owners(root / "transcripts").note(name, f"ab{name}")
        for caller in ("hr", "shop"):
            with Keep(root / "keep").put(name, caller, json.dumps({"who": name}).encode()):
                pass
    (root / "tables").mkdir()
    lines = "".join(f"{name},3.5,said by {name}\n" for name in PEOPLE)
    for table in ("consents", "norm_raw", "groups"):
        (root / f"tables/{table}.csv").write_text(f"candidate_id,value,note\n{lines}")
    (root / "deployment.yaml").write_text("backups: {names: [tape]}\nprocessors: {names: [Host]}\n")
    return root


def copied(planted: Path, to: Path) -> Path:
    root = Path(shutil.copytree(planted, to))
    page = root / "out/candidates"
    assert page.is_dir()
    return root


def words(root: Path) -> list[str]:
    tables = ",".join(f"{root}/tables/{name}.csv" for name in ("consents", "norm_raw", "groups"))
    return [f"candidate={MARKER}", f"out={root}/out", f"media={root}/media", f"tables=[{tables}]",
            f"keep_dir={root}/keep", f"paths.features={root}/features",
            f"paths.transcripts={root}/transcripts"]  # fmt: skip


def forgetting(root: Path, *more: str) -> DictConfig:
    return config("forget", *words(root), f"bundle={root}/bundle", *more)


def holding(root: Path) -> dict[str, list[str]]:
    """Kind of place to files that hold the marker, by name or by content."""
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        files = [path for path in (root / kind).rglob("*") if path.is_file()]
        found[kind] = sorted(
            path.relative_to(root).as_posix() for path in files
            if MARKER in path.name or MARKER.encode() in path.read_bytes()
        )  # fmt: skip
    return found


def test_the_marker_lies_everywhere_before(planted) -> None:
    found = holding(planted)
    assert {kind for kind, files in found.items() if files} >= {"media", "out", "transcripts",
                                                                "keep", "tables"}  # fmt: skip
    names = {Path(name).name for name in found["out"]}
    assert names >= {"answers.csv", "answers.jsonl", "answers.parquet", "candidates.csv",
                     "evidence.jsonl", JOURNAL, "report.html", f"{MARKER}.html",
                     "overrides.jsonl"}  # fmt: skip
    assert Owners(planted / "features").knows(MARKER)


def test_after_deletion_it_lies_nowhere_and_others_keep_everything(planted, tmp_path, capsys):
    root = copied(planted, tmp_path / "copy")
    bobs = {path: path.read_bytes() for path in root.rglob("*bob*") if path.is_file()}
    given = ["policy=[eu,us-il]", f"deployment={root}/deployment.yaml", f"receipt={root}/r.json"]
    written = forget(forgetting(root, *given))
    assert holding(root) == {kind: [] for kind in KINDS}
    assert not Owners(root / "features").knows(MARKER)
    assert not list(Keep(root / "keep").files_of(MARKER, "", everyone=True))
    assert MARKER not in (root / "r.json").read_text()
    assert root / "r.json" in written
    assert bobs.keys() == {path for path in root.rglob("*bob*") if path.is_file()}
    assert all(path.read_bytes() == content for path, content in bobs.items())
    for table in (root / "tables").glob("*.csv"):
        assert table.read_text() == "candidate_id,value,note\nbob,3.5,said by bob\n"
    said = capsys.readouterr().out
    assert f"{root}/media: removed 4 files" in said
    assert f"{root}/keep: removed 2 files" in said
    assert "tell those who hold copies: Host\nstill in backups: tape\n" in said
    receipt = json.loads((root / "r.json").read_text())
    assert receipt["remaining"] == []
    assert receipt["backups"] == ["tape"]
    assert len(receipt["removed"]) == 8
    assert (root / "r.json").stat().st_mode & 0o777 == 0o600
    assert forget(forgetting(root, *given)).code == 3


def test_an_export_holds_all_of_one_person_and_nothing_of_others(planted, tmp_path, capsys) -> None:
    root, to = copied(planted, tmp_path / "copy"), tmp_path / "given"
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    export_person(config("export-person", *words(root), f"to={to}"))
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    files = {p.relative_to(to).as_posix() for p in to.rglob("*") if p.is_file()}
    assert {name.partition("/")[2] for name in files if "scores" in name} == {
        "answers.jsonl", "candidates.jsonl", "evidence.jsonl", "progress.jsonl",
        "overrides.jsonl", "page.html"}  # fmt: skip
    ends = (f"{MARKER}.wav", f"{MARKER}.vtt", f"{MARKER}.de.srt", "consents.jsonl",
            "norm_raw.jsonl", "groups.jsonl", ".safetensors", f"ab{MARKER}.vtt",
            ".json")  # fmt: skip
    for end in ends:
        assert any(name.endswith(end) for name in files), end
    for path in to.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.is_dir() or b"bob" not in path.read_bytes(), path
    index = json.loads((to / "index.json").read_text())
    assert {entry["file"] for entry in index["files"]} | {"index.json"} == files
    with pytest.raises(InputError, match="expected a new or empty folder, got files in it"):
        export_person(config("export-person", *words(root), f"to={to}"))


def test_an_export_of_nobody_ends_with_3_and_makes_nothing(planted, tmp_path, capsys) -> None:
    given = [word.replace(f"candidate={MARKER}", "candidate=nobody") for word in words(planted)]
    written = export_person(config("export-person", *given, f"to={tmp_path}/given"))
    assert written.code == 3
    assert not (tmp_path / "given").exists()


def test_a_duty_to_keep_stops_deletion_until_a_person_decides(planted, tmp_path, capsys) -> None:
    root = copied(planted, tmp_path / "copy")
    before = holding(root)
    with pytest.raises(PolicyError, match=r"records_4_years .*to be kept until"):
        forget(forgetting(root, "policy=[us-ca]"))
    assert holding(root) == before
    forget(forgetting(root, "policy=[us-ca]", "despite=Asked for on 2 November", "receipt=" + str(
        tmp_path / "r.json")))  # fmt: skip
    assert holding(root) == {kind: [] for kind in KINDS}
    assert ": Asked for on 2 November\n" in capsys.readouterr().out
    receipt = json.loads((tmp_path / "r.json").read_text())
    assert receipt["in_spite_of_duties"] == "Asked for on 2 November"


def test_illinois_needs_a_receipt_and_who_else_holds_copies(planted, tmp_path) -> None:
    root = copied(planted, tmp_path / "copy")
    before = holding(root)
    with pytest.raises(PolicyError, match=r"delete_30_days .* got no receipt=FILE"):
        forget(forgetting(root, "policy=[us-il]"))
    with pytest.raises(PolicyError, match=r"no processors\.names in the deployment file"):
        forget(forgetting(root, "policy=[us-il]", f"receipt={root}/r.json"))
    assert holding(root) == before


def test_a_table_that_cannot_be_rewritten_stops_before_anything_is_removed(planted, tmp_path):
    root = copied(planted, tmp_path / "copy")
    before = holding(root)
    (root / "raw.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="take the rows out yourself"):
        forget(forgetting(root, f"tables=[{root}/raw.xlsx]"))
    assert holding(root) == before


def test_an_override_stands_on_the_page_and_changes_no_score(planted, tmp_path, capsys) -> None:
    root = copied(planted, tmp_path / "copy")
    before = {n: (root / f"out/{n}").read_bytes() for n in ("candidates.csv", "answers.parquet")}
    page = root / f"out/candidates/{MARKER}.html"
    plain = page.read_text()
    given = [f"candidate={MARKER}", "target=warmth", "reason=<b>No</b> sound", "reviewer=Kim",
             "judgement=about 5", f"out={root}/out"]  # fmt: skip
    override(config("override", *given))
    text = page.read_text()
    assert "<b>Warmth</b>: <bdi>&lt;b&gt;No&lt;/b&gt; sound</bdi>" in text
    assert "Instead: <bdi>about 5</bdi>" in text
    assert before == {n: (root / f"out/{n}").read_bytes() for n in before}
    assert plain.split("<!--overrides-->")[0] == text.split("<!--overrides-->")[0]
    assert plain.split("<!--/overrides-->")[1] == text.split("<!--/overrides-->")[1]
    for wrong, message in ((["target=age"], "expected scores among warmth, drive"),
                           (["candidate=zyx"], "expected candidates among")):  # fmt: skip
        with pytest.raises(InputError, match=message):
            override(config("override", *given, *wrong))
