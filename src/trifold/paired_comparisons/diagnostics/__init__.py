"""What scores from comparisons are worth: reliability, consistency, halo, raters, what to ask next.

``warnings`` puts into sentences what a user must be told.
"""
