"""Priors of the routing find the modality that a target was planted in."""

from __future__ import annotations

import numpy as np

from tests.training.test_learners import make_data
from trifold.network.blocks.routing import PATHS
from trifold.training.gradient.prior import path_skill


def test_a_target_is_read_where_it_was_planted() -> None:
    data = make_data()  # the first target shows in the words, the second in the voice
    data.labels[::7, 1] = np.nan
    skill = np.array(path_skill(data.batch, data.labels, data.stream_modality))
    at = {path: i for i, path in enumerate(PATHS)}
    assert skill.shape == (2, 6)
    assert skill[0, at["text"]] > np.log(0.7)
    assert skill[1, at["audio"]] > np.log(0.7)
    assert skill[0, at["audio"]] < np.log(0.1)
    assert (skill[:, at["video"]] == np.log(0.01)).all()
    np.testing.assert_allclose(skill[:, at["text+video"]], skill[:, at["text"]])
    assert (skill[:, at["text+audio"]] > np.log(0.7)).all()
