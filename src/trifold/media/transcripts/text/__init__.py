"""Bytes to text, and plain text to segments.

First steps for all formats: ``decoding`` (with ``encodings``), ``documents`` (.docx, .odt),
``markdown``, ``fragments`` of HTML, and ``literals`` that Python printed. ``not_transcripts``
refuses text files of other kinds.

``plain`` reads plain text: ``copied`` and ``preamble`` take off what nobody said, ``stamps``
finds times and names at the ends of lines, and ``blocks`` cuts at them.
"""
