"""With trusted keys, a bundle is loaded as it was signed or not at all."""

from __future__ import annotations

import json
import shutil
import stat
from functools import partial
from pathlib import Path

import pytest

from tests.bundle.bundle_factory import write_run
from trifold.bundle.bundle import load_bundle
from trifold.bundle.export import export_bundle
from trifold.bundle.integrity.checksums import sha256, write_checksums
from trifold.bundle.integrity.signing import TrustedKeys, make_key, read_trusted, sign_bundle
from trifold.errors import BundleError, InputError
from trifold.serve.operations.archive import archive
from trifold.serve.operations.staging import Serving
from trifold.serve.settings import Settings
from trifold.serve.worker.model import load

pytestmark = pytest.mark.slow

pytest.importorskip("cryptography", reason="signatures need the package cryptography")
SERVING = Serving(1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the private keys of us and of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "other"):
        make_key(folder / name)
    return folder


@pytest.fixture(scope="module")
def signed(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("signed")
    write_run(root / "run")
    written = export_bundle(root / "run", root / "bundle", program=False, sign=keys / "ours")
    assert [path.name for path in written[-2:]] == ["checksums.json", "signature.json"]
    return root / "bundle"


@pytest.fixture
def ours(keys: Path) -> TrustedKeys:
    found = read_trusted(keys / "ours.pub")
    assert found is not None
    return found


@pytest.fixture
def victim(signed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed, tmp_path / "bundle"))


def test_a_signed_bundle_is_loaded_with_its_key_and_without_any(signed: Path, ours) -> None:
    assert load_bundle(signed, trusted=ours).bundle_id == load_bundle(signed).bundle_id


def test_a_private_key_is_its_owners_alone_and_is_never_lost(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert public.read_text().startswith("ssh-ed25519 AAAA")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(InputError, match="expected a new file, got one that is there"):
        make_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


def resealed(folder: Path) -> None:
    """What a stranger without the key can do: checksums of the changed files."""
    (folder / "checksums.json").unlink()
    (folder / "signature.json").rename(folder.parent / "signature.json")
    write_checksums(folder)
    (folder.parent / "signature.json").rename(folder / "signature.json")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(folder: Path, **changes: object) -> None:
    path = folder / "signature.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def link(folder: Path, to: Path) -> None:
    shutil.move(folder / "card.md", to)
    (folder / "card.md").symlink_to(to)


FILES = ("bundle.json", "weights.safetensors", "reference.safetensors", "metrics.json",
         "card.json", "card.md")  # fmt: skip
ATTACKS = {
    "unsigned": (lambda f: (f / "signature.json").unlink(), "a signed bundle, got no signature"),
    "no list": (lambda f: (f / "checksums.json").unlink(), "the list of files that was signed"),
    "one more file": (lambda f: (f / "x.py").write_text("x"), "lists alone .*, got x.py"),
    "one more in a folder": (lambda f: ((f / "d").mkdir(), (f / "d/x").write_text("")), "got d/x"),
    "a link": (lambda f: (f / "x").symlink_to("/etc/passwd"), "files and folders alone, got a li"),
    "a linked file": (lambda f: link(f, f.parent / "card.md"), "card.md: expected the file that"),
    "one file less": (lambda f: (f / "card.md").unlink(), "card.md: expected the file that was"),
    "another list": (lambda f: ((f / "x").write_text(""), resealed(f)),
                     "the checksums.json that was signed, got another"),
    "another algorithm": (lambda f: swap(f, algorithm="none"), "a signature by a key of"),
    "no signature": (lambda f: swap(f, signature=""), "that was signed, got another"),
    "no base64": (lambda f: swap(f, signature="ü"), "expected base64"),
    "a number": (lambda f: swap(f, public_key=1, signature=[]), "expected "),
    "no object": (lambda f: (f / "signature.json").write_text("[]"), "expected a JSON object"),
    "a linked signature": (lambda f: (shutil.move(f / "signature.json", f.parent / "s"),
                           (f / "signature.json").symlink_to(f.parent / "s")), "got a link"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_changes_are_refused_before_anything_is_built(
    victim: Path, ours: TrustedKeys, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack, message = ATTACKS[name]
    attack(victim)
    built: list[object] = []
    monkeypatch.setattr("trifold.bundle.bundle.build_encoder", built.append)
    with pytest.raises(BundleError, match=message):
        load_bundle(victim, trusted=ours)
    assert not built


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_signed(victim: Path, ours: TrustedKeys, name: str) -> None:
    flip(victim / name)
    with pytest.raises(BundleError, match=rf"{name}: expected SHA-256 .*: changed since"):
        load_bundle(victim, trusted=ours)
    resealed(victim)
    with pytest.raises(BundleError, match=r"expected the checksums\.json that was signed"):
        load_bundle(victim, trusted=ours)


def test_another_key_signs_for_nobody_else(victim: Path, keys: Path, ours: TrustedKeys) -> None:
    sign_bundle(victim, keys / "other")
    with pytest.raises(BundleError, match=r"a signature by a key of .*ours\.pub, got one by"):
        load_bundle(victim, trusted=ours)
    both = victim.parent / "both"
    both.write_text(
        f"# those we know\n{(keys / 'ours.pub').read_text()}\n{(keys / 'other.pub').read_text()}"
    )
    load_bundle(victim, trusted=read_trusted(both))


def test_a_key_claimed_for_anothers_signature(victim: Path, keys: Path, ours) -> None:
    claimed = json.loads((victim / "signature.json").read_text())["public_key"]
    sign_bundle(victim, keys / "other")
    swap(victim, public_key=claimed)
    with pytest.raises(BundleError, match=r"expected the checksums\.json that was signed"):
        load_bundle(victim, trusted=ours)


def test_a_changed_or_unlisted_bundle_is_not_signed(victim: Path, keys: Path) -> None:
    (victim / "stray.txt").write_text("x")
    with pytest.raises(BundleError, match=r"lists alone .*, got stray\.txt"):
        sign_bundle(victim, keys / "ours")
    (victim / "stray.txt").unlink()
    flip(victim / "weights.safetensors")
    with pytest.raises(BundleError, match="changed since its export"):
        sign_bundle(victim, keys / "ours")


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "at least one public key, got none"), ("# none\n", "at least one public key, got none"),
     ("ssh-ed25519 AAAA\n", "lines such as"), ("hello\n", "lines such as"),
     ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "lines such as")],
)  # fmt: skip
def test_trusted_keys_are_keys(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "keys").write_text(content)
    with pytest.raises(InputError, match=message):
        read_trusted(tmp_path / "keys")
    with pytest.raises(InputError, match="expected a file of public keys, got No such file"):
        read_trusted(tmp_path / "none")


