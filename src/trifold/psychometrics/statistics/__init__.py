"""Statistics that several parts need: intervals of shares, regression, resampling, tidy tables."""
