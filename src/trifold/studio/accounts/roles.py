"""What an account may do: its role says it, and membership says in which projects."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Something that a page or a form lets somebody do."""

    SEE_OWN = "see own account"
    SEE_PROJECTS = "see projects"
    MAKE_PROJECTS = "make and change projects"
    SEE_RECORDINGS = "see recordings"
    CHANGE_RECORDINGS = "upload recordings and say whose they are"
    RATE = "rate"
    SEE_RATINGS = "see ratings of all"
    TRAIN = "train"
    SCORE = "score"
    SEE_SCORES = "see scores"
    OVERRIDE = "override a score, with a reason"
    NOTE_CONSENT = "record notices and consents"
    SERVE_PEOPLE = "export and delete what is held of a person"
    SEE_JOBS = "see and stop jobs"
    MANAGE_ACCOUNTS = "manage accounts"
    SEE_LOG = "see the log"


class Role(StrEnum):
    """Of an account."""

    RATER = "rater"
    RECRUITER = "recruiter"
    PSYCHOLOGIST = "psychologist"
    ADMINISTRATOR = "administrator"


_EVERYBODY = frozenset({Action.SEE_OWN, Action.SEE_PROJECTS})
# raters never see scores: they would rate what the model says
MAY: dict[Role, frozenset[Action]] = {
    Role.RATER: _EVERYBODY | {Action.RATE},
    Role.RECRUITER: _EVERYBODY
    | {
        Action.SEE_RECORDINGS,
        Action.CHANGE_RECORDINGS,
        Action.NOTE_CONSENT,
        Action.SCORE,
        Action.SEE_SCORES,
        Action.OVERRIDE,
        Action.SEE_JOBS,
    },
    Role.PSYCHOLOGIST: _EVERYBODY
    | {
        Action.MAKE_PROJECTS,
        Action.SEE_RECORDINGS,
        Action.CHANGE_RECORDINGS,
        Action.SEE_RATINGS,
        Action.TRAIN,
        Action.SCORE,
        Action.SEE_SCORES,
        Action.OVERRIDE,
        Action.NOTE_CONSENT,
        Action.SERVE_PEOPLE,
        Action.SEE_JOBS,
    },
    Role.ADMINISTRATOR: _EVERYBODY
    | {
        Action.MAKE_PROJECTS,
        Action.NOTE_CONSENT,
        Action.SERVE_PEOPLE,
        Action.SEE_JOBS,
        Action.MANAGE_ACCOUNTS,
        Action.SEE_LOG,
    },
}


def may(role: str, action: Action) -> bool:
    """Whether a role allows an action."""
    return action in MAY[Role(role)]


def sees_all_projects(role: str) -> bool:
    """Whether a role needs no membership: who manages accounts gives them to projects."""
    return Role(role) is Role.ADMINISTRATOR
