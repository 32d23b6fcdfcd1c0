"""All tables: whoever makes or compares a database needs every one to be known."""

from __future__ import annotations

from pathlib import Path

from trifold.database.upgrade import Migrations
from trifold.studio.database.base import Base
from trifold.studio.database.people import Account, Attempt, KnownBrowser, Membership, SignIn
from trifold.studio.database.projects import Candidate, Project, Recording, Upload
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.work import CandidateResult, Job, Run, TargetResult

MIGRATIONS = Migrations(Path(__file__).with_name("migrations"), whose="a studio's", lock=7_240_119)

__all__ = [
    "MIGRATIONS",
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
