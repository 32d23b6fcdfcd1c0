"""Files sent to a studio by tus, as a browser's script sends them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = {"Content-Type": "application/offset+octet-stream"}


@dataclass
class Sender:
    """Sends to a project; ``client`` is of httpx or requests, with its cookie set."""

    client: Any
    project: str
    token: str
    base: str = ""

    def headers(self, **more: str) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return TUS | {"X-Form-Token": self.token} | named

    def begin(self, name: str, length: int, **facts: str) -> Any:
        told = {"relativePath": name, **facts}
        pairs = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items())
        about = {"Upload_Length": str(length), "Upload_Metadata": ",".join(pairs)}
        address = f"{self.base}/projects/{self.project}/uploads"
        return self.client.post(address, headers=self.headers(**about))

    def append(self, where: str, offset: int, data: bytes) -> Any:
        headers = self.headers(Upload_Offset=str(offset)) | CONTENT
        return self.client.patch(f"{self.base}{where}", content=data, headers=headers)

    def offset(self, where: str) -> int:
        answer = self.client.head(f"{self.base}{where}", headers=self.headers())
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    def end(self, where: str) -> Any:
        return self.client.delete(f"{self.base}{where}", headers=self.headers())

    def send(self, name: str, data: bytes, cuts: tuple[int, ...] = (), **facts: str) -> str:
        """All of a file, cut at some places; returns its address."""
        where = str(self.begin(name, len(data), **facts).headers["location"])
        edges = [0, *sorted(cuts), len(data)]
        for start, stop in pairwise(edges):
            answer = self.append(where, start, data[start:stop])
            assert answer.status_code == 204, answer.text
            assert answer.headers["upload-offset"] == str(stop)
        return where
