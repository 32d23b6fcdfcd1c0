"""HTML pages: one self-contained file each, nothing loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, path: Path, **values: object) -> Path:
    """Fill ``template`` and write it as UTF-8; a name that it lacks is an error, never a blank.

    What UTF-8 cannot hold (bytes of file names that are no text) is written as an escape.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    page = _ENVIRONMENT.get_template(template).render(**values)
    path.write_text(page, encoding="utf-8", errors="backslashreplace")
    return path
