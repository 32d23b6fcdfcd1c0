"""The files that perturbations write of one candidate's recordings, and what is read from them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from trifold.robustness.catalogue import Perturbation
from trifold.robustness.recoding import PictureCode, with_pictures, with_sound
from trifold.robustness.source import HeldSource, MixedSource


class WrittenFiles:
    """Writes recordings anew; all codes of a picture in one pass, when the first is asked for.

    Args:
        folder: where they lie until it is removed.
        codes: of pictures, name of a perturbation to code.
    """

    def __init__(self, folder: Path, codes: Mapping[str, PictureCode]) -> None:
        self.folder, self.codes = folder, codes
        self._pictures: dict[Path, dict[str, Path]] = {}

    def of(self, clean: HeldSource, perturbation: Perturbation) -> HeldSource:
        """The clip as it is read from the file that a perturbation writes.

        What is not there to be encoded anew, or not in a file at all, stays as it is.

        Raises:
            DecodeError: when it cannot be written so.
        """
        path = clean.clip.path
        if path is None:
            return clean
        target = Path(tempfile.mkdtemp(dir=self.folder)) / "recording"
        if perturbation.file is not None:
            return self._read(clean, perturbation.file(path, target))
        if perturbation.sound_code is not None:
            if not clean.info.has_audio:
                return clean
            written = self._read(clean, with_sound(path, target, perturbation.sound_code))
        else:
            if not clean.info.has_video:
                return clean
            if path not in self._pictures:
                self._pictures[path] = with_pictures(path, target.parent, self.codes)
            written = self._read(clean, self._pictures[path][perturbation.name])
        return MixedSource(clean, written, perturbation.parts)

    def _read(self, clean: HeldSource, path: Path) -> HeldSource:
        return HeldSource(replace(clean.clip, path=path), clean.store)
