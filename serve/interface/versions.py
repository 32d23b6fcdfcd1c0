"""Versions that every answer carries.

``Trifold-Schema-Version`` is that of the rows and of the description (``openapi.yaml``): its first
number changes when a reader of the answers must change. ``Trifold-Pipeline-Version`` is that of
this package, which reads media and scores. Where a model answered, ``Trifold-Model-Version`` and
``Trifold-Bundle-Id`` say which, and ``Trifold-Media-Seconds`` how much was scored.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

SCHEMA_VERSION = "1.1"
MODEL, BUNDLE = "Trifold-Model-Version", "Trifold-Bundle-Id"
SCHEMA, PIPELINE = "Trifold-Schema-Version", "Trifold-Pipeline-Version"
MEDIA_SECONDS = "Trifold-Media-Seconds"


@cache
def pipeline_version() -> str:
    """Version of this package."""
    return version("trifold")


def in_body(model_version: str) -> dict[str, str]:
    """Members of a scored answer's body."""
    return {
        "model_version": model_version,
        "schema_version": SCHEMA_VERSION,
        "pipeline_version": pipeline_version(),
    }
