"""Score and read: candidates with intervals, side by side, one by one, and out."""
