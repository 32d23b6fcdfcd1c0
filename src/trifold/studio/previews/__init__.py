"""Copies of recordings that browsers can play, made where they cannot play the recording itself."""
