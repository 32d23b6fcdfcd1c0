"""Formats of annotation tools: ELAN, Praat, CHAT, Transcriber and EXMARaLDA.

``tiers`` chooses, of tiers that hold the same speech as sentences, words and phones, the one to
read.
"""
