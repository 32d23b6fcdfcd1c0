"""How a learner is tested: by cross-validation, or once on a test split.

``crossval`` is the loop over folds: ``fold`` trains and scores one, ``fold_workers`` spreads them
over processes and ``fold_files`` keeps them on disk. ``testing`` trains and tests on given splits.

``short_scores`` scores every interview as if less of it had been recorded; ``linking`` and
``link_lines`` put such scores on the scale of whole interviews; ``answer_scores`` scores every
answer alone and every interview without it.
"""
