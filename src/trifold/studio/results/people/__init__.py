"""One person of a run: results, recordings, cues, and what is taken out."""
