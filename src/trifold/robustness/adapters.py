"""Changes of samples, pictures and words in the form in which a perturbation holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from trifold.contracts import Array, Frame, Transcript
from trifold.robustness.catalogue import Context, Frames, Sound, Words
from trifold.robustness.perturbations import sound, voice, words


def each(change: Callable[..., Array], **settings: object) -> Frames:
    """A change of single pictures, as one of a stream of them."""

    def changed(frames: Iterable[Frame], _: Context) -> Iterator[Frame]:
        for frame in frames:
            yield replace(frame, image=change(frame.image, **settings))

    return changed


def held(share: float | None = None, rate_hz: float | None = None) -> Frames:
    """Pictures that stand until the next: a ``share`` is lost, or few come a second."""

    def changed(frames: Iterable[Frame], context: Context) -> Iterator[Frame]:
        shown: Frame | None = None
        for frame in frames:
            lost = share is not None and context.generator.random() < share
            early = (
                rate_hz is not None
                and shown is not None
                and (int(frame.time_s * rate_hz) == int(shown.time_s * rate_hz))
            )
            if shown is None or not (lost or early):
                shown = frame
            yield replace(frame, image=shown.image)

    return changed


def heard(change: Callable[..., Array], **settings: object) -> Sound:
    """A change of samples that needs neither rate nor chance."""
    return lambda samples, _rate, _context: change(samples, **settings)


def rated(change: Callable[..., Array], **settings: object) -> Sound:
    """A change of samples that needs their rate."""
    return lambda samples, rate_hz, _context: change(samples, rate_hz=rate_hz, **settings)


def drawn(change: Callable[..., Array], **settings: object) -> Sound:
    """A change of samples that draws."""
    return lambda samples, _rate, context: change(samples, generator=context.generator, **settings)


def room(rt60_s: float) -> Sound:
    """A room with this reverberation time."""
    return lambda samples, rate_hz, context: sound.reverberation(
        samples, rate_hz=rate_hz, rt60_s=rt60_s, generator=context.generator
    )


def said(change: Callable[..., Transcript], *args: object) -> Words:
    """A change of words that draws on nothing."""
    return lambda transcript, _: change(transcript, *args)


def misheard(rate: float) -> Words:
    """Words misheard at a rate."""
    return lambda transcript, context: words.misheard(
        transcript, rate=rate, vocabulary=context.vocabulary, generator=context.generator
    )


def shuffled(transcript: Transcript, context: Context) -> Transcript:
    """The same words in another order."""
    return words.shuffled(transcript, generator=context.generator)


def random_words(transcript: Transcript, context: Context) -> Transcript:
    """As many words, drawn from all that was said."""
    return words.random_words(
        transcript, vocabulary=context.vocabulary, generator=context.generator
    )


def of_another(transcript: Transcript, context: Context) -> Transcript:
    """Another person's words, where somebody else spoke."""
    return transcript if context.other is None else words.of_another(transcript, context.other)


def at_tempo(factor: float) -> Sound:
    """A voice faster by ``factor`` at its pitch."""
    return lambda samples, rate_hz, _: voice.tempo(samples, rate_hz=rate_hz, factor=factor)
