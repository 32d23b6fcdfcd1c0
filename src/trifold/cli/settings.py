"""What every setting of a command may be, in one table.

Names are those of ``configs/``, with ``*`` for any part. What is a path or free text is taken as it
is written, whatever signs are in it (``trifold.cli.arguments``); the rest follows Hydra's grammar.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from trifold.pretrained.packages import PACKAGED
from trifold.shipped import MAPS, SCHEMAS
from trifold.terms import PURPOSES

Kind = Literal["there", "output", "text", "flag", "whole", "number", "choice", "list"]
BASELINES = (
    "train_mean",
    "answer_length",
    "ridge_pooled",
    "kernel_ridge",
    "sum_of_kernels",
    "support_vectors",
    "random_forest",
    "stack",
)


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        kind: ``there`` (a path where something is), ``output`` (a path that can be written),
            ``text``, ``flag``, ``whole`` or real ``number``, one ``choice``, or a ``list``.
        what: in words, for messages.
        optional: null is allowed.
        low: smallest number.
        high: largest number.
        inside: neither of the two.
        choices: of a choice, or of the items of a list; none allows any.
        shipped: group of files that come with Trifold, whose names do too.
    """

    kind: Kind
    what: str = ""
    optional: bool = False
    low: float = float("-inf")
    high: float = float("inf")
    inside: bool = False
    choices: tuple[str, ...] = ()
    shipped: str = ""

    @property
    def literal(self) -> bool:
        """Whether the text on the command line is the value."""
        return self.kind in ("there", "output", "text")


def _whole(low: int, **more: Any) -> Setting:
    return Setting("whole", f"a whole number of {low} or more", low=low, **more)


def _choice(*choices: str, **more: Any) -> Setting:
    return Setting("choice", choices=choices, **more)


_MEDIA = Setting("there", "a folder or manifest of media")
_FOLDER = Setting("output", "a folder that can be written")
_SHARE = Setting("number", "a number between 0 and 1", low=0, high=1, inside=True)
_TEXT, _FLAG = Setting("text", "text", optional=True), Setting("flag", "true or false")

