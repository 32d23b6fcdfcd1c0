"""``trifold export-person candidate=ID to=FOLDER``: a copy of all that is held about a person."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.governance.naming import places_of
from trifold.commands.shared import Written
from trifold.errors import InputError
from trifold.runtime.endings import NOTHING_FOUND
from trifold.runtime.private import FOLDER, write_atomically

INDEX = "index.json"


def export_person(config: DictConfig) -> list[Path]:
    """Write the copies, and an index with the SHA-256 of each.

    Ends with ``NOTHING_FOUND`` where nothing of the person is there.

    Raises:
        InputError: when the folder holds something already.
    """
    person, to = str(config.candidate), Path(config.to)
    if to.exists() and any(to.iterdir()):
        raise InputError(expected="a new or empty folder", got="files in it", where=to)
    written = Written()
    places = [place for place in places_of(config) if place.holds(person)]
    if not places:
        print(f"nothing of {person!r} is there")
        written.code = NOTHING_FOUND
        return written
    to.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    to.chmod(FOLDER)
    index = []
    for number, place in enumerate(places, start=1):
        below = to / f"{number}-{place.kind}"
        for path in place.export(person, below):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            name = path.relative_to(to).as_posix()
            index.append({"file": name, "from": str(place.path), "sha256": digest})
    for folder in filter(Path.is_dir, to.rglob("*")):
        folder.chmod(FOLDER)
    facts = {"candidate_id": person, "files": index}
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    write_atomically(to / INDEX, text.encode("utf-8", "backslashreplace"))
    print(f"{len(index)} files from {len(places)} places")
    written.append(to / INDEX)
    return written
