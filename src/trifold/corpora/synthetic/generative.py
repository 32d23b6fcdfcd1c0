"""The generative model behind the synthetic interviews, and how well it can be read at best.

Each candidate has eight independent standard-normal latents: the Big Five and one *planted* trait
per modality. Each cue of answer t is

    u_t = loading · z[trait] + 0.35 ε_person + 0.35 ε_t,   ε standard normal,

and sets one measurable thing: a word family, the voice's pitch, level, pace, pauses or pitch range,
the drawn face's smile, head movement, closeness or gestures. A word family shows in three slots of
an answer; a slot takes its high variant where u_t, standardised, passes −0.8, 0 and 0.8. Labels are
(z + 0.4 ε) / √1.16, at mean 4 and unit variance on a scale from 1 to 7.

Big Five traits load on cues of several modalities, a planted trait on one cue of one modality, so
no other modality knows anything about it. One cue is seen as well as heard: the drawn mouth opens
with the voice, so pauses show in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trifold.contracts import Array, Modality, Target, TargetSchema

TRAITS = (
    "extraversion",
    "agreeableness",
    "conscientiousness",
    "emotional_stability",
    "openness",
    "planted_text",
    "planted_audio",
    "planted_video",
)
SCHEMA = TargetSchema("synthetic", tuple(Target(t, 1.0, 7.0, source="synthetic") for t in TRAITS))


@dataclass(frozen=True)
class TraitCue:
    """One measurable thing, the trait behind it and how strongly it follows it.

    ``also`` names a second modality that gives the cue away.
    """

    name: str
    modality: Modality
    trait: str
    loading: float
    also: Modality | None = None

    def seen_in(self, modalities: tuple[Modality, ...]) -> bool:
        """Whether any of these modalities shows the cue."""
        return self.modality in modalities or self.also in modalities


CUES = (
    TraitCue("words_social", "text", "extraversion", 0.8),
    TraitCue("words_agreement", "text", "agreeableness", 0.8),
    TraitCue("words_order", "text", "conscientiousness", 0.8),
    TraitCue("words_calm", "text", "emotional_stability", 0.8),
    TraitCue("words_novelty", "text", "openness", 0.8),
    TraitCue("words_outdoors", "text", "planted_text", 0.9),
    TraitCue("voice_level", "audio", "extraversion", 0.8),
    TraitCue("voice_rate", "audio", "conscientiousness", 0.8),
    TraitCue("voice_pauses", "audio", "emotional_stability", -0.8, also="video"),
    TraitCue("voice_pitch_range", "audio", "openness", 0.8),
    TraitCue("voice_pitch", "audio", "planted_audio", 0.9),
    TraitCue("face_smile", "video", "agreeableness", 0.8),
    TraitCue("face_head_movement", "video", "extraversion", 0.8),
    TraitCue("face_closeness", "video", "openness", 0.8),
    TraitCue("face_gestures", "video", "planted_video", 0.9),
)
PERSON_NOISE, ANSWER_NOISE, LABEL_NOISE = 0.35, 0.35, 0.4
SLOT_THRESHOLDS = np.array([-0.8, 0.0, 0.8])
LABEL_MEAN, LABEL_SD = 4.0, 1.0


def draw_latents(n: int, generator: np.random.Generator) -> Array:
    """(n, 8) standard-normal latents."""
    return generator.normal(size=(n, len(TRAITS)))


def draw_labels(latents: Array, generator: np.random.Generator) -> Array:
    """(n, 8) labels on the scale from 1 to 7."""
    noisy = latents + LABEL_NOISE * generator.normal(size=latents.shape)
    scaled = LABEL_MEAN + LABEL_SD * noisy / np.sqrt(1 + LABEL_NOISE**2)
    return np.clip(scaled, 1.0, 7.0)


def draw_cues(latents: Array, answers: int, generator: np.random.Generator) -> Array:
    """(n, T, 15) standardised cues of every answer."""
    traits = [TRAITS.index(cue.trait) for cue in CUES]
    loadings = np.array([cue.loading for cue in CUES])
    person = generator.normal(size=(len(latents), 1, len(CUES)))
    answer = generator.normal(size=(len(latents), answers, len(CUES)))
    raw = (latents[:, traits] * loadings)[:, None] + PERSON_NOISE * person + ANSWER_NOISE * answer
    standardized: Array = raw / np.sqrt(loadings**2 + PERSON_NOISE**2 + ANSWER_NOISE**2)
    return standardized


def high_slots(cues: Array) -> Array:
    """How many of a word family's three slots take the high variant, 0 to 3, per cue value."""
    return (cues[..., None] > SLOT_THRESHOLDS).sum(axis=-1)


def ceilings(
    answers: int, *, modalities: tuple[Modality, ...], n: int = 50_000, seed: int = 0
) -> dict[str, float]:
    """Best reachable Spearman per target when every cue is measured without error.

    All but the word cues are jointly Gaussian with the latents, so the best predictor of a label is
    linear in the mean cues; for the counted word slots the linear one is within 0.005 of the best.
    Found by regression on ``n`` simulated candidates.

    Args:
        answers: T answers per candidate.
        modalities: whose cues may be used.
        n: simulated candidates.
        seed: of the simulation.
    """
    generator = np.random.default_rng(seed)
    latents = draw_latents(n, generator)
    labels = draw_labels(latents, generator)
    visible = visible_cues(draw_cues(latents, answers, generator))
    chosen = [i for i, cue in enumerate(CUES) if cue.seen_in(modalities)]
    design = np.column_stack([visible[:, :, chosen].mean(axis=1), np.ones(n)])
    fitted = design @ np.linalg.lstsq(design, labels, rcond=None)[0]
    shown = {CUES[i].trait for i in chosen}
    return {
        trait: round(float(stats.spearmanr(fitted[:, k], labels[:, k]).statistic), 4)
        if trait in shown
        else 0.0
        for k, trait in enumerate(TRAITS)
    }


def visible_cues(cues: Array) -> Array:
    """Cues as a file shows them: word cues only as counts of slots."""
    shown = cues.copy()
    text = [i for i, cue in enumerate(CUES) if cue.modality == "text"]
    shown[..., text] = high_slots(cues[..., text])
    return shown
