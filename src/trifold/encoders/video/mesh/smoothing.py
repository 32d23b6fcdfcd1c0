"""Series of measures over time: smoothed, their speeds, ranges and blinks. NaN where nothing is.

What codecs do to single frames is noise without memory; what people do lasts. So speeds and ranges
are taken of smoothed series.
"""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array

CLOSED, OPENED = 0.25, 0.15  # closure at which a blink begins and ends
SURELY_CLOSED = 0.4  # from which a blink counts as one; less counts as part of one
LONGEST_BLINK_S = 0.8
OPEN_QUANTILE = 0.8  # of the openings around a moment: an eye that is open
OPEN_WITHIN_S = 3.0  # before and after; who looks down for longer has no shut eyes


def smoothed(values: Array, times: Array, runs: Array, *, sigma_s: float) -> Array:
    """Gaussian means over time, of what belongs to the same run.

    Args:
        values: (N, C).
        times: (N,) in seconds, rising.
        runs: (N,) number of the unbroken stretch that a row belongs to.
        sigma_s: deviation of the weights.
    """
    total, weights = np.zeros_like(values), np.zeros_like(values)
    for now, then in _neighbours(times, reach_s=2.5 * sigma_s):
        weight = np.exp(-0.5 * np.square((times[then] - times[now]) / sigma_s))
        weight = np.where(runs[then] == runs[now], weight, 0.0)[:, None]
        seen = np.isfinite(values[then])
        total[now] += np.where(seen, weight * np.where(seen, values[then], 0.0), 0.0)
        weights[now] += np.where(seen, weight, 0.0)
    known = np.isfinite(values) & (weights > 0)
    return np.where(known, total / np.where(known, weights, 1.0), np.nan)


def speeds(values: Array, times: Array, runs: Array) -> Array:
    """(N, C) absolute change per second, over the frames before and after; NaN at ends of runs."""
    out = np.full_like(values, np.nan)
    if len(values) > 2:
        apart = (times[2:] - times[:-2])[:, None]
        change = np.abs(values[2:] - values[:-2]) / np.maximum(apart, 1e-3)
        out[1:-1] = np.where((runs[2:] == runs[:-2])[:, None], change, np.nan)
    return out


def ranges(values: Array, times: Array, *, reach_s: float) -> Array:
    """(N, C) largest minus smallest within ``reach_s`` before and after."""
    low, high = np.full_like(values, np.inf), np.full_like(values, -np.inf)
    for now, then in _neighbours(times, reach_s=reach_s):
        near = (np.abs(times[then] - times[now]) <= reach_s + 1e-9)[:, None]
        seen = np.isfinite(values[then]) & near
        low[now] = np.minimum(low[now], np.where(seen, values[then], np.inf))
        high[now] = np.maximum(high[now], np.where(seen, values[then], -np.inf))
    return np.where(np.isfinite(values), high - low, np.nan)


def closure(opening: Array, times: Array) -> Array:
    """(N,) 0 for eyes as open as they mostly are around that time, 1 for shut ones.

    Args:
        opening: (N,) of the lids.
        times: (N,) in seconds, rising.
    """
    usual = _quantile_around(opening, times)
    closed: Array = np.clip(1 - opening / np.maximum(usual, 1e-3), 0.0, 1.0)
    return closed


def _quantile_around(values: Array, times: Array) -> Array:
    """(N,) quantile of what is seen in the seconds before and after, NaN where nothing is."""
    near = [np.full(0, np.nan)]
    for now, then in _neighbours(times, reach_s=OPEN_WITHIN_S):
        row = np.full(len(values), np.nan)
        close = np.abs(times[then] - times[now]) <= OPEN_WITHIN_S
        row[now] = np.where(close, values[then], np.nan)
        near.append(row)
    if len(near) == 1:
        return np.full(len(values), np.nan)
    ordered = np.sort(np.stack(near[1:]), axis=0)  # NaN last
    seen = np.isfinite(ordered).sum(axis=0)
    place = OPEN_QUANTILE * np.maximum(seen - 1, 0)
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    columns = np.arange(len(values))
    lower, upper = ordered[low, columns], ordered[high, columns]
    between: Array = lower + (place - low) * (upper - lower)
    return between


def filled(values: Array, times: Array, runs: Array) -> Array:
    """(N, C) with holes filled on the line between what was seen before and after, within runs.

    Args:
        values: (N, C).
        times: (N,) in seconds, rising.
        runs: (N,) number of the unbroken stretch that a row belongs to; 0 has no face.
    """
    out = np.full_like(values, np.nan)
    for run in set(runs.tolist()) - {0}:
        rows = runs == run
        for c in range(values.shape[1]):
            seen = rows & np.isfinite(values[:, c])
            if seen.any():
                out[rows, c] = np.interp(times[rows], times[seen], values[seen, c])
    return out


def blinks(closed: Array, times: Array) -> list[tuple[float, float]]:
    """Moments at which eyes shut and opened again soon, and how much of a blink each is, 0 to 1.

    Between two thresholds nothing changes, and a blink that is hardly one hardly counts: a small
    change of the picture is a small change of the rate.

    Args:
        closed: (N,) as of ``closure``.
        times: (N,) in seconds.
    """
    found: list[tuple[float, float]] = []
    since, most = -1.0, 0.0
    for value, time_s in zip(closed.tolist(), times.tolist(), strict=True):
        if not np.isfinite(value):
            most = 0.0
        elif most == 0.0 and value >= CLOSED:
            since, most = time_s, value
        elif most > 0.0 and value <= OPENED:
            share = min(1.0, (most - CLOSED) / (SURELY_CLOSED - CLOSED))
            found += [(since, share)] if time_s - since <= LONGEST_BLINK_S else []
            most = 0.0
        elif most > 0.0:
            most = max(most, value)
    return found


def blink_rate(
    found: list[tuple[float, float]], times: Array, seen: Array, *, sigma_s: float
) -> Array:
    """(N,) blinks per minute around each time, by Gaussian weights; NaN where no eyes are seen.

    Args:
        found: as of ``blinks``.
        times: (N,) in seconds.
        seen: (N,) bool, whether a row shows eyes.
        sigma_s: deviation of the weights.
    """
    counts = np.where(seen, 0.0, np.nan)
    for moment, share in found:
        counts[np.searchsorted(times, moment)] += share
    per_frame = smoothed(counts[:, None], times, np.zeros(len(times)), sigma_s=sigma_s)[:, 0]
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    per_minute: Array = 60 * per_frame / max(step_s, 1e-3)
    return per_minute


def _neighbours(times: Array, *, reach_s: float) -> list[tuple[slice, slice]]:
    """Pairs of slices that lay every row beside those around it that may be near enough."""
    n = len(times)
    step_s = float(np.median(np.diff(times))) if n > 1 else 1.0
    most = min(n - 1, int(np.ceil(reach_s / max(step_s, 1e-3)))) if n else -1
    return [
        (slice(max(0, -k), n - max(0, k)), slice(max(0, k), n - max(0, -k)))
        for k in range(-most, most + 1)
    ]
