"""HDR pictures as a screen of standard range shows them.

PQ (SMPTE ST 2084) and HLG (ARIB STD-B67, ITU-R BT.2100) pictures, as phones record them, look dark
and pale where their numbers are taken for those of ordinary video. They are turned into light, from
the primaries of BT.2020 to those of BT.709, and coded anew so that white is white.
"""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np
from av.video.reformatter import ColorTrc

from trifold.contracts import Array

PQ, HLG = int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67)
PEAK_NITS = 1000.0  # of the screen that HLG is meant for
WHITES_NITS = (100.0, 203.0)  # of paper in converted ordinary video, and by ITU-R BT.2408
SLACK = 1.3  # above the first white: content that is brighter follows the second
BRIGHTEST = 99.5  # percentile that stands for the brightest part of a picture
KNEE = 0.8  # of white: brighter light is compressed where there is any above white
TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    dtype=np.float32,
)
LUMINANCE = np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)  # of BT.2020 primaries


def is_hdr(frame: av.VideoFrame) -> bool:
    """Whether a frame says that it is coded as PQ or HLG."""
    return int(frame.color_trc) in (PQ, HLG)


def light(image: Array, transfer: int) -> Array:
    """(H, W, 3) uint16 RGB as coded to float32 nits."""
    if transfer == PQ:
        return _pq_nits()[image]
    scene = _hlg_scene()[image]
    luminance = scene @ LUMINANCE
    shown: Array = PEAK_NITS * scene * np.power(luminance, 0.2)[..., None]
    return shown


def brightest(nits: Array) -> float:
    """Nits of the brightest part of a picture, single pixels aside."""
    return float(np.percentile(nits.max(axis=2), BRIGHTEST))


def white_of(peak_nits: float) -> float:
    """Nits of paper white in a recording whose brightest part has so many."""
    first, second = WHITES_NITS
    return first if peak_nits <= SLACK * first else second


def tone_mapped(nits: Array, *, white_nits: float, peak_nits: float) -> Array:
    """(H, W, 3) uint8 RGB of light in BT.2020 primaries.

    Args:
        nits: (H, W, 3) float32.
        white_nits: brightness that becomes full white.
        peak_nits: of the brightest part of the recording; only above white is light compressed.
    """
    linear = np.maximum(nits @ (TO_BT709.T / white_nits), 0.0)
    if peak_nits > SLACK * white_nits:
        top = linear.max(axis=2, keepdims=True)
        over = KNEE + (1 - KNEE) * (1 - np.exp(-(top - KNEE) / (1 - KNEE)))
        linear *= np.where(top > KNEE, over / np.maximum(top, 1e-6), 1.0)
    shown: Array = _for_screens()[np.minimum(linear * 4095 + 0.5, 4095).astype(np.uint16)]
    return shown


@lru_cache(maxsize=1)
def _pq_nits() -> Array:
    """(65536,) nits of coded values (ITU-R BT.2100, table 4)."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = np.power(np.linspace(0, 1, 65536), 1 / m2)
    nits = 10000 * np.power(np.maximum(power - c1, 0) / (c2 - c3 * power), 1 / m1)
    return nits.astype(np.float32)


@lru_cache(maxsize=1)
def _hlg_scene() -> Array:
    """(65536,) scene light, 0 to 1, of coded values (ITU-R BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    coded = np.linspace(0, 1, 65536)
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    return scene.astype(np.float32)


@lru_cache(maxsize=1)
def _for_screens() -> Array:
    """(4096,) uint8 coded values of linear light for a screen of gamma 2.4 (ITU-R BT.1886)."""
    coded: Array = np.round(255 * np.power(np.linspace(0, 1, 4096), 1 / 2.4)).astype(np.uint8)
    return coded