def test_keys_that_sign_nothing(victim: Path, keys: Path, tmp_path: Path) -> None:
    for key, message in (
        (keys / "ours.pub", "got something else"),
        (tmp_path / "n", "got No such"),
    ):
        with pytest.raises(InputError, match=f"expected a private Ed25519 key .*{message}"):
            sign_bundle(victim, key)
    shared = Path(shutil.copy(keys / "ours", tmp_path / "shared"))
    shared.chmod(0o644)
    with pytest.raises(InputError, match=r"a key that only its owner can read .*, got 644"):
        sign_bundle(victim, shared)


def test_archives_and_workers_hold_to_the_keys(signed, victim, keys, ours, tmp_path: Path) -> None:
    made = archive(signed, tmp_path, name="a", version="1", serving=SERVING, trusted=ours)
    assert made.is_file()
    settings = Settings(trusted_keys=str(keys / "ours.pub"))
    assert load(signed, settings).bundle.bundle_id == load_bundle(signed).bundle_id
    flip(victim / "card.md")
    resealed(victim)
    for refuse in (lambda: load(victim, settings), lambda: archive(
            victim, tmp_path, name="b", version="1", serving=SERVING, trusted=ours)):  # fmt: skip
        with pytest.raises(BundleError, match=r"expected the checksums\.json that was signed"):
            refuse()
    assert not (tmp_path / "b.mar").exists()


def test_the_commands(shell, victim: Path, tmp_path: Path) -> None:
    """A key pair, a signature, and a score that refuses a changed bundle."""
    command = partial(shell.python, "-m")
    made = command("trifold.commands.signing_key", f"out={tmp_path / 'key'}")
    assert made.stdout.split() == [str(tmp_path / "key"), str(tmp_path / "key.pub")]
    done = command("src.export", f"bundle={victim}", f"sign={tmp_path / 'key'}")
    assert done.stdout.split() == [str(victim / "signature.json")], done.stderr
    load_bundle(victim, trusted=read_trusted(tmp_path / "key.pub"))
    (tmp_path / "media").mkdir()
    (tmp_path / "media/ann.mp4").write_bytes(b"never opened")
    before = sha256(victim / "card.md")
    flip(victim / "card.md")
    scored = command("src.score", f"input={tmp_path / 'media'}", f"bundle={victim}",
                     f"out={tmp_path / 'out'}", f"trusted_keys={tmp_path / 'key.pub'}",
                     f"paths.features={tmp_path / 'features'}")  # fmt: skip
    assert scored.returncode == 2
    assert f"card.md: expected SHA-256 {before}" in scored.stderr
    assert command("src.export").returncode == 2
