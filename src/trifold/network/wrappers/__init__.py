"""Networks built around other networks; each is a ``FusionNetwork`` itself.

========================  ==============================================================
``base``                  what all of them share: one network inside, or several
``ensemble``              weighted mean of several networks
``corrected``             a base and a network that was trained on its residuals
``linking``               scores of part of an interview on the scale of the whole
``readout``               a Gaussian process in the place of the heads
``rotated``               components of the targets, turned back to the targets
``shortcut``              a plain network to which a deep one adds
``own_question``          one network per target, for the answers to its own question
``own_targets``           the targets of one corpus, after training on several
``other_scores``          scores by models of other corpora as one more stream
``blind``                 streams hidden of which training had no token
``lora``                  an encoder trained together with the network inside
========================  ==============================================================
"""
