"""Language models read with prompts: the same features however they are computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.factories.models import llm, sentence_encoder
from trifold.contracts import Transcript
from trifold.encoders.text.prompting.prompted import PromptedLanguageModel
from trifold.encoders.text.prompting.prompts import CLOSE, OPEN
from trifold.encoders.text.prompting.questionnaire import QuestionnaireReading
from trifold.errors import EncoderError, InputError
from trifold.media.transcripts.reading import parse_transcript

ROOT = Path(__file__).parents[2] / "configs/encoders"
PROMPT = {
    "name": "short", "source": "test", "instruction": "Read the answer for:\n{traits}",
    "cue": "The speaker is", "traits": {"openness": "curious", "extraversion": "social"},
}  # fmt: skip
ITEMS = [
    {"text": "Am the life of the party.", "scale": "E"},
    {"text": "Keep in the background.", "scale": "E", "reversed": True},
    {"text": "Am always prepared.", "scale": "C"},
]
FORM = {"name": "form", "source": "test", "options": [1, 2, 3, 4, 5], "items": ITEMS,
        "ask": "\nStatement: {item}\nAnswer: "}  # fmt: skip
SENTENCES = "I plan every step. Then we talk, and I rest! "
SAID = [
    parse_transcript(
        f"[00:00 - 00:{10 + n}] " + "I plan every step. Then we talk, and I rest! " * n
    )
    for n in (1, 4, 2, 3)
]
ASKED = ["Why?", None, "How do you deal with criticism?", None]
KINDS = ["qwen2", "mistral"]  # the second sees 16 tokens back at most


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("llms")
    return {kind: str(llm(root / kind, kind=kind)) for kind in KINDS}


def prompted(model: str, **options) -> PromptedLanguageModel:
    return PromptedLanguageModel(model=model, **{"prompt": PROMPT, **options})


def filled_in(model: str, **options) -> QuestionnaireReading:
    return QuestionnaireReading(model=model, prompt=PROMPT, questionnaire=FORM, **options)


def one_by_one(encoder) -> list:
    return [encoder.encode(t, question=q) for t, q in zip(SAID, ASKED, strict=True)]


def assert_same(found, expected) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-4)
        np.testing.assert_array_equal(one.start_s, other.start_s)
        np.testing.assert_array_equal(one.end_s, other.end_s)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize(
    "options",
    [{"span": "cue", "layer": 2}, {"span": "sentences", "window_tokens": 40, "layer": "mean"},
     {"span": "last", "end_token": True}],
    ids=str,
)  # fmt: skip
def test_batches_padding_and_reuse_do_not_matter(models, kind, chat, options) -> None:
    options = {**options, "prompt": {**PROMPT, "chat": chat}}
    together = prompted(models[kind], batch_size=3, **options)
    alone = prompted(models[kind], batch_size=1, reuse_prefix=False, **options)
    assert together.fingerprint == alone.fingerprint
    assert_same(together.encode_batch(SAID, [None] * 4, ASKED), one_by_one(alone))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context", ["earlier_items", "none"])
def test_ratings_do_not_depend_on_batches_and_reuse(models, kind: str, context: str) -> None:
    together = filled_in(models[kind], batch_size=3, context=context)
    alone = filled_in(models[kind], batch_size=1, reuse_prefix=False, context=context)
    assert_same(together.encode_batch(SAID, [None] * 4, ASKED), one_by_one(alone))


def reference_prompt(model: str, transcript: Transcript, question: str) -> tuple:
    """Model, tokenizer and prompt ids by transformers alone."""
    words = AutoTokenizer.from_pretrained(model)
    pieces = [
        f"{PROMPT['instruction']}\n".replace(
            "{traits}", "- openness: curious\n- extraversion: social"),
        f"The interviewer asked: {question}\n", f"{OPEN}\n",
        *(f" {s}" for s in ("I plan every step.", "Then we talk, and I rest!")),
        f"\n{CLOSE}\n{PROMPT['cue']}",
    ]  # fmt: skip
    before, _, after = "The interviewer asked: {question}\n".partition("{question}")
    pieces[1:2] = [before, question, after]
    ids = [i for piece in pieces for i in words(piece)["input_ids"]]
    return AutoModelForCausalLM.from_pretrained(model).eval(), words, ids


@torch.inference_mode()
def test_the_last_state_is_that_of_the_whole_prompt(models) -> None:
    model, _, ids = reference_prompt(models["qwen2"], SAID[0], "Why?")
    states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
    for layer in (1, -1):
        found = prompted(models["qwen2"], layer=layer).encode(SAID[0], question="Why?")
        np.testing.assert_allclose(found.values[0], states[layer][0, -1].numpy(), atol=1e-4)
        assert (found.start_s[0], found.end_s[0]) == (0, 11)


@torch.inference_mode()
def test_ratings_are_expectations_with_earlier_answers_in_context(models) -> None:
    model, words, ids = reference_prompt(models["qwen2"], SAID[0], "Why?")
    options = [words(str(n))["input_ids"][0] for n in range(1, 6)]
    expected = []
    for chain in (ITEMS[:2], ITEMS[2:]):
        so_far = list(ids)
        for item in chain:
            so_far += words(f"\nStatement: {item['text']}\nAnswer: ")["input_ids"]
            chance = model(torch.tensor([so_far])).logits[0, -1, options].softmax(dim=0)
            expected.append(float(chance @ torch.arange(1.0, 6.0)))
            so_far.append(options[int(chance.argmax())])
    found = filled_in(models["qwen2"]).encode(SAID[0], question="Why?").values[0]
    np.testing.assert_allclose(found[:3], expected, atol=1e-4)
    np.testing.assert_allclose(found[3:], [(found[0] + 6 - found[1]) / 2, found[2]], atol=1e-5)


def test_each_sentence_has_its_seconds_and_pieces_cover_the_answer(models) -> None:
    whole = prompted(models["qwen2"], span="sentences").encode(SAID[1])
    pieces = prompted(models["qwen2"], span="sentences", window_tokens=40).encode(SAID[1])
    assert whole.values.shape == pieces.values.shape == (8, 32)
    np.testing.assert_array_equal(whole.start_s, pieces.start_s)
    assert (np.diff(whole.start_s) > 0).all()
    assert (whole.end_s[:-1] <= whole.start_s[1:]).all()
    assert whole.end_s[-1] == 14
    assert np.abs(whole.values[0] - pieces.values[0]).max() < 1e-4  # a causal model
    assert np.abs(whole.values[-1] - pieces.values[-1]).max() > 1e-2
    cut = prompted(models["qwen2"], window_tokens=40).encode(SAID[1])
    assert len(cut.values) > 1
    assert (cut.start_s[0], cut.end_s[-1]) == (0, 14)


def test_a_sentence_longer_than_a_window_is_cut_not_lost(models) -> None:
    said = parse_transcript("and then we talk " * 12)
    found = prompted(models["qwen2"], span="answer", window_tokens=16).encode(said)
    assert len(found.values) > 3


def test_nothing_said_gives_nothing(models) -> None:
    for encoder in (prompted(models["qwen2"]), filled_in(models["qwen2"])):
        empty, full = encoder.encode_batch([Transcript((), "txt"), SAID[0]], [None, None])
        assert empty.values.shape == (0, encoder.dim)
        assert full.values.shape == (1, encoder.dim)
        assert encoder.encode(parse_transcript("\u200b")).values.shape == (0, encoder.dim)


def test_fingerprints_change_with_what_changes_the_features(models, tmp_path: Path) -> None:
    base = prompted(models["qwen2"])
    other_weights = str(llm(tmp_path, seed=1))
    changed = [
        prompted(other_weights),
        prompted(models["qwen2"], layer=1),
        prompted(models["qwen2"], span="cue"),
        prompted(models["qwen2"], trait="openness"),
        prompted(models["qwen2"], window_tokens=99),
        prompted(models["qwen2"], precision="bfloat16"),
        prompted(models["qwen2"], prompt={**PROMPT, "cue": "They are"}),
        prompted(models["qwen2"], end_token=True),
        filled_in(models["qwen2"]),
        filled_in(models["qwen2"], context="none"),
    ]
    assert len({encoder.fingerprint for encoder in [base, *changed]}) == 11
    same = prompted(models["qwen2"], batch_size=1, device="cpu", reuse_prefix=False)
    assert same.fingerprint == base.fingerprint


def test_questions_change_what_is_read(models) -> None:
    encoder = prompted(models["qwen2"])
    plain, asked = (encoder.encode(SAID[0], question=q).values for q in (None, "Why?"))
    assert np.abs(plain - asked).max() > 1e-3


def test_a_model_that_cannot_reuse_is_read_anew_with_the_same_result(tmp_path: Path) -> None:
    """BERT attends in both directions: what comes later changes what came before."""
    encoder = prompted(str(sentence_encoder(tmp_path)), span="answer", window_tokens=40)
    together = encoder.encode_batch(SAID[:2], [None, None])
    assert encoder.reader()[0].reuse is False
    assert_same(together, [encoder.encode(t) for t in SAID[:2]])


def test_causal_models_reuse_their_prefix(models) -> None:
    for kind in KINDS:
        encoder = prompted(models[kind])
        assert encoder.reader()[0].reuse is True


@pytest.mark.parametrize(
    ("options", "message"),
    [({"span": "middle"}, "expected a span among last, cue, answer, sentences"),
     ({"trait": "mood"}, "expected a trait among openness, extraversion, got 'mood'"),
     ({"layer": 9}, "expected a layer from -4 to 3, got 9"),
     ({"window_tokens": 0}, "positive window_tokens")],
)  # fmt: skip
def test_settings_that_make_no_sense(models, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prompted(models["qwen2"], **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"items": []}, "0 items, 5 options"), ({"options": [1]}, "3 items, 1 options"),
     ({"ask": "Rate it."}, "ask 'Rate it.'"), ({"items": [{"text": "a"}]}, "'scale'"),
     ({"mood": 1}, "unexpected keyword argument 'mood'")],
)  # fmt: skip
def test_incomplete_questionnaires_are_refused(models, change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        QuestionnaireReading(model=models["qwen2"], prompt=PROMPT, questionnaire={**FORM, **change})
    with pytest.raises(InputError, match="expected context among earlier_items, none"):
        filled_in(models["qwen2"], context="some")


def test_a_model_without_head_cannot_fill_in_a_questionnaire(tmp_path: Path) -> None:
    model = str(sentence_encoder(tmp_path))
    encoder = QuestionnaireReading(model=model, prompt=PROMPT, questionnaire=FORM)
    with pytest.raises(EncoderError, match="expected all weights of the model, got none for cls"):
        encoder.encode(SAID[0])


def test_published_configs_run_on_a_model(models) -> None:
    prompt = yaml.safe_load((ROOT / "prompts/questionnaire.yaml").read_text())
    form = yaml.safe_load((ROOT / "questionnaires/mini_ipip.yaml").read_text())
    encoder = QuestionnaireReading(model=models["qwen2"], prompt=prompt, questionnaire=form)
    (values,) = encoder.encode(SAID[0]).values
    assert values.shape == (25,)
    assert ((values >= 1) & (values <= 5)).all()
    assert len(set(values.round(4).tolist())) > 15
