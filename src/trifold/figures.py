"""How every plot of the project looks."""

from __future__ import annotations

from typing import Any

INK, ACCENT, MUTED, WARN = "#1f2933", "#1b6ca8", "#b8c4ce", "#8a4b00"
STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
