"""Transcripts of any format: found beside recordings, read, and reduced to the candidate's words.

===============  =======================================================================
``beside``       which file is the transcript of a recording (``beside_names``,
                 ``beside_ends``: how names go together; ``languages``: tags in them)
``reading``      a file to a ``Transcript``; what all formats share is done here
``formats``      the formats, in the order in which they are tried
``parsed``       what the reader of one format returns
``speakers``     labels in texts become speakers; which speaker is the candidate
``timing``       times on the clock of the recording
``vtt``          writing WebVTT
===============  =======================================================================

Readers by family: ``timed`` (subtitles), ``tabular`` (rows and tables), ``json``, ``annotation``
(tools of linguists) and ``text`` (plain text, with decoding, Markdown and documents).

A file goes through ``text.decoding`` or ``text.documents``, ``text.markdown``, the first format
that recognises it, and ``speakers.labels``; then, where candidate and recording are known,
through ``speakers.candidate`` and ``timing``.
"""
