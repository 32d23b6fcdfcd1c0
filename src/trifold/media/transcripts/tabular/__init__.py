"""Formats with a row per cue, word or turn.

Tables ``with_header`` and ``headerless``, labels of ``audacity``, ``records`` of lines with a key
each (``Speaker:``, ``Time:``, ``Text:``), and ``rows`` of speech recognition benchmarks.
"""
