"""Bradley-Terry models of comparisons on several dimensions.

``comparisons`` holds the data, ``likelihood`` the model with ties and raters' biases,
``rater_effects`` estimates these. ``solver`` minimises with a nuclear norm (its weight by
``selection``, the shrinkage undone by ``calibration``), ``ridge`` fits each dimension alone.
``uncertainty`` gives standard errors (``blocks``), ``graph`` says what comparisons connect.
"""
