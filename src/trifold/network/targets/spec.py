"""The transform of targets where nobody names another; apart from networks, which load PyTorch."""

from __future__ import annotations

from trifold.specs import Spec

STANDARD_TARGETS: Spec = {"_target_": "trifold.network.targets.standard.StandardTargets"}
