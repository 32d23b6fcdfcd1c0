"""Imported by the process that workers are forked from, see ``workers.processes``."""

from __future__ import annotations

from importlib import import_module

from trifold.runtime.fast_imports import large_imports

NAMES = (
    "trifold.features.extract",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.bert.modeling_bert",
    "transformers.models.bert.tokenization_bert",
)

with large_imports():
    for name in NAMES:
        import_module(name)
