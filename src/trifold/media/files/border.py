"""Where the files of an input may lie, so that no link has others read than the folder's own.

Whoever can put a file into a folder of interviews can put a link there, or a manifest. What that
names outside of the folder is not opened: its row says so, and ``links=all`` opens it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from trifold.codes import Code
from trifold.errors import TranscriptError

LINKS = ("inside", "all")
OUTSIDE = Code.LINK_OUTSIDE
Closed = Callable[[str], tuple[str, str] | None]  # person to the code and line of why not to open
LEFT_OUT = (OUTSIDE, "leads out of the folder, so it was not opened; links=all opens it")


def nobody_closed(person: str) -> tuple[str, str] | None:
    """Everybody's files may be opened."""
    return None


class OutsideError(TranscriptError):
    """A transcript that lies outside of the folder."""

    code = OUTSIDE


@dataclass(frozen=True)
class Border:
    """A folder, with whatever lies in it once all links are followed.

    Attributes:
        root: the folder, which may be a link itself; None holds everything.
    """

    root: Path | None = None

    def holds(self, path: Path) -> bool:
        """Whether a path ends inside; one that ends nowhere, as links in a circle, does."""
        if self.root is None:
            return True
        try:
            return path.resolve().is_relative_to(_real(self.root))
        except (OSError, RuntimeError, ValueError):
            return True


ANYWHERE = Border()


def border_of(root: Path, links: str) -> Border:
    """The border of an input with the setting ``links``."""
    return Border(root) if links == "inside" else ANYWHERE


def outside(name: str, where: object) -> OutsideError:
    """What is said of a transcript that was not opened."""
    wanted = "a transcript inside the folder (links=all opens others)"
    return OutsideError(expected=wanted, got=f"{name}, which leads out of it", where=where)


@lru_cache(maxsize=64)
def _real(root: Path) -> Path:
    return root.resolve()
