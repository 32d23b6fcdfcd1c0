"""A drawn interviewee: shaded enough for a face detector, moving as the cues say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from trifold.contracts import Array

FACE_W, FACE_H = 160, 208  # of the texture that is drawn once and moved each frame
# Proportions and shades were searched for until the frontal Haar cascade found every face;
# BlazeFace and the mesh find them too.
EYE_X, EYE_Y = 0.163, 0.49
SKIN = np.array([[224, 188, 160], [198, 150, 118], [165, 116, 86], [236, 204, 180]], float)
HAIR = np.array([[40, 30, 25], [90, 60, 35], [150, 120, 80], [70, 70, 75]], float)
WALL = np.array([[150, 165, 180], [185, 175, 160], [140, 160, 140], [170, 170, 180]], float)
SHIRT = np.array([[60, 75, 110], [110, 60, 60], [60, 100, 80], [90, 90, 95]], float)


@dataclass(frozen=True)
class Appearance:
    """Colours of one person, drawn independently of every trait; RGB 0–255."""

    skin: Array
    hair: Array
    wall: Array
    shirt: Array

    @classmethod
    def draw(cls, generator: np.random.Generator) -> Appearance:
        """Pick from the palettes with a little variation."""
        skin, hair, wall, shirt = (
            np.clip(palette[generator.integers(len(palette))] + generator.normal(0, 6, 3), 0, 255)
            for palette in (SKIN, HAIR, WALL, SHIRT)
        )
        return cls(skin, hair, wall, shirt)


@dataclass(frozen=True)
class Performance:
    """How the picture moves.

    Attributes:
        smile: 0 (corners down) to 1 (broad smile).
        head_amplitude: sway and nod in face widths.
        closeness: face height as a share of the frame's.
        gesture_amplitude: travel of the hands as a share of the frame's height.
    """

    smile: float
    head_amplitude: float
    closeness: float
    gesture_amplitude: float


def frames(
    look: Appearance,
    performance: Performance,
    loudness: Array,
    *,
    size: tuple[int, int],
    frame_rate_hz: float,
    generator: np.random.Generator,
) -> Iterator[Array]:
    """Draw one answer.

    Args:
        look: colours.
        performance: movement.
        loudness: (n,) 0 to 1 per frame; it opens the mouth.
        size: (height, width) of the frames in pixels.
        frame_rate_hz: frames per second.
        generator: phases of the movements, blinks and sensor noise.

    Yields:
        n images, (H, W, 3) uint8 RGB.
    """
    texture = _texture(look)
    scene = _scene(look, size)
    grain = generator.normal(0, 2.0, (4, *size, 3)).astype(np.float32)
    sway = _sway(len(loudness), frame_rate_hz, performance.head_amplitude, generator)
    hands = _sway(len(loudness), frame_rate_hz, performance.gesture_amplitude, generator)
    blinking = _blinks(len(loudness), frame_rate_hz, generator)
    for i, voice in enumerate(loudness):
        face = texture.copy()
        _draw_eyes(face, closed=bool(blinking[i]))
        _draw_mouth(face, performance.smile, opening=float(voice), look=look)
        picture = scene.copy()
        _draw_hands(picture, hands[i])
        _place(picture, face, performance.closeness, sway[i])
        noisy = picture.astype(np.float32) + grain[i % len(grain)]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _texture(look: Appearance) -> Array:
    """(H, W, 4) RGBA head without eyes and mouth, lit from above, darker at the rim."""
    y, x = np.mgrid[0:FACE_H, 0:FACE_W].astype(np.float32)
    u, v = (x - FACE_W / 2) / (0.46 * FACE_W), (y - 0.52 * FACE_H) / (0.46 * FACE_H)
    inside = u**2 + v**2 <= 1
    shade = 1.02 - 0.11 * (u**2 + 0.5 * v**2) - 0.06 * v
    face = np.zeros((FACE_H, FACE_W, 4), np.float32)
    face[..., :3] = look.skin * shade[..., None]
    face[..., 3] = 255.0 * inside
    hair = inside & (v < -0.58 + 0.16 * np.cos(2.2 * u))
    face[hair, :3] = look.hair * (0.8 + 0.2 * shade[hair][:, None])
    face = np.clip(face, 0, 255).astype(np.uint8)
    dark, brow = _rgba(look.skin * 0.62), _rgba(look.hair * 0.65)
    for side in (-1, 1):  # eye sockets, brows, cheeks
        cx = int(FACE_W / 2 + side * EYE_X * FACE_W)
        _blend(face, (cx, int(EYE_Y * FACE_H)), (23, 15), look.skin * 0.42, 0.96)
        cv2.ellipse(
            face, (cx, int((EYE_Y - 0.069) * FACE_H)), (20, 5), 0, 190, 350, brow, 6, cv2.LINE_AA
        )
        _blend(face, (cx, int(0.62 * FACE_H)), (18, 14), np.minimum(look.skin * 1.13, 255), 0.6)
    _blend(face, (FACE_W // 2, int(0.53 * FACE_H)), (8, 22), np.minimum(look.skin * 1.12, 255), 0.8)
    cv2.ellipse(face, (FACE_W // 2, int(0.645 * FACE_H)), (13, 5), 0, 0, 180, dark, 3, cv2.LINE_AA)
    return cv2.GaussianBlur(face, (3, 3), 0)


def _draw_eyes(face: Array, *, closed: bool) -> None:
    y = int(EYE_Y * FACE_H)
    for side in (-1, 1):
        centre = int(FACE_W / 2 + side * EYE_X * FACE_W), y
        if closed:
            cv2.ellipse(face, centre, (15, 3), 0, 0, 180, (60, 40, 35, 255), 2, cv2.LINE_AA)
            continue
        cv2.ellipse(face, centre, (15, 4), 0, 0, 360, (159, 159, 159, 255), -1, cv2.LINE_AA)
        cv2.circle(face, centre, 7, (45, 32, 28, 255), -1, cv2.LINE_AA)
        cv2.ellipse(face, centre, (16, 8), 0, 180, 360, (50, 35, 30, 255), 2, cv2.LINE_AA)


def _draw_mouth(face: Array, smile: float, *, opening: float, look: Appearance) -> None:
    """A lip line whose corners rise with the smile and that opens with the voice."""
    x = np.linspace(-1, 1, 25)
    half_width = 24 + 8 * smile
    lift = 26 * (smile - 0.35)
    middle = 0.775 * FACE_H + 0.35 * lift
    line = middle - lift * x**2
    gap = 1.5 + 9 * opening * (1 - x**2)
    xs = FACE_W / 2 + half_width * x
    upper, lower = np.stack([xs, line - gap], 1), np.stack([xs, line + gap], 1)[::-1]
    outline = np.round(np.concatenate([upper, lower]) * 16).astype(np.int32)
    cv2.fillPoly(face, [outline], (70, 25, 30, 255), cv2.LINE_AA, shift=4)
    lip = _rgba(look.skin * np.array([0.72, 0.5, 0.5]))
    for edge in (upper, lower):
        points = np.round(edge * 16).astype(np.int32)
        cv2.polylines(face, [points], False, lip, 3, cv2.LINE_AA, shift=4)


def _scene(look: Appearance, size: tuple[int, int]) -> Array:
    """Wall with a window's gradient, shoulders and neck."""
    height, width = size
    across = np.linspace(1.08, 0.88, width)[None, :, None]
    scene = np.clip(look.wall * across * np.ones((height, 1, 1)), 0, 255).astype(np.uint8)
    unit = height / 240
    centre = (width // 2, int(height * 1.02))
    shoulders = int(96 * unit), int(62 * unit)
    cv2.ellipse(scene, centre, shoulders, 0, 0, 360, _rgba(look.shirt)[:3], -1, cv2.LINE_AA)
    neck = int(20 * unit)
    cv2.rectangle(
        scene,
        (width // 2 - neck, int(0.62 * height)),
        (width // 2 + neck, int(0.8 * height)),
        _rgba(look.skin * 0.85)[:3],
        -1,
    )
    return cv2.GaussianBlur(scene, (3, 3), 0)


def _draw_hands(picture: Array, shift: Array) -> None:
    """Gloved hands: their contrast, and so the measured movement, does not hang on colours."""
    height, width = picture.shape[:2]
    radius = int(0.065 * height)
    for side in (-1, 1):
        x = int(width / 2 + side * (0.54 * height + 0.3 * shift[0] * height))
        y = int(0.80 * height + shift[1] * height * side)
        cv2.circle(picture, (x, y), radius, (245, 245, 240), -1, cv2.LINE_AA)  # a white cuff
        cv2.circle(picture, (x, y), int(0.7 * radius), (35, 30, 30), -1, cv2.LINE_AA)


def _place(picture: Array, face: Array, closeness: float, sway: Array) -> None:
    """Warp the head onto the picture: size, shift and a slight roll."""
    height, width = picture.shape[:2]
    scale = closeness * height / FACE_H
    roll = 8.0 * sway[0]
    matrix = cv2.getRotationMatrix2D((FACE_W / 2, FACE_H / 2), roll, scale)
    matrix[:, 2] += (width / 2 - FACE_W / 2, 0.44 * height - FACE_H / 2)
    matrix[:, 2] += sway * scale * FACE_W
    moved = cv2.warpAffine(face, matrix, (width, height), flags=cv2.INTER_LINEAR)
    alpha = moved[..., 3:].astype(np.float32) / 255.0
    picture[:] = (picture * (1 - alpha) + moved[..., :3] * alpha).astype(np.uint8)


def _sway(n: int, rate_hz: float, amplitude: float, generator: np.random.Generator) -> Array:
    """(n, 2) smooth movement: three slow sines per axis with random phases."""
    t = np.arange(n)[:, None, None] / rate_hz
    speeds = 2 * np.pi * generator.uniform([[0.25], [0.5], [0.8]], [[0.4], [0.7], [1.1]], (3, 2))
    phases = generator.uniform(0, 2 * np.pi, (3, 2))
    waves = np.sin(t * speeds + phases) * np.array([[0.5], [0.3], [0.2]])
    movement: Array = amplitude * waves.sum(axis=1)
    return movement


def _blinks(n: int, rate_hz: float, generator: np.random.Generator) -> Array:
    """(n,) bool: a blink of 0.15 s every three seconds or so."""
    starts = np.cumsum(generator.exponential(3.0, 64) + 0.5)
    times = np.arange(n) / rate_hz
    since = times[:, None] - starts
    closed: Array = np.any((since >= 0) & (since < 0.15), axis=1)
    return closed


def _blend(
    face: Array, centre: tuple[int, int], axes: tuple[int, int], colour: Array, strength: float
) -> None:
    """A soft elliptic spot."""
    spot = np.zeros(face.shape[:2], np.float32)
    cv2.ellipse(spot, centre, axes, 0, 0, 360, strength, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), 4)[..., None]
    face[..., :3] = (face[..., :3] * (1 - spot) + colour * spot).astype(np.uint8)


def _rgba(colour: Array) -> tuple[int, ...]:
    return (*(int(np.clip(c, 0, 255)) for c in colour), 255)
