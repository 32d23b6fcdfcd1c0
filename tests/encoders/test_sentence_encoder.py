"""Sentence encoders: references, windows with times, and invariance to how they are run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from tests.factories.models import sentence_encoder
from trifold.contracts import Segment, Transcript
from trifold.encoders.text.minilm import MiniLM
from trifold.encoders.text.sentence_encoder import SentenceEncoder
from trifold.errors import InputError
from trifold.media.transcripts.reading import parse_transcript

TEXTS = ["I plan every step.", "We met the deadline, and then I rested for a while.", "Talk!", "I"]
SAID = [parse_transcript("I plan every step of the work. We talk with the team! " * n)
        for n in (1, 5, 3)]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    return str(sentence_encoder(tmp_path_factory.mktemp("bert")))


@torch.inference_mode()
def reference(folder: str, text: str, pooling: str, layer: int) -> np.ndarray:
    """One text by transformers alone, without any padding."""
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    states = AutoModel.from_pretrained(folder).eval()(**ids, output_hidden_states=True)
    found = states.hidden_states[layer][0]
    return {"mean": found.mean(dim=0), "cls": found[0], "last": found[-1]}[pooling].numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
@pytest.mark.parametrize("layer", [-1, 1])
def test_pooling_is_of_real_tokens_alone(folder: str, pooling: str, layer: int) -> None:
    encoder = SentenceEncoder(model=folder, pooling=pooling, layer=layer, normalize=False)
    expected = np.stack([reference(folder, text, pooling, layer) for text in TEXTS])
    np.testing.assert_allclose(encoder.embed(TEXTS), expected, atol=1e-4)


def test_the_packaged_model_reads_as_minilm_does() -> None:
    packaged = MiniLM()
    encoder = SentenceEncoder(model=str(packaged.folder), window_tokens=256)
    texts = ["The team met its deadline.", "Well, um, I think maybe.", "Yes."]
    np.testing.assert_allclose(encoder.embed(texts), packaged.embed(texts), atol=1e-5)
    said = parse_transcript("I plan my week. Then we talk. " * 10)
    ours, theirs = encoder.encode(said, duration_s=20.0), packaged.encode(said, duration_s=20.0)
    np.testing.assert_allclose(ours.values, theirs.values, atol=1e-5)
    np.testing.assert_array_equal(ours.start_s, theirs.start_s)


@pytest.mark.parametrize(
    "options",
    [{}, {"unit": "tokens", "window_tokens": 20, "overlap_tokens": 8}, {"layer": "all"},
     {"pooling": "last", "window_words": 0}],
    ids=str,
)  # fmt: skip
def test_batches_do_not_matter(folder: str, options: dict) -> None:
    many = SentenceEncoder(model=folder, batch_size=32, **options)
    one = SentenceEncoder(model=folder, batch_size=1, **options)
    assert many.fingerprint == one.fingerprint
    together = many.encode_batch(SAID, [30.0, None, 10.0])
    for found, said, seconds in zip(together, SAID, [30.0, None, 10.0], strict=True):
        alone = one.encode(said, duration_s=seconds)
        np.testing.assert_allclose(found.values, alone.values, atol=1e-4)
        np.testing.assert_array_equal(found.end_s, alone.end_s)


def test_token_windows_overlap_and_cover_every_second(folder: str) -> None:
    said = Transcript(
        (
            Segment("I plan every step of the work. " * 6, 2.0, 20.0),
            Segment("We talk.", 25.0, 30.0),
        ),
        "vtt",
    )
    encoder = SentenceEncoder(model=folder, unit="tokens", window_tokens=24, overlap_tokens=10)
    found = encoder.encode(said)
    assert len(found.values) > 3
    assert (found.start_s[0], found.end_s[-1]) == (2.0, 30.0)
    assert (np.diff(found.start_s) > 0).all()
    assert (found.start_s[1:] < found.end_s[:-1]).all()
    apart = SentenceEncoder(model=folder, unit="tokens", window_tokens=24).encode(said)
    assert len(apart.values) < len(found.values)
    assert (apart.start_s[1:] >= apart.end_s[:-1]).all()
    with pytest.raises(InputError, match="expected an overlap of fewer than 22 tokens in windows"):
        SentenceEncoder(model=folder, unit="tokens", window_tokens=24, overlap_tokens=22).encode(
            said
        )


def test_token_windows_are_wrapped_in_special_tokens(folder: str) -> None:
    encoder = SentenceEncoder(model=folder, unit="tokens", window_tokens=12)
    words = encoder.tokenizer
    windows = encoder._windows(SAID[1], 10.0)
    assert all(w.ids[0] == words.cls_token_id and w.ids[-1] == words.sep_token_id for w in windows)
    inner = [i for w in windows for i in w.ids[1:-1]]
    assert inner == words(SAID[1].text, add_special_tokens=False)["input_ids"]


def test_special_tokens_in_a_transcript_are_plain_text(folder: str) -> None:
    encoder = SentenceEncoder(model=folder)
    (window,) = encoder._windows(parse_transcript("I plan [SEP] and [CLS] rest."), None)
    assert window.ids.count(encoder.tokenizer.sep_token_id) == 1
    assert window.ids.count(encoder.tokenizer.cls_token_id) == 1


def test_a_prefix_goes_before_every_window(folder: str) -> None:
    plain = SentenceEncoder(model=folder).embed(["query: I plan."])
    np.testing.assert_allclose(
        SentenceEncoder(model=folder, prefix="query: ").embed(["I plan."]), plain, atol=1e-6
    )


def test_unit_length_is_a_choice(folder: str) -> None:
    norms = [np.linalg.norm(SentenceEncoder(model=folder, normalize=n).embed(TEXTS), axis=1)
             for n in (True, False)]  # fmt: skip
    np.testing.assert_allclose(norms[0], 1, atol=1e-5)
    assert norms[1].min() > 1.5


def test_nothing_said_gives_nothing(folder: str) -> None:
    for unit in ("sentences", "tokens"):
        encoder = SentenceEncoder(model=folder, unit=unit)
        assert encoder.encode(Transcript((), "txt")).values.shape == (0, 32)
        assert encoder.encode(parse_transcript("  ")).values.shape == (0, 32)
    assert SentenceEncoder(model=folder).embed([]).shape == (0, 32)


def test_fingerprints_change_with_settings_and_weights(folder: str, tmp_path: Path) -> None:
    other = str(sentence_encoder(tmp_path, seed=1))
    encoders = [
        SentenceEncoder(model=model, **options)
        for model, options in [
            (folder, {}), (other, {}), (folder, {"pooling": "cls"}), (folder, {"layer": 2}),
            (folder, {"window_words": 5}), (folder, {"prefix": "a"}), (folder, {"unit": "tokens"}),
            (folder, {"normalize": False}), (folder, {"overlap_tokens": 3}),
            (folder, {"layer": [1, 1, 1, 1]}),
        ]
    ]  # fmt: skip
    assert len({encoder.fingerprint for encoder in encoders}) == len(encoders)


@pytest.mark.parametrize("options", [{"pooling": "max"}, {"unit": "words"}])
def test_settings_that_make_no_sense(folder: str, options: dict) -> None:
    with pytest.raises(InputError, match="expected pooling among mean, cls, last and unit among"):
        SentenceEncoder(model=folder, **options)
