"""A backup is one moment of an endpoint, and what is made of it is that endpoint elsewhere."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import threading
from pathlib import Path

import pytest

from trifold.errors import InputError
from trifold.serve.access.api_keys import Callers
from trifold.serve.access.caller_table import callers_database
from trifold.serve.access.callers import add_caller, first_key
from trifold.serve.audit.log import AuditError, AuditLog, verify
from trifold.serve.audit.segments import Segments
from trifold.serve.backup.archive import unpack_backup
from trifold.serve.backup.command import back_up
from trifold.serve.backup.command import main as backup_main
from trifold.serve.backup.restoring import main as restore_main
from trifold.serve.backup.restoring import restore
from trifold.serve.database.job_place import sealer_in
from trifold.serve.database.opened import open_database
from trifold.serve.greenhouse.interviews import FORGOTTEN, Interviews
from trifold.serve.operations.launch import prepare
from trifold.serve.settings import Settings
from trifold.serve.settings_text import read_settings
from trifold.serve.worker.retention import Keep


class Endpoint:
    """The folder of an endpoint with a key, a model, and people of whom something is kept."""

    def __init__(self, folder: Path, keep: Path) -> None:
        self.folder, self.keep_dir = folder, keep
        folder.mkdir()
        self.settings = prepare(folder, Settings(keep_dir=str(keep), max_files=7))
        self.first, self.key = first_key(folder), add_caller(folder, "hr")
        model = folder / "models/m@1.0"
        (model / "bundle").mkdir(parents=True)
        (model / "bundle/weights.safetensors").write_bytes(bytes(range(256)) * 99)
        (model / "model.json").write_text("{}")
        (folder / "logs/console.log").write_text("said")
        (folder / "server.json").write_text("{}")
        (folder / "key_file.json").write_text("{}")
        self.keep, self.log = Keep(keep), AuditLog(Path(self.settings.audit_log))

    def score(self, candidate: str) -> None:
        """Keep a response as a worker does."""
        with self.keep.put(candidate, "hr", json.dumps({"about": candidate}).encode()):
            whose = self.keep.pseudonym(candidate, "hr")
            self.log.append("score", retained=True, pseudonym_of_test=whose)

    def forget(self, candidate: str) -> None:
        found = self.keep.forget(candidate, "hr")
        self.log.append("forget", pseudonyms=list(found.pseudonyms))


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    made = Endpoint(tmp_path / "serving", tmp_path / "kept")
    for number in range(5):
        made.score(f"p{number}")
    made.log.note_head()
    return made


def responses(keep: Path) -> dict[str, str]:
    """Pseudonym to what is kept."""
    return {path.parent.name: path.read_text() for path in keep.glob("callers/*/*/*.json")}


def test_the_endpoint_is_elsewhere_with_its_keys_its_log_and_what_it_kept(
    endpoint: Endpoint, tmp_path: Path, capsys
) -> None:
    file, out = tmp_path / "b.tar", tmp_path / "elsewhere"
    assert backup_main([f"out={endpoint.folder}", f"to={file}"]) == 0
    assert "5 kept responses, the audit log" in capsys.readouterr().out
    before = verify(endpoint.log.path)
    shutil.rmtree(endpoint.folder)
    kept = responses(endpoint.keep_dir)
    shutil.rmtree(endpoint.keep_dir)
    assert restore_main([f"from={file}", f"out={out}"]) == 0
    assert "again=true" in capsys.readouterr().out
    callers = Callers(callers_database(out))
    assert callers.of(f"Bearer {endpoint.key}").name == "hr"
    assert callers.of(f"Bearer {endpoint.first}").name == "default"
    assert callers.of("Bearer other") is None
    assert responses(out / "keep") == kept
    assert Keep(out / "keep").pseudonym("p1", "hr") in kept  # the key of pseudonyms came along
    after = verify(out / "audit.jsonl", head=before.head)
    assert after.lines == before.lines + 1
    last = json.loads((out / "audit.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["lines"]) == ("restored", before.lines)
    weights = "models/m@1.0/bundle/weights.safetensors"
    assert (out / weights).read_bytes() == bytes(range(256)) * 99
    settings = read_settings(out / "settings.json")
    assert settings.max_files == 7
    assert settings.audit_log == str(out / "audit.jsonl")
    assert (settings.keep_dir, settings.work_dir) == (str(out / "keep"), str(out / "tmp"))


def test_no_key_is_in_it_and_nobody_else_reads_it(endpoint: Endpoint, tmp_path: Path) -> None:
    file, out = tmp_path / "b.tar", tmp_path / "elsewhere"
    back_up(endpoint.folder, file)
    content = file.read_bytes()
    for key in (endpoint.first, endpoint.key):
        assert key.encode() not in content
    with tarfile.open(file) as packed:
        names = packed.getnames()
    assert not [n for n in names if n.startswith(("endpoint/logs", "endpoint/tmp"))]
    assert not {"endpoint/key", "endpoint/key_file.json", "endpoint/server.json"} & set(names)
    restore(file, out)
    for path in (file, *out.rglob("*"), out):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert [p for p in endpoint.folder.iterdir() if p.name.startswith(".backup")] == []


def test_log_and_responses_are_of_one_moment_while_people_come_and_are_forgotten(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    """Whoever is kept has a line, and who has a line of being forgotten is not kept."""
    stop = threading.Event()

    def work(name: str) -> None:
        for number in range(10_000):
            if stop.is_set():
                return
            endpoint.score(f"{name}{number}")
            if number % 2:
                endpoint.forget(f"{name}{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    try:
        for turn in range(6):
            back_up(endpoint.folder, tmp_path / f"{turn}.tar")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for turn in range(6):
        made = tmp_path / f"out{turn}"
        unpack_backup(tmp_path / f"{turn}.tar", made)
        lines = [json.loads(x) for x in (made / "audit/audit.jsonl").read_text().splitlines()]
        noted = {line["pseudonym_of_test"] for line in lines if line["event"] == "score"}
        gone = {name for line in lines for name in line.get("pseudonyms", ())}
        kept = set(responses(made / "keep"))
        assert kept <= noted
        assert not kept & gone
        assert len(noted - gone - kept) <= 4  # on the way between its line and its place
        verify(made / "audit/audit.jsonl")


def test_who_was_forgotten_since_is_forgotten_anew(endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    back_up(endpoint.folder, file)
    whose = endpoint.keep.pseudonym("p3", "hr")
    endpoint.forget("p3")
    assert whose in responses(restored(file, tmp_path / "one"))
    found = restore(file, tmp_path / "two", later=endpoint.log.path)
    assert found.forgotten == 1
    assert len(responses(tmp_path / "two/keep")) == 4
    assert whose not in responses(tmp_path / "two/keep")
    other = AuditLog(tmp_path / "other.jsonl")
    other.append("started")
    with pytest.raises(AuditError, match="expected a line with hash"):
        restore(file, tmp_path / "three", later=other.path)
    assert not (tmp_path / "three").exists()


def interviews_of(folder: Path) -> Interviews:
    database = open_database(folder)
    return Interviews(database, sealer_in(folder, Settings(), database))


def test_interviews_that_were_forgotten_since_are_forgotten_anew(endpoint, tmp_path: Path) -> None:
    person = {"email": "ann@example.com"}
    interviews = interviews_of(endpoint.folder)
    early, late, stays = (interviews.request("t", f"https://x/{n}", person, 1.0) for n in range(3))
    endpoint.log.append(FORGOTTEN, interview=early)  # noted, and not yet gone
    back_up(endpoint.folder, tmp_path / "b.tar")
    endpoint.log.append(FORGOTTEN, interview=late)
    assert restore(tmp_path / "b.tar", tmp_path / "one").forgotten == 1
    assert restore(tmp_path / "b.tar", tmp_path / "two", later=endpoint.log.path).forgotten == 2
    (left,) = interviews_of(tmp_path / "two").waiting()
    assert (left.id, left.person) == (stays, person)


def test_who_was_forgotten_since_is_found_in_a_log_whose_first_parts_are_closed(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    parts = Segments(tmp_path / "closed", lines=3)
    endpoint.log = AuditLog(endpoint.log.path, segments=parts)
    endpoint.log.rotate()
    endpoint.score("p9")
    file = tmp_path / "b.tar"
    back_up(endpoint.folder, file)
    first = json.loads(endpoint.log.path.read_text().splitlines()[0])["n"]
    assert first > 1
    endpoint.forget("p3")
    assert restore(file, tmp_path / "out", later=endpoint.log.path).forgotten == 1
    assert endpoint.keep.pseudonym("p3", "hr") not in responses(tmp_path / "out/keep")


def test_a_later_log_that_nothing_goes_on_to_is_refused(tmp_path: Path) -> None:
    folder, later = tmp_path / "serving", AuditLog(tmp_path / "later.jsonl")
    folder.mkdir()
    prepare(folder, Settings(audit_log=""))
    later.append("started")
    back_up(folder, tmp_path / "b.tar")
    with pytest.raises(InputError, match=r"b\.tar: expected a backup with the audit log"):
        restore(tmp_path / "b.tar", tmp_path / "out", later=later.path)
    assert not (tmp_path / "out").exists()


def restored(file: Path, out: Path) -> Path:
    restore(file, out)
    return out / "keep"


def test_a_keyed_log_holds_and_a_missing_key_is_told(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef")
    folder = tmp_path / "serving"
    folder.mkdir()
    settings = prepare(folder, Settings(audit_key=str(secret)))
    AuditLog(Path(settings.audit_log), b"0123456789abcdef").append("started")
    back_up(folder, tmp_path / "b.tar")
    assert restore(tmp_path / "b.tar", tmp_path / "one").verified.lines == 2
    secret.unlink()
    with pytest.raises(AuditError, match="expected the line's hash"):
        restore(tmp_path / "b.tar", tmp_path / "two")


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def test_what_is_no_backup_or_a_damaged_one_leaves_nothing(endpoint, tmp_path: Path) -> None:
    good, out = tmp_path / "b.tar", tmp_path / "out"
    back_up(endpoint.folder, good)
    content = bytearray(good.read_bytes())
    content[content.index(bytes(range(256))) + 5] ^= 1
    changed = tmp_path / "changed.tar"
    changed.write_bytes(content)
    short = tmp_path / "short.tar"
    short.write_bytes(good.read_bytes()[:20_000])
    listed = {"format": 1, "folder": "", "files": {"endpoint/../../x": [1, "0"]}}
    wrong = [changed, short, packed(tmp_path / "1.tar", {}), packed(tmp_path / "2.tar", {"a": b""}),
             packed(tmp_path / "3.tar", {"manifest.json": b"{"}),
             packed(tmp_path / "5.tar", {"manifest.json": b'{"format": 1, "files": {"a": 1}}'}),
             packed(tmp_path / "4.tar", {"manifest.json": json.dumps(listed).encode(),
                                         "endpoint/../../x": b"x"}),
             endpoint.folder / "settings.json", tmp_path / "none"]  # fmt: skip
    for path in wrong:
        with pytest.raises(InputError, match=r"expected a file of trifold serve backup, got "):
            restore(path, out)
        assert not out.exists()
        assert not (tmp_path.parent / "x").exists()
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".out")] == []


def test_nothing_is_written_over(endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    back_up(endpoint.folder, file)
    with pytest.raises(InputError, match="expected a new file, got one that is there"):
        back_up(endpoint.folder, file)
    with pytest.raises(InputError, match="expected a new folder, got one with files in it"):
        restore(file, endpoint.folder)
    with pytest.raises(InputError, match="expected a new folder, got a file"):
        restore(file, file)
    with pytest.raises(InputError, match="expected the folder of an endpoint, got none"):
        back_up(tmp_path / "nowhere", tmp_path / "c.tar")
