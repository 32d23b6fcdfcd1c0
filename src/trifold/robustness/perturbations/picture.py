"""Pictures in other light, of other cameras and of other crops: (H, W, 3) uint8 RGB in and out."""

from __future__ import annotations

import cv2
import numpy as np

from trifold.contracts import Array

FULL = 255.0
BODY = (0.2, 0.8)  # of the width, where somebody sits before a camera


def gamma(image: Array, *, value: float) -> Array:
    """Mid-tones darker (above 1) or lighter (below 1)."""
    table = (FULL * (np.arange(256) / FULL) ** value).round().astype(np.uint8)
    return table[image]


def brightness(image: Array, *, factor: float) -> Array:
    """All of it darker or lighter."""
    return np.clip(image * factor, 0, FULL).round().astype(np.uint8)


def cast(image: Array, *, red: float, green: float, blue: float) -> Array:
    """A coloured light: each channel by its factor."""
    factors = np.array([red, green, blue])
    return np.clip(image * factors, 0, FULL).round().astype(np.uint8)


def backlight(image: Array, *, strength: float) -> Array:
    """A window behind: bright at the sides, dark where the person sits."""
    width = image.shape[1]
    across = np.abs(np.linspace(-1.0, 1.0, width))[None, :, None]
    return np.clip(image * (1.0 - strength * (1.0 - 2.0 * across)), 0, FULL).astype(np.uint8)


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
    skin = cv2.inRange(ycc, np.array([0, 133, 77]), np.array([255, 173, 127])) / FULL
    soft = cv2.GaussianBlur(skin, (0, 0), 2.0)[..., None]
    changed = np.clip(image * (1.0 + soft * (lightness - 1.0)), 0, FULL)
    return changed.round().astype(np.uint8)


def covered(image: Array) -> Array:
    """Grey where a person sits before a camera: the room alone is left."""
    left, right = (round(share * image.shape[1]) for share in BODY)
    hidden = image.copy()
    hidden[:, left:right] = 128
    return hidden


def dark(image: Array) -> Array:
    """A camera that is off."""
    return np.zeros_like(image)
