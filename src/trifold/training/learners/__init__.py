"""Learners: each turns a ``Dataset`` into a trained network with held-out scores, see ``base``.

======================  ================================================================
``network``             a fusion network by gradient descent, with inner folds
``kernels``             an additive Gaussian process (multiple kernel learning)
``ensemble``            a weighted mean of learners
``residual``            a network that is trained on another learner's residuals
``principal``           any learner, on principal components of the targets
``other_scores``        any learner, given scores by models of other corpora
======================  ================================================================

``inner_folds``, ``wrapping``, ``readout`` and ``never_shown`` are steps that several of them take.
"""
