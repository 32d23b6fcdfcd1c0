"""Training and its protocol: from labelled candidates to a tested model and its run folder.

====================  ==================================================================
``run``               a whole run; ``assembly`` and ``requirements`` come before
``dataset``           features, labels, splits and people in one row order
``learners``          networks, Gaussian processes and ensembles behind one interface
``gradient``          losses, augmentation and loops of gradient descent
``gaussian_process``  marginal likelihood and leave-one-out predictions
``transfer``          pre-training, teachers and other corpora
``protocol``          cross-validation, tests, links between short and whole interviews
``shortening``        interviews as if less of them had been recorded
``baselines``         simple methods that stand beside every model
``results``           tables, plots, the page and the card of a run
``probing``           which layer of an encoder tells most
====================  ==================================================================
"""
