"""Scores from pairwise judgements ("which clip has more of it?"), with what to know about them.

``analysis.analyse`` takes ``Comparisons`` to an ``Analysis``, by ``settings``. ``model`` fits, with
a nuclear norm over dimensions or a ridge for each; ``diagnostics`` asks what the scores are worth;
``io`` reads tables of judgements and writes tables, plots and the page.
"""
