"""Adverse impact of decisions, cuts and scores on self-reported groups.

``study`` is a whole study: ``groups`` divides people, ``decisions`` says who was selected,
``two_groups`` compares each group with the one of the highest rate, ``cut_scores`` tries every
cut (``plots``), and ``multiplicity`` corrects for the number of tests. ``prediction`` asks whether
equal scores mean equal criteria; ``power`` says what a study can find. ``local_law_144`` and
``public_summary`` are the tables that New York City asks for.
"""
