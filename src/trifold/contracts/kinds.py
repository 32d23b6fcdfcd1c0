"""Kinds of things that every part of the data flow names."""

from __future__ import annotations

from typing import Literal

import numpy as np

Modality = Literal["text", "audio", "video", "question"]
MODALITIES: tuple[Modality, ...] = ("text", "audio", "video")  # what a candidate shows
QUESTION: Modality = "question"  # context: what was asked; never missing, hidden or scored alone
Split = Literal["train", "val", "test"]
Array = np.ndarray
