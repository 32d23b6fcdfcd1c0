"""Media files as the rest of the program sees them: questions to a process that opens each of them.

Every byte of a recording is parsed by FFmpeg in a child of its own, which has no right to open a
file, to use the network or to start a program, and bounds on memory and time; see ``child``. What
comes back are numbers, texts, waveforms and pictures, whose form is checked. Encoders stay where
their weights are: to fork a process that holds PyTorch and ONNX Runtime is not safe once they have
started threads, and a filter that lets their libraries and drivers work holds little.

On other systems than Linux, and with ``sandbox=off``, the same is done in this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trifold.contracts import Array
from trifold.errors import DecodeError, DecoderLostError
from trifold.media.container.facts import FileFacts, read_facts
from trifold.media.container.file import media_file
from trifold.media.decoder.children import Child
from trifold.media.decoder.operations import OpenFile, Step, answer
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.levels import ChannelLevels
from trifold.media.sound.measuring import unpacked
from trifold.runtime.sandbox.mode import decodes_apart


class Decoder:
    """Answers questions about one media file; what it holds for that ends with this object.

    Args:
        path: of the file.

    A question raises ``DecodeError`` where the file cannot be opened or decoded, and
    ``DecoderLostError`` where the process that did it ended, or took too much memory or time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._child: Child | None = None
        self._kept = DecodedSound()  # where this process decodes

    def streams(self) -> FileFacts:
        """What the headers say of the streams."""
        return self._checked(self._only("streams"))

    def look(self) -> FileFacts:
        """What the file holds, after all its packets were gone through."""
        return self._checked(self._only("look"))

    def levels(self, *, track: int | None) -> tuple[FileFacts, dict[int, ChannelLevels]]:
        """Tracks of sound, and how loud they are where there are several channels.

        Args:
            track: index of the only one that is looked at; None looks at all.
        """
        step = self._only("levels", track=track)
        try:
            return self._checked(step), unpacked(step.facts.get("levels"), step.arrays)
        except (ValueError, TypeError) as error:
            raise self._lied() from error

    def waveform(self, **details: Any) -> Iterator[Array]:
        """(N,) float32 pieces of one channel, see ``trifold.media.sound.waveform``."""
        for step in self._ask("waveform", **details):
            if [(one.ndim, one.dtype.name) for one in step.arrays] != [(1, "float32")]:
                raise self._lied()
            yield step.arrays[0]

    def pictures(self, **details: Any) -> Iterator[tuple[Array, float]]:
        """(H, W, 3) uint8 pictures with their seconds, see ``trifold.media.picture.sampled``."""
        for step in self._ask("pictures", **details):
            time_s = step.facts.get("time_s")
            kinds = [(one.shape[2:], one.dtype.name) for one in step.arrays]
            if kinds != [((3,), "uint8")] or not isinstance(time_s, int | float):
                raise self._lied()
            yield step.arrays[0], time_s

    def forget(self) -> None:
        """Let go of sound that was kept."""
        self._kept.forget()
        if self._child is not None and self._child.is_open and not self._child.busy:
            list(self._child.ask("forget", {}))

    def _only(self, what: str, **details: Any) -> Step:
        """The step of an answer that has one."""
        steps = list(self._ask(what, **details))
        if len(steps) != 1:
            raise self._lied()
        return steps[0]

    def _ask(self, what: str, **details: Any) -> Iterator[Step]:
        if decodes_apart():
            yield from self._free_child().ask(what, details)
            return
        with media_file(self.path) as media:
            try:
                yield from answer(OpenFile(media, self._kept), what, details)
            except DecodeError as error:
                raise DecodeError(
                    expected=error.expected, got=error.got, where=self.path
                ) from error

    def _free_child(self) -> Child:
        """The child of this file; another while that one still answers a question."""
        if self._child is not None and self._child.is_open:
            return Child(self.path) if self._child.busy else self._child
        self._child = Child(self.path)
        return self._child

    def _checked(self, step: Step) -> FileFacts:
        try:
            return read_facts(step.facts)
        except (ValueError, TypeError) as error:
            raise self._lied() from error

    def _lied(self) -> DecoderLostError:
        got = "one that said what it must not"
        return DecoderLostError(expected="a decoder that lives", got=got, where=self.path)
