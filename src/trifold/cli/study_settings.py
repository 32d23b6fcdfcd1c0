"""What the settings of studies may be."""

from __future__ import annotations

from trifold.cli.setting import FLAG, TEXT, Setting, choice, whole

_SCORES = Setting("there", "a table of scores or ratings, a run folder or a folder of scores")
_LIST = Setting("list", "a list of columns")
_STUDY = {
    "input": _SCORES,
    "run": Setting("there", "a run folder", optional=True),
    "suffix": choice("rater", "question_id", "session", "target", optional=True),
    "only": _LIST,
    "draws": whole(100),
    **dict.fromkeys(("candidate_id", "rater", "question_id", "session", "target", "score"), TEXT),
    "sheet": TEXT,
}
_DAYS = Setting("number", "days of 0 or more", True, 0)
_VALIDITY = {
    "criterion": TEXT,
    "success": Setting("number", "a number", optional=True),
    "beside": _LIST,
    "reliability": Setting("number", "a number up to 1", True, 0, 1),
    **dict.fromkeys(("reliability_kind", "reliability_source"), TEXT),
}
_IMPACT = {
    "groups": Setting("there", "a table of self-reported groups"),
    "group_columns": _LIST,
    **dict.fromkeys(("decision", "event", "criterion", "sex", "race"), TEXT),
    "cut": Setting("number", "a score", optional=True),
    "local_law_144": FLAG,
    "left_out": Setting("list", "a list of 'group: reason'"),
}
STUDIES: dict[str, dict[str, Setting]] = {
    "reliability": _STUDY | {"design": TEXT, "days": _DAYS},
    "validate": _STUDY | _VALIDITY,
    "manual": _STUDY
    | _VALIDITY
    | _IMPACT
    | {
        "days": _DAYS,
        "facts": Setting("there", "a YAML file of headings and text", optional=True),
        "norms": Setting("there", "a norm table", optional=True),
        "panel": Setting("there", "a folder of trifold panel", optional=True),
        "groups": Setting("there", "a table of self-reported groups", optional=True),
    },
    "norms": _STUDY
    | {
        "out": Setting("output", "a file such as norms.json"),
        "norm_id": Setting("text", "a short name"),
        "population": Setting("text", "who they are"),
        "language": Setting("text", "a code such as en"),
        "country": Setting("text", "a code such as GB"),
        **dict.fromkeys(("collected_from", "collected_to"), Setting("text", "a day, YYYY-MM-DD")),
        **dict.fromkeys(("model", "schema", "questions"), TEXT),
        "force": FLAG,
    },
    "impact": _STUDY | _IMPACT,
    "panel": {
        "classes": Setting("list", "a list", choices=tuple("ABCDEFG")),
        "only": Setting("list", "a list of perturbations", optional=True),
        "people": whole(2, optional=True),
        "clip_s": Setting("number", "seconds above 0", True, 0, inside=True),
        "limits.*": Setting("number", "a number of 0 or more", low=0),
    },
}
