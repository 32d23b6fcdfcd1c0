"""Bytes with something wrong in them."""

from __future__ import annotations

import random


def tear(content: bytes, generator: random.Random) -> bytes:
    """Cut, flip, repeat, drop or overwrite somewhere."""
    torn_ = bytearray(content)
    for _ in range(generator.randint(1, 3)):
        if not torn_:
            break
        at = generator.randrange(len(torn_))
        if generator.random() < 0.5:
            at = at % min(len(torn_), 400)  # headers lie at the start
        length = generator.randint(1, 64)
        match generator.randrange(5):
            case 0:
                del torn_[at:]
            case 1:
                torn_[at] ^= 1 << generator.randrange(8)
            case 2:
                torn_[at:at] = torn_[at : at + length]
            case 3:
                del torn_[at : at + length]
            case _:
                torn_[at : at + length] = generator.randbytes(length)
    return bytes(torn_)
