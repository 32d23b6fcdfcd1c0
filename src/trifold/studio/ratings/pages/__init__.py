"""Pages of rating: targets, the rater's bench, pairs, and agreement."""

from __future__ import annotations

from trifold.studio.ratings.pages import agreement, pairs, rating, targets

AREAS = (*targets.AREAS, *rating.AREAS, *agreement.AREAS)
PAGES = (*targets.PAGES, *rating.PAGES, *pairs.PAGES, *agreement.PAGES)
