"""``trifold drift bundle=RUN scores=FOLDER out=DIR``: whether who came is unlike training."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.bundle.description import DESCRIPTION
from trifold.bundle.integrity.checksums import sha256
from trifold.commands.shared import existing
from trifold.drift.comparison import counted
from trifold.drift.profile import FILE, read_profile
from trifold.drift.reading import read_observations
from trifold.drift.report import report_of
from trifold.errors import InputError


def drift(config: DictConfig) -> list[Path]:
    """Hold scored people against those of the bundle's training.

    Raises:
        InputError: when the bundle knows nothing of those, or there are no scores by it.
    """
    bundle = existing(config.bundle, what="a run folder or bundle")
    scores = existing(config.scores, what="a folder of trifold score, or its table of candidates")
    profile = read_profile(bundle)
    if profile is None:
        raise InputError(
            expected=f"a bundle with {FILE}: trained by this version on 30 people or more, or "
            "exported with usual=FOLDER",
            got="none",
            where=bundle,
        )
    bundle_id = sha256(bundle / DESCRIPTION)[:12]
    counts = counted(profile, read_observations(scores, bundle_id))
    report = report_of(profile, counts, title=str(scores), bundle=bundle_id)
    print(*report.lines(), sep="\n")
    if unknown := [name for name, own in counts.items() if not any(own)]:
        print(f"not told, as nobody of them has it: {', '.join(unknown)}")
    return report.write(Path(config.out))
