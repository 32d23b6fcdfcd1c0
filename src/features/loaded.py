"""Imported by the process that workers are forked from, see ``src.features.workers``."""

from __future__ import annotations

import gc
from importlib import import_module

NAMES = (
    "src.features.extract",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.bert.modeling_bert",
    "transformers.models.bert.tokenization_bert",
)

gc.disable()  # importing makes no garbage, and takes a quarter longer with a search for it
for name in NAMES:
    import_module(name)
gc.freeze()  # so that no worker's search for garbage copies the pages that all of them share
gc.enable()