SETTINGS: dict[str, Setting] = {
    "input": _MEDIA,
    "bundle": Setting("there", "a run folder or bundle"),
    "run": Setting("there", "a run folder"),
    "runs": Setting("there", "a folder of run folders"),
    "comparisons": Setting("there", "a table of judgements"),
    "map": Setting("there", "a map between target schemas", optional=True, shipped=MAPS),
    "out": _FOLDER,
    "paths.weights": Setting("text", "a folder", optional=True),  # may be one to read from alone
    "paths.*": _FOLDER,
    "corpora.root": Setting("there", "the corpus"),
    "corpora.test_root": Setting("there", "a corpus to test on", optional=True),
    "corpora.path": Setting("there", "a manifest with labels"),
    "corpora.schema": Setting("there", "a YAML file that names the targets", shipped=SCHEMAS),
    "corpora.terms": _TEXT,
    "corpora.labels": _choice(
        "observer_hexaco", "competencies", "self_hexaco", "self_hexaco_as_published"
    ),
    "corpora.near_empty": _choice("keep", "drop"),
    "corpora.retakes": _choice("keep", "first", "last"),
    "corpora.answer_labels": _choice("refuse", "mean", "separate"),
    "corpora.unit": _choice("answer", "person"),
    "corpora.splits": _choice("official", "by_person"),
    "candidates": _choice("auto", "file", "folder", "manifest"),
    "links": _choice("inside", "all"),
    "spreadsheets": Setting("list", "a list", choices=("xlsx", "ods")),
    "leave_out": Setting("list", "a list of targets"),
    "corpora.speaker": _TEXT,
    "speaker": _TEXT,
    "language": _TEXT,
    "purpose": _choice(*PURPOSES),
    "rights": _TEXT,
    "candidate": Setting("text", "an id", optional=True),
    "keep_days": Setting("number", "days of 0 or more", True, 0),
    "terms": _TEXT,
    "name": Setting("text", "a name"),
    "reference": Setting("text", "the name of a run"),
    "stream": Setting("text", "the name of an encoder"),
    "address": _TEXT,
    "asr.model": Setting("text", "a hub id or folder (docs: Recognise speech)"),
    "asr.revision": _TEXT,
    "asr.language": _TEXT,
    "encoders.*.model": Setting("text", "a hub id or folder"),
    "encoders.*.revision": _TEXT,
    "plugins": Setting("list", "a list of files such as [mine.py]"),
    "trusted_keys": Setting("there", "a file of public keys", optional=True),
    "report": _FLAG,
    "evidence": _FLAG,
    "program": _FLAG,
    "partial": _FLAG,
    "synthetic": _FLAG,
    "adaptive": _FLAG,
    "progress": _FLAG,
    "coverage": Setting("number", "a number between 0 and 1", True, 0, 1, inside=True),
    "engine": _choice("local", "ray", "inline"),
    "workers": _whole(1, optional=True),
    "timeout_s": Setting("number", "seconds above 0", True, 0, inside=True),
    "gpus_per_worker": Setting("number", "a number of 0 or more", low=0),
    "seed": _whole(0),
    "seeds": Setting("list", "a list of whole numbers such as [0,1,2]"),
    "resamples": _whole(1),
    "split": _choice("train", "val", "test", "all"),
    "shard": Setting("text", "a part such as 2/4", optional=True),
    "withhold": Setting("list", "a list of codes such as [NO_FACE,LOW_LIGHT]"),
    "quality.*_db": Setting("number", "decibels", optional=True),
    "quality.face_scenes": Setting("number", "a number of 0 or more", True, 0),
    "quality.*": Setting("number", "a number from 0 to 1", True, 0, 1),
    "modalities": Setting("list", "a list", choices=("text", "audio", "video")),
    "streams": Setting("list", "a list of encoders", optional=True),
    "baselines": Setting("list", "a list", choices=BASELINES),
    "dimensions": Setting("list", "a list of columns", optional=True),
    "limits.words": _whole(0, optional=True),
    "limits.speech_s": Setting("number", "seconds of 0 or more", True, 0),
    "limits.distance": Setting("number", "a number between 0 and 1", True, 0, 1, inside=True),
    "trainer.max_epochs": _whole(1),
    "learner.folds": _whole(0),
    "learner.repeats": _whole(1),
    "learner.batch_size": _whole(1),
    "learner.patience": _whole(1),
    "learner.sampling": _choice("candidates", "question"),
    "learner.prior": _choice("zero", "skill"),
    "model.folds": _whole(2),
    "model.debias": _choice("slopes", "refit", "none"),
    "model.halves": _whole(1),
    "model.pairs": _whole(0),
    "model.seed": _whole(0),
}
_SCORES = Setting("there", "a table of scores or ratings, a run folder or a folder of scores")
_LIST = Setting("list", "a list of columns")
_STUDY = {
    "input": _SCORES,
    "run": Setting("there", "a run folder", optional=True),
    "suffix": _choice("rater", "question_id", "session", "target", optional=True),
    "only": _LIST,
    "draws": _whole(100),
    **dict.fromkeys(("candidate_id", "rater", "question_id", "session", "target", "score"), _TEXT),
}
_DAYS = Setting("number", "days of 0 or more", True, 0)
_VALIDITY = {
    "criterion": _TEXT,
    "success": Setting("number", "a number", optional=True),
    "beside": _LIST,
    "reliability": Setting("number", "a number up to 1", True, 0, 1),
    **dict.fromkeys(("reliability_kind", "reliability_source"), _TEXT),
}
_IMPACT = {
    "groups": Setting("there", "a table of self-reported groups"),
    "group_columns": _LIST,
    **dict.fromkeys(("decision", "event", "criterion", "sex", "race"), _TEXT),
    "cut": Setting("number", "a score", optional=True),
    "local_law_144": _FLAG,
}
BY_COMMAND: dict[str, dict[str, Setting]] = {
    "reliability": _STUDY | {"design": _TEXT, "days": _DAYS},
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
        **dict.fromkeys(("model", "schema", "questions"), _TEXT),
        "force": _FLAG,
    },
    "impact": _STUDY | _IMPACT,
    "panel": {
        "classes": Setting("list", "a list", choices=tuple("ABCDEFG")),
        "only": Setting("list", "a list of perturbations", optional=True),
        "people": _whole(2, optional=True),
        "clip_s": Setting("number", "seconds above 0", True, 0, inside=True),
        "limits.*": Setting("number", "a number of 0 or more", low=0),
    },
    "score": {"norms": Setting("there", "a norm table of trifold norms", optional=True)},
    "train": {"folds": _whole(0), "coverage": _SHARE},
    "probe": {"folds": _whole(2)},
    "export": {
        "run": Setting("there", "a run folder", optional=True),
        "out": Setting("output", "a folder that can be written", optional=True),
        "bundle": Setting("there", "a bundle", optional=True),
        "sign": Setting("there", "a private key", optional=True),
    },
    "weights": {
        "names": Setting("list", "a list", optional=True, choices=tuple(PACKAGED)),
        "fetch": _FLAG,
    },
    "check": {"out": Setting("output", "a file that can be written", optional=True)},
    "forget": {
        "out": Setting("there", "a folder that trifold score wrote", optional=True),
        "bundle": Setting("there", "a run folder or bundle", optional=True),
    },
}


def setting_of(name: str, command: str) -> Setting | None:
    """The table's line about a setting, if it has one."""
    table = BY_COMMAND.get(command, {})
    if name in table or name in SETTINGS:
        return table.get(name) or SETTINGS[name]
    known = [*table.items(), *SETTINGS.items()]
    return next((found for key, found in known if fnmatchcase(name, key)), None)
