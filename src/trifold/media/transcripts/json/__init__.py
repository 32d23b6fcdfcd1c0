"""JSON of any tool, read by what its fields mean and not by which tool wrote it.

``files`` is the entry: JSON, JSON Lines or printed Python to objects. ``tree`` walks through them
with the words of ``vocabulary``; ``fields`` gives text, speaker and kind of an object, ``times``
its times. A file often holds the same speech several times, each of which is a level, a list of
``Fragment`` (``words``): ``levels`` merges them into one, ``segments`` makes segments of it.
``tables`` and ``tiers`` are for files built otherwise, ``quirks`` for what single services do;
``kinds`` names the tool.
"""
