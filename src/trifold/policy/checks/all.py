"""All checks, entered under their names by being imported."""

from __future__ import annotations

from trifold.policy.checks import deleting, loading, people, reporting, serving
from trifold.policy.checks.registry import CHECKS

__all__ = ["CHECKS", "deleting", "loading", "people", "reporting", "serving"]
