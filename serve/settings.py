"""What a server may do and how much it takes: one frozen record."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from trifold.codes import Code
from trifold.errors import InputError
from trifold.runtime.private import write_atomically
from trifold.runtime.sandbox.mode import check_mode

ENVIRONMENT = "TRIFOLD_SETTINGS"  # names the file in the environment of the workers
SPARE_S = 60  # that a worker has beyond the limit of its request
MIB = 1 << 20
FIELDS_PER_ANSWER, FIELDS_PER_CANDIDATE = 6, 3
IN_DATABASE = "database"  # in the place of a file of the audit log
PATHS = (
    "media_root",
    "keep_dir",
    "audit_log",
    "trusted_keys",
    "audit_key",
    "audit_heads",
    "audit_sign",
    "audit_segments",
    "database_key",
    "work_dir",
    "deployment",
    "consent",
    "webhook_secret",
    "ca_file",
    "deprecations",
    "greenhouse",
)
LOG_FORMATS = ("text", "json")
OPTIONAL = (  # may be 0
    "threads",
    "min_free_mib",
    "max_memory_mib",
    "coverage",
    "audit_segment_lines",
    "audit_keep_days",
)


@dataclass(frozen=True)
class Settings:
    """Settings of the workers. Folders are text; empty means: none, so that is refused.

    Attributes:
        media_root: server-side paths in requests lie below this folder.
        keep_dir: what ``retain=true`` keeps lies here.
        database: ``postgresql://…`` that several gateways share; by default a file of SQLite.
        database_key: file with the key that jobs are sealed with; gateways that share a database
            need the same.
        jobs: where they are kept: ``database``, or ``memory``, which a restart empties.
        audit_log: file that gets one line per scoring, or ``database``.
        trusted_keys: file of public keys; with one, only bundles that one of them signed load.
        audit_key: file with a secret; with one, nobody without it can write a chain that verifies.
        audit_heads: file that gets the head of the log now and then; on another disk or machine it
            is worth more.
        audit_sign: private key (``trifold signing-key``) that signs what is noted there.
        audit_segments: folder of the log's closed parts.
        audit_segment_lines: after which a part is closed; 0: never.
        audit_keep_days: after which a closed part is removed; 0: never.
        work_dir: where uploads lie while they are scored; the system's folder for such by default.
        purpose: ``research``, ``commercial`` or ``hiring``; refused where the data's terms forbid.
        rights: why the purpose is allowed all the same.
        policy: profiles of rules such as ``eu,us-il``, with commas between.
        deployment: YAML file of what your organisation states.
        consent: table of notices and consents; read again when it changes.
        coverage: of the intervals; 0 keeps the model's own.
        voices: tells several people of a recording apart: ``packaged`` or ``none``.
        withhold: codes of media, with commas between, for which an answer is not scored.
        quality: limits of the quality card that shall be others: ``snr_db=5,brightness=off``.
        asr: recognises speech where no transcript is sent: ``auto`` where the model was trained on
            recognised words, ``packaged`` always, ``none`` never.
        threads: per worker; 0 leaves it to the libraries.
        max_candidates: per request.
        max_files: media files per candidate.
        max_file_mib: per media file.
        max_duration_s: per media file, as its packets say.
        max_pixels: width times height of a picture.
        max_text_chars: per transcript.
        max_seconds: of work on one request; what a lying header hides ends here.
        min_free_mib: of disk that must remain when uploads are written.
        max_memory_mib: what a request may take beyond what the ready worker holds; 0: no bound.
        sandbox: media are decoded in processes without rights: ``require`` (or the endpoint does
            not start), ``try``, or ``off``, which decodes in the worker.
        max_request_mib: per request.
        max_waiting: requests that are here at a time; one more is refused.
        max_held_mib: of requests that are here at a time.
        caller_percent: of places, bytes and jobs that one caller may have.
        min_upload_kib_s: rate that a body must come with, after its first seconds.
        stop_seconds: time that requests get to be done when the server is stopped.
        audit_every_s: how often refusals are written to the audit log, and its head beside it.
        job_ttl_s: how long the answer of a job can be fetched.
        webhook_url: is told of jobs that are done.
        webhook_secret: file with the secret that signs what it is told.
        webhook_hours: how long somebody who does not answer is told again.
        media_hosts: hosts, with commas between, whose URLs requests may name.
        media_url_s: longest time for one of their files.
        private_hosts: hosts of URLs and webhooks that may be internal, and speak plain HTTP.
        ca_file: certificates of authorities that are believed beside the system's.
        quota: of a caller that has none of its own, such as ``requests_day=1000,minutes_month=60``.
        deprecations: YAML file of addresses and versions that will end.
        greenhouse: YAML file; with one, Greenhouse may send tests.
        log_format: ``text`` or ``json``, a line per request either way.
        otlp: address that takes OpenTelemetry's traces and metrics (OTLP/HTTP); empty sends none.
        drift_window_h: hours over which inputs and scores are held against the model's training.
    """

    media_root: str = ""
    keep_dir: str = ""
    database: str = ""
    database_key: str = ""
    jobs: str = "database"
    audit_log: str = ""
    audit_heads: str = ""
    audit_sign: str = ""
    audit_segments: str = ""
    audit_segment_lines: int = 100_000
    audit_keep_days: int = 0
    trusted_keys: str = ""
    audit_key: str = ""
    work_dir: str = ""
    purpose: str = "research"
    rights: str = ""
    policy: str = "common"
    deployment: str = ""
    consent: str = ""
    coverage: float = 0.0
    withhold: str = str(Code.SEVERAL_SPEAKERS)  # a plain string, as its kind is read off
    quality: str = ""
    asr: str = "auto"
    voices: str = "packaged"
    threads: int = 1
    max_candidates: int = 32
    max_files: int = 20
    max_file_mib: int = 120
    max_duration_s: float = 1800.0
    max_pixels: int = 4096 * 2304
    max_text_chars: int = 200_000
    max_seconds: float = 240.0
    min_free_mib: int = 256
    max_memory_mib: int = 4096
    sandbox: str = "try"
    max_request_mib: int = 128
    max_waiting: int = 32
    max_held_mib: int = 1024
    caller_percent: int = 50
    min_upload_kib_s: int = 16
    stop_seconds: float = 30.0
    audit_every_s: float = 60.0
    job_ttl_s: float = 900.0
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_hours: float = 24.0
    media_hosts: str = ""
    media_url_s: float = 120.0
    private_hosts: str = ""
    ca_file: str = ""
    quota: str = ""
    deprecations: str = ""
    greenhouse: str = ""
    log_format: str = "text"
    otlp: str = ""
    drift_window_h: float = 168.0

    def __post_init__(self) -> None:
        """Refuse what would be unsafe together.

        Raises:
            InputError: where webhooks would carry a signature that anybody can make, jobs are to be
                kept nowhere, media cannot be decoded as ``sandbox`` asks for, or logs would be of
                no known form.
        """
        check_mode(self.sandbox)
        for name, known in (("jobs", ("database", "memory")), ("log_format", LOG_FORMATS)):
            if getattr(self, name) not in known:
                came = repr(getattr(self, name))
                raise InputError(expected=" or ".join(known), got=came, where=name)
        if self.webhook_url and not self.webhook_secret:
            raise InputError(
                expected="webhook_secret=FILE beside webhook_url",
                got="none",
                where="webhook_secret",
            )

    @property
    def quality_limits(self) -> dict[str, float | None]:
        """What ``quality`` changes; None takes a limit away.

        Raises:
            InputError: when it reads otherwise.
        """
        parts = [part.partition("=") for part in self.quality.split(",") if part.strip()]
        try:
            return {n.strip(): None if v.strip() == "off" else float(v) for n, _, v in parts}
        except ValueError as error:
            example = "limits such as snr_db=5,brightness=off"
            raise InputError(expected=example, got=repr(self.quality), where="quality") from error

    @property
    def max_fields(self) -> int:
        """Fields of a form: some of each answer, some of the candidate."""
        return FIELDS_PER_ANSWER * self.max_files + FIELDS_PER_CANDIDATE

    def share_of(self, most: int) -> int:
        """How many of all one caller may have; one at least."""
        return max(1, most * min(100, self.caller_percent) // 100)

    @property
    def worker_seconds(self) -> int:
        """After which TorchServe ends a worker that did not end its request."""
        return math.ceil(self.max_seconds) + SPARE_S

    @property
    def patience_s(self) -> float:
        """How long a request may wait and be worked on, twice, before nobody waits any more."""
        return self.max_seconds * 2 + SPARE_S

    @property
    def sha256(self) -> str:
        """Of the settings, for the audit log."""
        facts = asdict(self) | {"database": ""}  # its address may hold a password
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def write(self, path: Path) -> Path:
        """Write JSON that ``read_settings`` reads."""
        write_atomically(path, (json.dumps(asdict(self), indent=2) + "\n").encode())
        return path
