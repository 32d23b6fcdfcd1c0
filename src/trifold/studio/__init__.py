"""The studio: one page in the browser, from rated videos to scores.

A thin face on the functions that the commands call. What it keeps for itself (accounts, projects,
ratings, jobs) is in a database; rows, pages and bundles are the same files as everywhere.
"""
