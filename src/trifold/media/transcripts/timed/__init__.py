"""Subtitles and captions.

Formats: ``cues`` (WebVTT, SRT, SBV), ``subtitles`` (ASS, SAMI, MicroDVD and the like), ``ttml``
and ``youtube``. They share ``clock`` (times), ``markup``, ``sounds`` (with ``sound_words``),
``lines`` (cues, lines and turns), ``named_cues``, ``repetition`` (captions that roll) and
``xml_tree``.
"""
