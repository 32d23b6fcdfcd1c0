"""All tables: whoever makes or compares a database needs every one to be known."""

from __future__ import annotations

from trifold.studio.database.base import Base
from trifold.studio.database.people import Account, Attempt, KnownBrowser, Membership, SignIn
from trifold.studio.database.projects import Candidate, Project, Recording, Upload
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.work import CandidateResult, Job, Run, TargetResult

__all__ = [
    "Account",
    "Attempt",
    "Base",
    "Candidate",
    "CandidateResult",
    "Comparison",
    "Job",
    "KnownBrowser",
    "Membership",
    "Project",
    "Rating",
    "Recording",
    "Run",
    "SignIn",
    "TargetResult",
    "Upload",
]
