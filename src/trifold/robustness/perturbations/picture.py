"""Pictures in other light, of other cameras and of other crops: (H, W, 3) uint8 RGB in and out."""

from __future__ import annotations

import cv2
import numpy as np

from trifold.contracts import Array

FULL = 255.0
LEVELS = np.arange(256.0)[:, None]
BODY = (0.2, 0.8)  # of the width, where somebody sits before a camera


def gamma(image: Array, *, value: float) -> Array:
    """Mid-tones darker (above 1) or lighter (below 1)."""
    return _by_level(image, FULL * (LEVELS / FULL) ** value)


def brightness(image: Array, *, factor: float) -> Array:
    """All of it darker or lighter."""
    return _by_level(image, LEVELS * factor)


def cast(image: Array, *, red: float, green: float, blue: float) -> Array:
    """A coloured light: each channel by its factor."""
    return _by_level(image, LEVELS * np.array([red, green, blue]))


def backlight(image: Array, *, strength: float) -> Array:
    """A window behind: bright at the sides, dark where the person sits."""
    height, width = image.shape[:2]
    across = np.abs(np.linspace(-1.0, 1.0, width, dtype=np.float32))
    return _lit(image, np.tile(1.0 - strength * (1.0 - 2.0 * across), (height, 1)))


def blur(image: Array, *, sigma_px: float) -> Array:
    """Out of focus."""
    return cv2.GaussianBlur(image, (0, 0), sigma_px)


def crop(image: Array, *, share: float) -> Array:
    """Closer by ``share`` of each side (below 0: farther, with the border repeated), same size."""
    height, width = image.shape[:2]
    dy, dx = round(abs(share) * height / 2), round(abs(share) * width / 2)
    if share < 0:
        framed = cv2.copyMakeBorder(image, dy, dy, dx, dx, cv2.BORDER_REPLICATE)
    else:
        framed = image[dy : height - dy, dx : width - dx]
    return cv2.resize(framed, (width, height), interpolation=cv2.INTER_AREA)


def small(image: Array, *, width_px: int) -> Array:
    """Through a camera of few pixels, shown at the old size."""
    height, width = image.shape[:2]
    size = (min(width, width_px), max(1, round(height * min(1.0, width_px / width))))
    little = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(little, (width, height), interpolation=cv2.INTER_LINEAR)


def mirror(image: Array) -> Array:
    """Left and right exchanged."""
    return np.ascontiguousarray(image[:, ::-1])


def hue(image: Array, *, degrees: float) -> Array:
    """All colours turned on the wheel, light kept."""
    turned = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    turned[..., 0] = (turned[..., 0].astype(int) + round(degrees / 2)) % 180  # OpenCV halves them
    return cv2.cvtColor(turned, cv2.COLOR_HSV2RGB)


def skin_tone(image: Array, *, lightness: float) -> Array:
    """Skin-coloured pixels lighter or darker by a factor (YCrCb thresholds of Chai & Ngan 1999)."""
    ycc = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    skin = cv2.inRange(ycc, np.array([0, 133, 77]), np.array([255, 173, 127]))
    soft = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 2.0) / np.float32(FULL)
    return _lit(image, 1.0 + soft * np.float32(lightness - 1.0))


def covered(image: Array) -> Array:
    """Grey where a person sits before a camera: the room alone is left."""
    left, right = (round(share * image.shape[1]) for share in BODY)
    hidden = image.copy()
    hidden[:, left:right] = 128
    return hidden


def dark(image: Array) -> Array:
    """A camera that is off."""
    return np.zeros_like(image)


def _by_level(image: Array, levels: Array) -> Array:
    """Each of the 256 levels another, (256, 1) or (256, 3) for channels of their own."""
    table = np.broadcast_to(np.clip(levels, 0, FULL).round().astype(np.uint8), (256, 3))
    return np.asarray(cv2.LUT(image, np.ascontiguousarray(table)[None]))


def _lit(image: Array, light: Array) -> Array:
    """Pixels by (H, W) float32 factors, rounded and cut at full scale."""
    return np.asarray(cv2.multiply(image, cv2.merge([light] * 3), dtype=cv2.CV_8U))
