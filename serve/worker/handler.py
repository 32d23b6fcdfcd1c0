"""What TorchServe calls: ``handle`` with a batch of requests, once with none to get ready.

All that depends on TorchServe's Python side is in this file.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

from trifold.serve.settings import ENVIRONMENT
from trifold.serve.settings_text import read_settings
from trifold.serve.worker.parsing.asked import BODY
from trifold.serve.worker.parsing.reading import DUPLICATED
from trifold.serve.worker.ready import ready_service
from trifold.serve.worker.service import Service
from trifold.serve.worker.timings import Measured, Reply

COUNT, MILLISECONDS = "Count", "ms"
_SERVICE: list[Service] = []


def handle(data: list[dict[str, Any]] | None, context: Any) -> list[bytes] | None:
    """Answer a batch; each request has its own status, headers and body."""
    if data is None:
        _SERVICE[:] = [start(context)]
        return None
    # values as they were sent: TorchServe is told to decode none, see ``operations.launch``
    sent = [
        {name: v.encode() if isinstance(v, str) else bytes(v) for name, v in fields.items()}
        for fields in data
    ]
    requests = [(fields, _headers(context, i)) for i, fields in enumerate(sent)]
    replies = _SERVICE[0].answer(requests)
    for i, reply in enumerate(replies):
        _send(reply, context, i)
    return [reply.body for reply in replies]


def start(context: Any) -> Service:
    """Make the worker ready with the bundle beside this file."""
    _keep_duplicates()
    named = os.environ.get(ENVIRONMENT)
    settings = read_settings(Path(named) if named else None)
    facts = context.manifest["model"]
    folder = Path(context.system_properties["model_dir"], "bundle")
    return ready_service(folder, settings, version=str(facts.get("modelVersion", "1.0")))


def _headers(context: Any, i: int) -> dict[str, str]:
    """Of the request, names in lower case; form fields have entries of another kind."""
    found = context.get_all_request_header(i)
    named = {k.lower(): v for k, v in found.items() if isinstance(v, str)}
    body = found.get(BODY)
    if "content-type" not in named and isinstance(body, dict):
        named["content-type"] = str(body.get("content-type", ""))
    return named


def _send(reply: Reply, context: Any, i: int) -> None:
    context.set_response_status(code=reply.status, idx=i)
    context.set_response_content_type(i, reply.content_type)
    context.set_response_header(i, "Server-Timing", reply.measured.header)
    for name, value in reply.headers.items():
        context.set_response_header(i, name, value)
    _count(reply.measured, context.metrics, i)


def _count(measured: Measured, metrics: Any, i: int) -> None:
    """Prometheus metrics; their names and dimensions are declared in ``metrics.yaml``."""
    from ts.metrics.dimension import Dimension
    from ts.metrics.metric_type_enum import MetricTypes

    for stage, seconds in measured.seconds.items():
        metrics.add_metric(
            "TrifoldStageTime",
            round(1000 * seconds, 3),
            MILLISECONDS,
            i,
            [Dimension("Stage", stage)],
            MetricTypes.HISTOGRAM,
        )
    for code in measured.codes:
        metrics.add_metric(
            "TrifoldErrors", 1, COUNT, i, [Dimension("Code", code)], MetricTypes.COUNTER
        )
    metrics.add_metric("TrifoldMediaSeconds", measured.media_s, COUNT, i, [], MetricTypes.COUNTER)
    metrics.add_metric("TrifoldWithheld", measured.withheld, COUNT, i, [], MetricTypes.COUNTER)


def _keep_duplicates() -> None:
    """Notice fields that come twice.

    TorchServe keeps the last of them without a word, so an interview would lose a file.
    """
    from ts.service import Service as Worker

    if getattr(Worker, "notices_duplicates", False):
        return
    plain = Worker.retrieve_data_for_inference

    def retrieve(batch: Any) -> Any:
        headers, inputs, ids = plain(batch)
        for request, fields in zip(batch, inputs, strict=True):
            names = Counter(parameter["name"] for parameter in request["parameters"])
            twice = next((name for name, count in names.items() if count > 1), None)
            if twice is not None:
                fields[DUPLICATED] = twice.encode()
        return headers, inputs, ids

    Worker.retrieve_data_for_inference = staticmethod(retrieve)
    Worker.notices_duplicates = True
