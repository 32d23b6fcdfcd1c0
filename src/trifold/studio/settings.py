"""What a studio is told when it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trifold.database.engine import url_of
from trifold.errors import InputError

DATABASE_FILE = "studio.sqlite3"
PATHS = ("home", "sign_on", "deployment")  # settings that are one path
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # names of this machine for itself


@dataclass(frozen=True)
class StudioSettings:
    """Where a studio lives and listens.

    Attributes:
        home: folder of recordings, runs, the audit log and, by default, the database.
        database: ``postgresql://…``; None is an SQLite file in ``home``.
        host: address to listen on; another than this machine's own needs ``address``.
        port: likewise.
        address: what browsers call it, such as ``https://studio.example.org``; cookies are marked
            secure where it begins with https.
        proxy: address of the reverse proxy before it, such as ``127.0.0.1``, whose word on who
            asks is believed; None: nobody's.
        language: of pages for browsers that ask for none that there is.
        sign_on: YAML file that describes an OpenID Connect provider; None: passwords alone.
        deployment: YAML file of what your organisation states to policies; None: nothing.
        session_h: hours after which a session ends.
        idle_h: hours without a request after which it ends.
        largest_gb: of one upload.
        folders: of this machine that recordings may be taken from without copying them.
        models: folders of this machine that models may be taken from.
        workers: processes that do jobs beside the server; 0 where others do them.

    Raises:
        InputError: for a database of another kind, numbers that make no sense, or an address that
            is missing or none.
    """

    home: Path
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = 8600
    address: str | None = None
    proxy: str | None = None
    language: str = "en"
    sign_on: Path | None = None
    deployment: Path | None = None
    session_h: float = 12.0
    idle_h: float = 2.0
    largest_gb: float = 8.0
    folders: tuple[Path, ...] = ()
    models: tuple[Path, ...] = ()
    workers: int = 1

    def __post_init__(self) -> None:
        url_of(self.database, Path())
        told = urlsplit(self.address or "")
        if self.address is not None and (
            told.scheme not in ("http", "https") or not told.netloc or told.path.strip("/")
        ):
            raise InputError(
                expected="an address such as https://studio.example.org", got=repr(self.address)
            )
        if self.address is None and self.host.lower() not in LOOPBACK:
            raise InputError(
                expected=f"address=https://…, as browsers call host={self.host}", got="none"
            )
        if min(self.session_h, self.idle_h, self.largest_gb) <= 0:
            raise InputError(
                expected="positive session_h, idle_h and largest_gb",
                got=f"{self.session_h}, {self.idle_h}, {self.largest_gb}",
            )
        for folder in (*self.folders, *self.models):
            if not folder.is_dir():
                raise InputError(expected="a folder", got="none", where=folder)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> StudioSettings:
        """Of ``plain``, as another process gets them."""
        paths = {name: values[name] and Path(values[name]) for name in PATHS}
        lists = {name: tuple(map(Path, values[name])) for name in ("folders", "models")}
        return cls(**{**values, **paths, **lists})

    def plain(self) -> dict[str, Any]:
        """What JSON can hold."""
        told: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return told

    @property
    def database_url(self) -> str:
        """As SQLAlchemy takes it."""
        return url_of(self.database, self.home / DATABASE_FILE)

    @property
    def largest_bytes(self) -> int:
        """Of one upload."""
        return round(self.largest_gb * 1e9)

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by HTTPS."""
        return (self.address or "").startswith("https://")
