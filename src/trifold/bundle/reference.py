"""What a bundle knows of its training candidates as a group: errors, norms and distribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from trifold.bundle.out_of_distribution import GaussianStats, TrainingDistribution
from trifold.contracts import Array
from trifold.errors import BundleError
from trifold.forms import Form, form_of
from trifold.psychometrics.intervals import conformal_half_width
from trifold.psychometrics.short_forms import widths_by_form

CANDIDATE, ANSWER = LEVELS = ("candidate", "answer")
LEAST_NORM = 30  # candidates, below which a percentile says nothing


@dataclass(frozen=True)
class Reference:
    """Numbers by which single scores are read; no row of it belongs to anybody.

    Attributes:
        errors: ``candidate``, and the key of every form that was told apart, to (n, K) absolute
            held-out errors, each column sorted, NaN at the end where a target has fewer. In bundles
            from before there were forms, ``candidate`` and ``answer``.
        norms: (m, K) held-out scores of training candidates, each column sorted likewise.
        distribution: distribution of their pooled features, None where there are too few.
    """

    errors: Mapping[str, Array] = field(default_factory=dict)
    norms: Array | None = None
    distribution: TrainingDistribution | None = None

    def half_widths(self, coverage: float) -> dict[str, list[float | None]]:
        """Split-conformal half-widths, as in ``half_widths_of``."""
        return half_widths_of(self.errors, coverage)

    def percentiles(self, scores: Array) -> Array | None:
        """Mid-rank percentiles of (K,) scores among those of training candidates, 0 to 100.

        None without norms; NaN for targets with fewer than 30.
        """
        if self.norms is None:
            return None
        columns = [column[np.isfinite(column)] for column in self.norms.T]
        return np.array([_percentile(s, c) for s, c in zip(scores, columns, strict=True)])


def make_reference(
    residuals: Array,
    by_form: Mapping[Form, Array],
    scores: Array,
    distribution: TrainingDistribution | None,
) -> Reference:
    """From what training left out.

    Args:
        residuals: (n, K) label minus score of held-out candidates, NaN where there is none.
        by_form: form to the same of candidates who show no more than that.
        scores: (n, K) held-out scores of training candidates.
        distribution: of their features.
    """
    errors = {CANDIDATE: residuals} | {form.key: values for form, values in by_form.items()}
    return Reference(
        errors={level: _sorted(np.abs(values)) for level, values in errors.items()},
        norms=_sorted(scores),
        distribution=distribution,
    )


def half_widths_of(errors: Mapping[str, Array], coverage: float) -> dict[str, list[float | None]]:
    """Half-widths of ``candidate``, of every form and of an ``answer`` in which all is shown.

    Args:
        errors: see ``Reference``.
        coverage: between 0 and 1.

    Returns:
        Level or form key to K half-widths; None where n is too small for the coverage.
    """
    levels = {level: half_widths(errors[level], coverage) for level in LEVELS if level in errors}
    by_form = {form_of(key): values for key, values in errors.items() if key not in LEVELS}
    forms = widths_by_form(by_form, coverage=coverage)
    found = levels | {form.key: _or_none(widths) for form, widths in forms.items()}
    if forms:
        found[ANSWER] = _or_none(forms[max(forms, key=lambda f: (len(f.shown), -f.answers))])
    return found


def half_widths(residuals: Array, coverage: float) -> list[float | None]:
    """(n, K) residuals to K half-widths; None where n is too small for the coverage."""
    return _or_none([conformal_half_width(column, coverage=coverage) for column in residuals.T])


def write_reference(path: Path, reference: Reference) -> None:
    """Write it as safetensors."""
    arrays = {f"errors.{level}": values for level, values in reference.errors.items()}
    if reference.norms is not None:
        arrays["norms"] = reference.norms
    if reference.distribution is not None:
        arrays["domain.distances"] = reference.distribution.distances
        for form, distances in reference.distribution.by_form.items():
            arrays[f"distances.{form}"] = distances
        for stream, gaussian in reference.distribution.gaussians.items():
            parts = {
                "mean": gaussian.mean,
                "root": gaussian.root,
                "scale": np.array([gaussian.scale]),
            }
            arrays |= {f"cloud.{part}.{stream}": values for part, values in parts.items()}
    save_file({name: np.ascontiguousarray(values) for name, values in arrays.items()}, path)


def read_reference(path: Path) -> Reference:
    """Read what ``write_reference`` wrote.

    Raises:
        BundleError: when it is damaged or incomplete.
    """
    try:
        arrays = load_file(path)
        errors = _below(arrays, "errors.")
        half_widths_of({CANDIDATE: errors[CANDIDATE]} | errors, 0.5)  # keys are levels or forms
        streams = [k.removeprefix("cloud.mean.") for k in arrays if k.startswith("cloud.mean.")]
        gaussians = {stream: _gaussian(arrays, stream) for stream in streams}
        by_form = _below(arrays, "distances.")
        distribution = (
            TrainingDistribution(gaussians, arrays["domain.distances"], by_form)
            if gaussians
            else None
        )
    except (SafetensorError, KeyError, ValueError, TypeError, IndexError, OSError) as error:
        raise BundleError(
            expected="errors, norms and distribution of the training candidates",
            got=str(error)[:300],
            where=path,
        ) from error
    return Reference(errors, arrays.get("norms"), distribution)


def check_reference(
    reference: Reference, stream_dims: Mapping[str, int], num_targets: int, path: Path
) -> None:
    """Hold its shapes against the description that it belongs to.

    Args:
        reference: as it was read.
        stream_dims: stream name to token width.
        num_targets: K.
        path: file that the message names.

    Raises:
        BundleError: naming the first array of another shape, or of something else than numbers.
    """
    columns = {f"errors.{level}": values for level, values in reference.errors.items()}
    columns |= {} if reference.norms is None else {"norms": reference.norms}
    shapes: dict[str, tuple[Array, tuple[int, ...]]]
    shapes = {
        name: (values, (len(values), num_targets))
        for name, values in columns.items()
        if values.ndim
    }
    for stream, gaussian in (
        reference.distribution.gaussians if reference.distribution else {}
    ).items():
        dim = stream_dims.get(stream, -1)
        shapes |= {
            f"mean of {stream}": (gaussian.mean, (dim,)),
            f"root of {stream}": (gaussian.root, (dim, dim)),
        }
    if reference.distribution is not None:
        by_form = {"domain.distances": reference.distribution.distances} | {
            f"distances.{form}": values for form, values in reference.distribution.by_form.items()
        }
        shapes |= {name: (values, (values.size,)) for name, values in by_form.items()}
    wrong = [
        (name, values)
        for name, (values, shape) in shapes.items()
        if values.shape != shape or not np.issubdtype(values.dtype, np.floating)
    ]
    wrong += [(name, values) for name, values in columns.items() if values.ndim != 2]
    for name, values in wrong:
        raise BundleError(
            expected="a reference of the description's shapes",
            got=f"{name} of {values.dtype}{list(values.shape)}",
            where=path,
        )


def _below(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def _or_none(widths: Iterable[float]) -> list[float | None]:
    return [float(width) if np.isfinite(width) else None for width in widths]


def _gaussian(arrays: Mapping[str, Array], stream: str) -> GaussianStats:
    mean, root, scale = (arrays[f"cloud.{part}.{stream}"] for part in ("mean", "root", "scale"))
    return GaussianStats(mean, root, float(scale[0]))


def _sorted(values: Array) -> Array:
    """Each column in order, NaN last; rows without any number are left out."""
    ordered = np.sort(values, axis=0)
    kept: Array = ordered[np.isfinite(ordered).any(axis=1)]
    return kept


def _percentile(score: float, ordered: Array) -> float:
    if len(ordered) < LEAST_NORM:
        return float("nan")
    below = np.searchsorted(ordered, score, side="left")
    up_to = np.searchsorted(ordered, score, side="right")
    return float(50.0 * (below + up_to) / len(ordered))
