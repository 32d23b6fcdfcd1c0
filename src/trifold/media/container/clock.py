"""One clock for a stream whose time stamps jump: restarted, joined or broken recordings."""

from __future__ import annotations

RESTART_S = 1.0  # a step back by more is a new start: two recordings joined, or a chained stream
LONGEST_SILENCE_S = 600.0  # a longer jump ahead is a broken time stamp, not a silence
LONGEST_DARK_S = 6 * 3600.0  # cameras are switched off for longer than nothing is heard
USUAL_FRAME_S = 1 / 25  # of what carries neither a time nor a duration


class Clock:
    """Turns the stamps of one stream into times that run on.

    After a step back, as at the seam of two joined recordings, and after a jump too far ahead,
    times go on from where they were.

    Args:
        zero_s: stamp of time 0; None takes the first.
        longest_gap_s: between two stamps that are to be believed.
    """

    def __init__(self, zero_s: float | None, *, longest_gap_s: float = LONGEST_SILENCE_S) -> None:
        self._zero_s, self._longest_gap_s = zero_s, longest_gap_s
        self._latest_s = 0.0
        self.end_s = 0.0  # of all that was seen

    def time(self, stamp_s: float | None, duration_s: float) -> float:
        """Seconds from the start of what carries this stamp; without one it follows the last."""
        time_s = self.end_s if stamp_s is None else self._since_zero(stamp_s)
        self._latest_s = max(self._latest_s, time_s)
        self.end_s = max(self.end_s, time_s + max(0.0, duration_s))
        return time_s

    def _since_zero(self, stamp_s: float) -> float:
        if self._zero_s is None:
            self._zero_s = stamp_s
        time_s = stamp_s - self._zero_s
        if self._latest_s - RESTART_S <= time_s <= self.end_s + self._longest_gap_s:
            return time_s
        self._zero_s = stamp_s - self.end_s
        return self.end_s
