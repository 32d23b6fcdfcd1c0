"""Who speaks, by labels in the text, and which speaker is the candidate.

``heads`` finds places that look like labels, ``label_counts`` counts them over a transcript,
``naming`` decides which are labels (``label_words``, ``role_words``: words that help;
``misspelt``: roles that were mistyped), and ``labels`` and ``word_labels`` move them out of the
text. ``roles`` says what a label means in an interview, ``candidate`` keeps the candidate's
words, and ``stated`` applies the settings ``speaker`` and ``language``.
"""
