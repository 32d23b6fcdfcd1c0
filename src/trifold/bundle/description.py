"""What a bundle says of itself, read from ``bundle.json`` and checked before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from trifold.bundle.integrity.checksums import member
from trifold.contracts import Modality, Target, TargetSchema
from trifold.errors import BundleError
from trifold.forms import Grid, form_of, grid_of
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.runtime.strict_json import read_object

FORMAT = 1
DESCRIPTION = "bundle.json"
WEIGHTS, REFERENCE = "weights.safetensors", "reference.safetensors"
HASHES = ("weights_sha256", "reference_sha256")
LONGEST_NAME, LONGEST_TEXT = 200, 20_000
LARGEST = 1_000_000  # width of a stream, or whole number of a specification
LEVELS = {"candidate", "answer"}
SOURCES = ("observer", "self_report", "synthetic")


@dataclass(frozen=True)
class Stream:
    """One encoder of the bundle: how to build it and what it must be.

    Attributes:
        spec: of the encoder.
        modality: of its tokens.
        dim: their width.
        fingerprint: of the encoder.
        resolution: smallest scale of each column that a network was fitted with; none in bundles
            of before and where the encoder says none.
    """

    spec: Mapping[str, Any]
    modality: Modality
    dim: int
    fingerprint: str
    resolution: Sequence[float] = ()


@dataclass(frozen=True)
class Description:
    """All of a bundle but the weights; JSON-ready.

    Attributes:
        name: of the run.
        synthetic: True when trained on generated people.
        terms: licence terms of the training corpus.
        schema: the K targets.
        streams: stream name to encoder.
        network: specification of the network.
        coverage: nominal coverage of the intervals.
        targets: specification of the transform between scores and the network's targets.
        limits: what makes a score doubtful: fewer ``words`` or ``speech_s`` over all answers, a
            ``distance`` above it. What is not named has no limit.
        half_width: ``candidate``, ``answer`` and the key of every form that was told apart to K
            conformal half-widths on the schema's scale; None where too few held-out candidates were
            there to calibrate.
        words_from: ``given`` or a recogniser's fingerprint to the number of training answers whose
            words came so; empty in bundles from before that was written down.
        codecs: ``audio`` and ``video``, of those that the model uses, to codec to the number of
            training recordings that were encoded so; empty in bundles from before that was written
            down and in those trained on published features.
        answer_variance: target to how its score varies over a person's answers; without targets of
            which that could not be told, and empty in bundles from before that was written down.
    """

    name: str
    synthetic: bool
    terms: str
    schema: TargetSchema
    streams: Mapping[str, Stream]
    network: Mapping[str, Any]
    coverage: float
    half_width: Mapping[str, list[float | None]]
    targets: Mapping[str, Any] = field(default_factory=lambda: dict(STANDARD_TARGETS))
    limits: Mapping[str, float] = field(default_factory=dict)
    words_from: Mapping[str, int] = field(default_factory=dict)
    codecs: Mapping[Modality, Mapping[str, int]] = field(default_factory=dict)
    answer_variance: Mapping[str, AnswerVariance] = field(default_factory=dict)

    @property
    def grid(self) -> Grid | None:
        """The forms that intervals are told apart by; None in bundles from before there were."""
        return grid_of(self.half_width)

    @property
    def stream_dims(self) -> dict[str, int]:
        """Stream name to token width."""
        return {name: stream.dim for name, stream in self.streams.items()}

    @property
    def stream_modality(self) -> dict[str, Modality]:
        """Stream name to modality."""
        return {name: stream.modality for name, stream in self.streams.items()}

    @property
    def stream_resolution(self) -> dict[str, Sequence[float]]:
        """Stream name to the smallest scale of its columns, of streams that have one."""
        return {name: s.resolution for name, s in self.streams.items() if s.resolution}

    @property
    def fingerprints(self) -> dict[str, str]:
        """Stream name to encoder fingerprint."""
        return {name: stream.fingerprint for name, stream in self.streams.items()}

    @property
    def encoder_specs(self) -> dict[str, Mapping[str, Any]]:
        """Stream name to encoder specification."""
        return {name: stream.spec for name, stream in self.streams.items()}


def read_description(folder: Path) -> tuple[Description, dict[str, str]]:
    """The description of a bundle, and the SHA-256 of the files that belong to it.

    Raises:
        BundleError: when there is none, it is of another format, or a part of it is missing or
            cannot be right.
    """
    path = member(folder, DESCRIPTION, what=f"a run folder with {DESCRIPTION}")
    facts = read_object(path, BundleError)
    if facts.get("format") != FORMAT:
        came = repr(facts.get("format"))[:80]
        raise BundleError(expected=f"bundle format {FORMAT}", got=came, where=path)
    try:
        hashes = {name: _text(facts[name], name, 64) for name in HASHES if name in facts}
        description = _description(facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            expected="a complete description", got=str(error)[:300], where=path
        ) from error
    if HASHES[0] not in hashes:
        raise BundleError(expected="a complete description", got=f"no {HASHES[0]}", where=path)
    return description, hashes


def _description(facts: Mapping[str, Any]) -> Description:
    """Rebuild the dataclasses from JSON.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: where something is missing or not right.
    """
    fields = {k: v for k, v in facts.items() if k not in ("format", *HASHES)}
    schema = fields.pop("schema")
    targets = tuple(_target(Target(**target)) for target in schema["targets"])
    names = [target.name for target in targets]
    _require(len(targets) > 0 and len(set(names)) == len(names), "targets of different names")
    named = TargetSchema(_text(schema["name"], "name of the schema"), targets)
    streams = {
        _text(name, "name of a stream"): _stream(Stream(**stream))
        for name, stream in fields.pop("streams").items()
    }
    variances = fields.pop("answer_variance", {})
    _require(set(variances) <= set(names), "answer_variance of the targets")
    varied = {name: _variance(AnswerVariance(**one)) for name, one in variances.items()}
    made = Description(schema=named, streams=streams, answer_variance=varied, **fields)
    _text(made.name, "name")
    _text(made.terms, "terms", LONGEST_TEXT)
    _require(isinstance(made.synthetic, bool), "synthetic of true or false")
    _require(0 < _number(made.coverage, "coverage") < 1, "coverage between 0 and 1")
    for what, spec in (("network", made.network), ("targets", made.targets)):
        _moderate(spec, what)
    _require(set(made.half_width) >= LEVELS, "half_width of candidate and answer")
    for form in set(made.half_width) - LEVELS:
        form_of(form)
    for widths in made.half_width.values():
        _require(len(widths) == len(targets), "a half_width for each target")
        _require(all(w is None or _number(w, "half_width") >= 0 for w in widths), "half_width >= 0")
    for name, limit in made.limits.items():
        _number(limit, f"limit {name[:LONGEST_NAME]}")
    _counts(made.words_from, "words_from")
    _require(set(made.codecs) <= {"audio", "video"}, "codecs of audio and video")
    for modality, counts in made.codecs.items():
        _counts(counts, f"codecs of {modality}")
    return made


def _counts(counts: Mapping[str, int], what: str) -> None:
    _require(isinstance(counts, dict), f"{what} that names numbers")
    for name, count in counts.items():
        _text(name, f"a name in {what}")
        whole = isinstance(count, int) and not isinstance(count, bool)
        _require(whole and count > 0, f"{what} of numbers above 0")


def _target(target: Target) -> Target:
    _text(target.name, "name of a target")
    low, high = _number(target.low, "low"), _number(target.high, "high")
    _require(low < high, f"low below high of target {target.name}")
    _require(target.source in SOURCES, f"source among {', '.join(SOURCES)}")
    _require(target.polarity in (1, -1), "polarity 1 or -1")
    return target


def _variance(found: AnswerVariance) -> AnswerVariance:
    for what in ("persons", "answers"):
        value = _number(getattr(found, what), what)
        _require(0 <= value < float("inf"), f"{what} of a variance")
    _require(isinstance(found.people, int) and found.people > 0, "people above 0")
    _text(found.withheld, "withheld", LONGEST_TEXT)
    return found


def _stream(stream: Stream) -> Stream:
    _moderate(stream.spec, "encoder")
    _require(stream.modality in get_args(Modality), f"modality among {get_args(Modality)}")
    _require(isinstance(stream.dim, int) and 0 < stream.dim <= LARGEST, f"dim 1 to {LARGEST}")
    _text(stream.fingerprint, "fingerprint")
    widths = stream.resolution
    _require(len(widths) in (0, stream.dim), "a resolution for each column of a stream")
    _require(all(_number(width, "resolution") >= 0 for width in widths), "resolutions >= 0")
    return replace(stream, resolution=tuple(widths))


def _moderate(spec: object, what: str) -> None:
    """A specification holds no number that only a bomb would: loops and lists run over some."""
    _require(isinstance(spec, dict), f"a mapping for {what}")
    parts = [spec]
    while parts:
        part = parts.pop()
        if isinstance(part, dict | list):
            parts.extend(part.values() if isinstance(part, dict) else part)
        elif isinstance(part, int) and abs(part) > LARGEST:
            raise ValueError(f"expected whole numbers up to {LARGEST} in {what}, got {part}")


def _text(value: object, what: str, longest: int = LONGEST_NAME) -> str:
    """Text that a terminal, a table and a page can show."""
    good = isinstance(value, str) and len(value) <= longest
    _require(good and str(value).replace("\n", " ").isprintable(), f"{what} of printable text")
    return str(value)


def _number(value: object, what: str) -> float:
    _require(isinstance(value, int | float) and not isinstance(value, bool), f"a number as {what}")
    return float(value)  # type: ignore[arg-type]


def _require(right: bool, expected: str) -> None:
    if not right:
        raise ValueError(f"expected {expected}")
