"""Languages of a model are read off its card, its configuration, or stated by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.models import sentence_encoder
from trifold.contracts import Clip, Segment, Transcript
from trifold.encoders.text.sentence_encoder import SentenceEncoder
from trifold.errors import InputError
from trifold.features.clip import extract_clip
from trifold.features.store import FeatureStore
from trifold.pretrained.languages import check_languages, stated_languages

CARDS = {
    "---\nlanguage: en\n---\n# A model": ("en",),
    "---\nlanguage:\n- en\n- de-AT\n- en\nlicense: mit\n---\n": ("en", "de"),
    "---\nlanguage:\n- multilingual\n- en\n---\n": ("multilingual",),
    "---\nlanguage:\n- no\n---\n": ("no",),
    "---\nlanguage: English please\n---\n": None,
    "---\nlanguage: [\n---\n": None,
    "---\nlicense: mit\n---\nlanguage: en\n": None,
    "# A model\n\n---\nlanguage: en\n---\n": None,
}


@pytest.mark.parametrize(("card", "codes"), CARDS.items())
def test_the_head_of_a_card_is_read_and_nothing_else(tmp_path: Path, card: str, codes) -> None:
    (tmp_path / "README.md").write_text(card)
    assert stated_languages(tmp_path) == codes


def test_a_configuration_is_asked_where_the_card_says_nothing(tmp_path: Path) -> None:
    assert stated_languages(tmp_path) is None
    (tmp_path / "config.json").write_text(json.dumps({"languages": ["fr", "it"]}))
    assert stated_languages(tmp_path) == ("fr", "it")
    (tmp_path / "README.md").write_text("---\nlanguage: en\n---\n")
    assert stated_languages(tmp_path) == ("en",)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_card(tmp_path_factory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("card")
    (folder / "README.md").write_bytes(b"---\nlanguage: " + content)
    (folder / "config.json").write_bytes(content)
    stated_languages(folder)


@pytest.mark.parametrize("wrong", ["en", [], ["English please"], [7]])
def test_languages_that_are_none_are_refused(wrong) -> None:
    with pytest.raises(InputError, match="expected languages such as"):
        check_languages(wrong)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return sentence_encoder(tmp_path_factory.mktemp("model"))


def test_words_of_another_language_are_left_out_where_languages_are_stated(
    model: Path, tmp_path: Path
) -> None:
    said = Transcript((Segment("Wir planen."),), "asr", language="de")
    clip, store = Clip("a", "a", None, transcript=said), FeatureStore(tmp_path)

    def record(**options):
        encoder = SentenceEncoder(model=str(model), **options)
        return extract_clip(clip, {"text": encoder}, store), encoder.fingerprint

    (unknown, first), (english, second) = record(), record(languages=["en"])
    (german, _), (any_one, _) = record(languages=["de"]), record(languages=["multilingual"])
    assert first == second  # the same tokens, whoever reads them
    assert english.error_message.endswith("text OTHER_LANGUAGE")
    for read in (unknown, german, any_one):
        assert set(read.content) == {"text"}
    assert unknown.remarks == {
        "LANGUAGES_NOT_STATED": "which languages text reads is stated nowhere"
    }
    assert german.remarks == any_one.remarks == {}
