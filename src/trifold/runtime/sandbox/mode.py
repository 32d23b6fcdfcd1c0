"""Whether what strangers sent is opened apart, for this process and those that it starts."""

from __future__ import annotations

import logging
import sys
from functools import lru_cache

from trifold.errors import InputError, unknown

REQUIRE, TRY, OFF = "require", "try", "off"
MODES = (REQUIRE, TRY, OFF)
logger = logging.getLogger(__name__)
_mode = [TRY]


def check_mode(mode: str) -> None:
    """Refuse what is no mode, or cannot be had here.

    Raises:
        InputError: for an unknown mode, or where it is required and this system has no children of
            that kind.
    """
    if mode not in MODES:
        raise unknown(mode, MODES, what="modes of sandbox")
    if mode == REQUIRE and not can_decode_apart():
        raise InputError(
            expected="Linux for sandbox=require; take sandbox=try", got=f"the system {sys.platform}"
        )


def use_mode(mode: str) -> None:
    """From now on media are opened so in this process.

    Raises:
        InputError: see ``check_mode``.
    """
    check_mode(mode)
    _mode[0] = mode


def mode() -> str:
    """How media are opened in this process."""
    return _mode[0]


def decodes_apart() -> bool:
    """Whether a child does it; where none can, this is said once."""
    if mode() == OFF:
        return False
    if not can_decode_apart():
        say_once("media are decoded in this process: only on Linux is there a child for that")
        return False
    return True


def can_decode_apart() -> bool:
    """Whether this system has children of that kind."""
    return sys.platform == "linux"


@lru_cache
def say_once(line: str) -> None:
    """Log a line about what does not hold here, the first time."""
    logger.warning(line)
