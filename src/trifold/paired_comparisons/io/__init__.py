"""Judgements in (``reading``, ``answers``) and results out (``tables``, ``plots``, ``page``).

``simulate`` draws judgements of known scores, ``make`` writes some to try the command on.
"""
