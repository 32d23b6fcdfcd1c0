"""The table of all codes, from the enumeration that programs read."""

from __future__ import annotations

from trifold.codes import Of, codes_of


def table() -> str:
    """Every code by what it is said of, with its meaning and what to do."""
    parts = []
    for kind in Of:
        parts.append(f"### {kind.value[0].upper()}{kind.value[1:]}")
        rows = [f"| `{code}` | {code.meaning} | {code.advice} |" for code in codes_of(kind)]
        parts.append("\n".join(["| code | means | what to do |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)
