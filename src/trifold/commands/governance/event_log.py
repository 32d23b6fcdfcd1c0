"""A line per scored person in an append-only log: when, by whom, of what, with what, what came."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from trifold.contracts import Clip
from trifold.scoring.folder.run import ScoredFolder, by_candidate
from trifold.serve.audit.log import AuditLog


def log_scoring(path: Path, scored: ScoredFolder, clips: Sequence[Clip], settings: object) -> None:
    """Append to the log; nothing in it names a person or says what they said.

    Args:
        path: of the log, as ``trifold serve audit`` verifies it.
        scored: rows of all people.
        clips: their recordings; of those that were not opened nothing is read.
        settings: of the command.

    Raises:
        AuditError: when a line cannot be written.
    """
    log, rows = AuditLog(path), {str(row["candidate_id"]): row for row in scored.candidates}
    config = _digest(settings)
    for files in by_candidate(clips):
        row = rows[files[0].candidate_id]
        log.append(
            "score",
            input_sha256=_content(files),
            bundle_id=row["bundle_id"],
            config_sha256=config,
            output_sha256=_digest(row),
            status=row["status"],
            caller=getpass.getuser(),
        )


def _content(files: Sequence[Clip]) -> str:
    """SHA-256 over media, words and questions, not over ids."""
    whole = hashlib.sha256()
    for clip in files:
        if clip.left_out is None:
            for path in (clip.path, clip.transcript_path):
                if path is not None and path.is_file():
                    with path.open("rb") as file:
                        whole.update(hashlib.file_digest(file, "sha256").digest())
            said = clip.transcript if isinstance(clip.transcript, str) else ""
            whole.update(hashlib.sha256(f"{said}\0{clip.question or ''}".encode()).digest())
    return whole.hexdigest()


def _digest(facts: object) -> str:
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
