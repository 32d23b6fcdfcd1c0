"""Image and video models over faces and pictures: references, times, and invariance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import timm
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel

from tests.factories.media import face_frames, write_media
from tests.factories.models import image_text_model, sentence_encoder, timm_model, videomae
from tests.factories.yunet import bright_spot_detector
from trifold.contracts import Array, Frame
from trifold.encoders.video.detect import Box
from trifold.encoders.video.image_model import ImageModel
from trifold.encoders.video.towers import prepare_for_timm
from trifold.encoders.video.video_model import VideoModel, evenly
from trifold.encoders.video.views import Look, View, crop_square
from trifold.encoders.video.yunet import YuNetFaces
from trifold.errors import EncoderError, InputError
from trifold.media.picture.frames import read_frames

IMAGE_KINDS = ["vit", "resnet", "clip", "siglip"]


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("vision")
    made = {kind: image_text_model(root / kind, kind) for kind in ("clip", "siglip")}
    made |= {"vit": timm_model(root / "vit"), "videomae": videomae(root / "videomae")}
    made |= {"resnet": timm_model(root / "resnet", "resnet10t", stem_width=8, channels=(8,) * 4)}
    return {kind: str(folder) for kind, folder in made.items()}


@pytest.fixture(scope="module")
def talking() -> list[Frame]:
    """Five seconds of a face at 4 Hz."""
    return [Frame(image, i / 4) for i, image in enumerate(face_frames(5, rate_hz=4))]


def noise(count: int, *, rate_hz: float = 4.0, seed: int = 0) -> list[Frame]:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 255, (count, 12, 16, 3), np.uint8)
    big = [cv2.resize(image, (64, 48), interpolation=cv2.INTER_NEAREST) for image in images]
    return [Frame(image, i / rate_hz) for i, image in enumerate(big)]


def times(sequence) -> tuple[list, list]:
    return sequence.start_s.tolist(), sequence.end_s.tolist()


@torch.inference_mode()
@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_pooled_features_are_those_of_transformers(models, kind: str) -> None:
    frames = noise(3)
    processor = AutoImageProcessor.from_pretrained(models[kind])
    pixels = processor([Image.fromarray(f.image) for f in frames], return_tensors="pt")
    tower = AutoModel.from_pretrained(models[kind]).eval().vision_model
    output = tower(**pixels, output_hidden_states=True)
    top = ImageModel(model=models[kind], view="frame", frame_rate_hz=4.0).encode(frames)
    np.testing.assert_allclose(top.values[0], output.pooler_output.mean(dim=0), atol=1e-4)
    inner = ImageModel(model=models[kind], view="frame", layer=2).encode(frames)
    expected = output.hidden_states[2].mean(dim=1).mean(dim=0)
    np.testing.assert_allclose(inner.values[0], expected, atol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_features_are_those_of_timm_by_its_own_transform(models, kind: str) -> None:
    frames = noise(3)
    model = timm.create_model(f"local-dir:{models[kind]}", pretrained=True, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    pixels = torch.stack([transform(Image.fromarray(f.image)) for f in frames])
    expected = model(pixels).mean(dim=0).numpy()
    found = ImageModel(model=models[kind], view="frame", frame_rate_hz=4.0).encode(frames)
    scale = np.abs(expected).mean()
    np.testing.assert_allclose(found.values[0], expected, atol=0.02 * scale, rtol=0.02)


def test_images_are_prepared_as_timm_does_it() -> None:
    config = {"input_size": (3, 32, 32), "crop_pct": 0.9, "interpolation": "bicubic",
              "mean": (0.5, 0.4, 0.3), "std": (0.5, 0.5, 0.25)}  # fmt: skip
    transform = timm.data.create_transform(**config)
    shapes = [(48, 64), (64, 48), (200, 150), (32, 32), (33, 90)]
    images = [cv2.resize(noise(1)[0].image, shape[::-1]) for shape in shapes]
    found = prepare_for_timm(images, config, torch.device("cpu"))
    for image, prepared in zip(images, found, strict=True):
        expected = transform(Image.fromarray(image))
        assert (prepared - expected).abs().mean() < 0.01, image.shape
        assert (prepared - expected).abs().max() < 0.1, image.shape


@pytest.mark.parametrize("kind", IMAGE_KINDS)
@pytest.mark.parametrize("layer", [-1, 1])
def test_batches_do_not_matter(models, talking, kind: str, layer: int) -> None:
    options = {"model": models[kind], "layer": layer}
    many = ImageModel(batch_size=7, **options).encode(talking)
    one = ImageModel(batch_size=1, **options).encode(talking)
    assert many.values.shape == (5, ImageModel(**options).dim)
    np.testing.assert_allclose(many.values, one.values, atol=1e-4)
    assert times(many) == times(one)


def test_tokens_pool_their_own_seconds(models) -> None:
    frames = noise(10)  # 2.25 s at 4 Hz
    each = ImageModel(model=models["clip"], view="frame", token_s=0.25).encode(frames)
    assert len(each.values) == 10
    for pooling, pool in (("mean", np.mean), ("max", np.max)):
        found = ImageModel(
            model=models["clip"], view="frame", frame_rate_hz=4.0, pooling=pooling
        ).encode(frames)
        groups = [each.values[a:b] for a, b in ((0, 4), (4, 8), (8, 10))]
        np.testing.assert_allclose(found.values, [pool(g, axis=0) for g in groups], atol=1e-5)
        assert times(found) == ([0, 1, 2], [1, 2, 2.5])


def test_unit_length_is_given_before_pooling(models) -> None:
    frames = noise(1)
    plain = ImageModel(model=models["clip"], view="frame").encode(frames).values[0]
    unit = ImageModel(model=models["clip"], view="frame", normalize=True).encode(frames).values[0]
    np.testing.assert_allclose(unit, plain / np.linalg.norm(plain), atol=1e-5)


@pytest.mark.parametrize("kind", ["clip", "videomae"])
def test_seconds_without_a_face_have_no_token(models, talking: list[Frame], kind: str) -> None:
    wall = np.full_like(talking[0].image, 128)
    gap = [Frame(wall if 8 <= i < 12 else f.image, f.time_s) for i, f in enumerate(talking)]
    made = VideoModel if kind == "videomae" else ImageModel
    encoder = made(model=models[kind], view="face", frame_rate_hz=4.0)
    found, whole = encoder.encode(gap), encoder.encode(talking)
    assert found.start_s.tolist() == [0, 1, 3, 4]
    assert whole.start_s.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(found.values[:2], whole.values[:2], atol=1e-4)
    assert found.quality["face_fraction"] == pytest.approx(0.8)
    nobody = encoder.encode([Frame(wall, i / 4) for i in range(8)])
    assert nobody.values.shape == (0, 32)
    assert nobody.quality["face_fraction"] == 0
    rarely = [Frame(f.image if i == 0 else wall, f.time_s) for i, f in enumerate(talking)]
    assert len(encoder.encode(rarely).values) == 0
    assert encoder.encode(iter([])).values.shape == (0, 32)


@torch.inference_mode()
def test_a_window_is_the_mean_over_videomae_patches(models) -> None:
    frames = noise(8)
    processor = AutoImageProcessor.from_pretrained(models["videomae"])
    model = AutoModel.from_pretrained(models["videomae"]).eval()
    found = VideoModel(model=models["videomae"], frame_rate_hz=4.0).encode(frames)
    for window in range(2):
        images = [torch.from_numpy(f.image).permute(2, 0, 1) for f in frames[4 * window :][:4]]
        pixels = processor(images, return_tensors="pt")["pixel_values"]
        expected = model(pixels).last_hidden_state[0].mean(dim=0)
        np.testing.assert_allclose(found.values[window], expected, atol=1e-4)
    assert times(found) == ([0, 1], [1, 2])


@pytest.mark.parametrize("layer", [-1, 2, "mean", "all"])
def test_video_batches_do_not_matter(models, layer) -> None:
    options = {"model": models["videomae"], "layer": layer, "frame_rate_hz": 4.0}
    many, one = (VideoModel(batch_size=n, **options).encode(noise(14)) for n in (3, 1))
    assert many.values.shape == (4, VideoModel(**options).dim)
    np.testing.assert_allclose(many.values, one.values, atol=1e-4)
    assert many.end_s[-1] == 3.5


def test_video_times_are_right_to_one_window(models) -> None:
    frames = noise(20)
    changed = [Frame(255 - f.image if 9 <= i < 11 else f.image, f.time_s)
               for i, f in enumerate(frames)]  # fmt: skip
    encoder = VideoModel(model=models["videomae"], frame_rate_hz=4.0)
    moved = np.abs(encoder.encode(frames).values - encoder.encode(changed).values).max(axis=1)
    assert np.flatnonzero(moved > 1e-4).tolist() == [2]


def test_a_ragged_window_is_filled_evenly() -> None:
    images = [np.full((1, 1, 3), i, np.uint8) for i in range(6)]
    assert [int(i[0, 0, 0]) for i in evenly(images, 4)] == [0, 2, 3, 5]
    assert [int(i[0, 0, 0]) for i in evenly(images[:2], 4)] == [0, 0, 1, 1]
    assert [int(i[0, 0, 0]) for i in evenly(images[:1], 3)] == [0, 0, 0]


def test_a_change_of_resolution_is_survived(models) -> None:
    frames = noise(8)
    smaller = [Frame(cv2.resize(f.image, (32, 24)), f.time_s) if i > 4 else f
               for i, f in enumerate(frames)]  # fmt: skip
    for made, kind in ((ImageModel, "vit"), (ImageModel, "clip"), (VideoModel, "videomae")):
        encoder = made(model=models[kind], view="frame", frame_rate_hz=4.0)
        assert encoder.encode(smaller).values.shape == (2, 32)


def test_crops_are_square_centred_and_repeat_the_border() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 90:110] = 255
    crop = crop_square(image, Box(90, 40, 20), 2.0, 40)
    assert crop.shape == (40, 40, 3)
    assert (crop[10:30, 10:30] == 255).all()
    assert crop[:10].max() == 0
    image[:, 0] = 77
    corner = crop_square(image, Box(-10, 40, 20), 1.0, 20)
    assert (corner[:, :10] == 77).all()
    beyond = crop_square(image, Box(500, 500, 20), 1.0, 8)
    assert (beyond == image[-1, -1]).all()


def test_face_crops_follow_the_face(talking: list[Frame]) -> None:
    view = View("face", margin=1.3, crop_px=64, detector=None, min_face_fraction=0.1)
    look = view.look()
    crops = [crop for _, crop in look.see(talking)]
    assert len(crops) == look.n_faces == look.n_frames == 20
    assert all(crop.shape == (64, 64, 3) for crop in crops)
    frames = np.stack([f.image for f in talking]).astype(float)
    face, whole = np.stack(crops).astype(float), frames
    assert face.std(axis=0).mean() < whole.std(axis=0).max()  # held still by following it


@pytest.fixture
def spotted(tmp_path: Path) -> Path:
    return bright_spot_detector(tmp_path / "yunet.onnx")


def spots(places: Sequence[tuple[int, int]], *, shape=(240, 320), size: int = 32) -> Array:
    image = np.zeros((*shape, 3), np.uint8)
    for x, y in places:
        image[y : y + size, x : x + size] = 255
    return image


def test_yunet_boxes_become_squares_the_largest_first(spotted: Path) -> None:
    detector = YuNetFaces(spotted)
    (box,) = detector.find(spots([(128, 64)]))
    assert box.centre == (144, 80)
    assert box.side == 48
    assert len(detector.find(spots([(128, 64), (32, 160)]))) == 2
    assert detector.find(spots([])) == []
    near = detector.near(spots([(128, 64), (32, 160)]), Box(26, 150, 48))
    assert near is not None
    assert near.centre == (48, 176)
    assert detector.near(spots([(128, 64)]), Box(200, 200, 20)) is None


def test_yunet_is_used_where_its_file_is_given(models, spotted: Path) -> None:
    bright = [Frame(spots([(256, 128)], shape=(480, 640), size=64), i / 4) for i in range(8)]
    encoder = ImageModel(model=models["clip"], detector=str(spotted), crop_px=64, margin=1.0)
    found = encoder.encode(bright)
    assert found.quality["face_fraction"] == 1
    assert ImageModel(model=models["clip"]).encode(bright).quality["face_fraction"] == 0
    look = Look(encoder.view, YuNetFaces(spotted))
    (_, crop), *_ = look.see(bright)
    white = np.argwhere(crop[:, :, 0] > 128).mean(axis=0)
    np.testing.assert_allclose(white, [31.5, 31.5], atol=2)


def test_the_detector_is_part_of_the_fingerprint(models, spotted: Path, tmp_path: Path) -> None:
    other = bright_spot_detector(tmp_path / "other.onnx", threshold=150)
    prints = {
        ImageModel(model=models["clip"], detector=detector).fingerprint
        for detector in (None, str(spotted), str(other))
    }
    assert len(prints) == 3
    frame = [ImageModel(model=models["clip"], view="frame", margin=m).fingerprint for m in (1, 2)]
    assert frame[0] == frame[1]  # a picture has no margin


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "expected YuNet's ONNX file, got no such file"),
     (b"not a model", "expected YuNet's ONNX file, got")],
)  # fmt: skip
def test_a_detector_file_that_is_none_fails_at_once(models, tmp_path, content, message) -> None:
    file = tmp_path / "yunet.onnx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EncoderError, match=message):
        ImageModel(model=models["clip"], detector=str(file))


def test_fingerprints_change_with_settings_and_weights(models, tmp_path: Path) -> None:
    other = str(timm_model(tmp_path, seed=1))
    changes = [{}, {"layer": 1}, {"view": "frame"}, {"frame_rate_hz": 3.0}, {"max_side_px": 99},
               {"token_s": 2.0}, {"pooling": "max"}, {"normalize": True}, {"margin": 2.0},
               {"crop_px": 99}, {"min_face_fraction": 0.5}, {"model": other}]  # fmt: skip
    prints = [ImageModel(**{"model": models["vit"], **change}).fingerprint for change in changes]
    changes = [{}, {"layer": 1}, {"view": "face"}, {"frame_rate_hz": 3.0}, {"max_side_px": 99}]
    prints += [VideoModel(model=models["videomae"], **change).fingerprint for change in changes]
    assert len(set(prints)) == len(prints)
    assert ImageModel(model=models["vit"], batch_size=1).fingerprint == prints[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"view": "hands"}, "expected view among face, frame"),
     ({"layer": 99}, "expected layer -1 or 1 to 2 of a timm model, got 99"),
     ({"layer": "mean"}, "expected layer -1 or 1 to 2 of a timm model, got mean"),
     ({"pooling": "sum"}, "expected pooling among mean, max"), ({"token_s": 0}, "positive rates")],
)  # fmt: skip
def test_settings_that_make_no_sense(models, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ImageModel(model=models["vit"], **options)


def test_models_of_another_kind_are_refused(models, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="expected a model of windows of frames, such as Video"):
        VideoModel(model=str(sentence_encoder(tmp_path)))
    with pytest.raises(InputError, match="expected positive frame_rate_hz and max_side_px"):
        VideoModel(model=models["videomae"], frame_rate_hz=0)


def test_a_real_file_runs_through(models, tmp_path: Path) -> None:
    file = write_media(tmp_path / "a.mp4", images=face_frames(3))
    for encoder in (
        ImageModel(model=models["siglip"]),
        VideoModel(model=models["videomae"], frame_rate_hz=4.0),
    ):
        size = {"frame_rate_hz": encoder.frame_rate_hz, "max_side_px": encoder.max_side_px}
        found = encoder.encode(read_frames(file, **size))
        assert found.values.shape == (3, 32)
        assert np.isfinite(found.values).all()
        assert found.end_s[-1] == pytest.approx(3, abs=0.3)
