"""Exact Gaussian processes: how they are fitted, and scores of their own training candidates.

``marginal_likelihood`` finds kernel weights and noise, ``leave_one_out`` predicts each person from
all others in closed form, and ``held_out`` does so for shortened interviews.
"""
