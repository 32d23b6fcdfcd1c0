"""Commands in this process, as the command line composes them, on small real media."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from tests.factories.media import VTT, voice, write_media
from tests.scoring.scoring_factory import tiny_bundle
from trifold.cli.arguments import prepared
from trifold.cli.checking import checked

PEOPLE = ("ann", "bob", "eve")


def config(command: str, *words: str) -> DictConfig:
    """The settings that these words mean."""
    return checked(prepared(list(words), command), command)


def interviews(folder: Path, people: tuple[str, ...] = PEOPLE) -> Path:
    """A recording with its transcript per person; sound alone is enough here."""
    for number, name in enumerate(people):
        write_media(folder / f"{name}.wav", audio=voice(2.0, seed=number), audio_codec="pcm_s16le")
        (folder / f"{name}.vtt").write_text(VTT.replace("plan", f"plan as {name} does"))
    return folder


def scoring(root: Path, *words: str, out: str = "out") -> DictConfig:
    """``trifold score`` of ``root/media`` with a bundle that is made where there is none."""
    if not (root / "bundle").exists():
        tiny_bundle(root / "bundle", media=True)
    return config(
        "score", f"input={root}/media", f"bundle={root}/bundle", f"out={root}/{out}",
        f"paths.features={root}/features", f"paths.transcripts={root}/transcripts",
        "engine=inline", "progress=false", "asr=none", *words,
    )  # fmt: skip
