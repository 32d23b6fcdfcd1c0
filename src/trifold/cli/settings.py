"""What every setting of a command may be, in one table.

Names are those of ``configs/``, with ``*`` for any part. What is a path or free text is taken as it
is written, whatever signs are in it (``trifold.cli.arguments``); the rest follows Hydra's grammar.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from trifold.cli.setting import FLAG, TEXT, Setting, choice, whole
from trifold.cli.study_settings import STUDIES
from trifold.pretrained.packages import PACKAGED
from trifold.shipped import MAPS, POLICIES, SCHEMAS, names_of
from trifold.terms import PURPOSES

BASELINES = (
    "train_mean",
    "answer_length",
    "own_question_tfidf",
    "ridge_pooled",
    "kernel_ridge",
    "sum_of_kernels",
    "support_vectors",
    "random_forest",
    "stack",
)

_MEDIA = Setting("there", "a folder or manifest of media")
_FOLDER = Setting("output", "a folder that can be written")
_SHARE = Setting("number", "a number between 0 and 1", low=0, high=1, inside=True)

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
    "corpora.name": TEXT,
    "corpora.terms": TEXT,
    "corpora.labels": choice(
        "observer_hexaco", "competencies", "self_hexaco", "self_hexaco_as_published"
    ),
    "corpora.near_empty": choice("keep", "drop"),
    "corpora.doubtful_ratings": choice("refuse", "keep"),
    "corpora.retakes": choice("keep", "first", "last"),
    "corpora.answer_labels": choice("refuse", "mean", "separate"),
    "corpora.unit": choice("answer", "person"),
    "corpora.splits": choice("official", "by_person"),
    "candidates": choice("auto", "file", "folder", "manifest"),
    "links": choice("inside", "all"),
    "spreadsheets": Setting("list", "a list", choices=("xlsx", "ods")),
    "leave_out": Setting("list", "a list of targets"),
    "corpora.speaker": TEXT,
    "speaker": TEXT,
    "language": TEXT,
    "purpose": choice(*PURPOSES),
    "rights": TEXT,
    "policy": Setting("list", f"a list of {', '.join(names_of(POLICIES))} or files"),
    "deployment": Setting("there", "a YAML file of statements", optional=True),
    "consent": Setting("there", "a table of consents", optional=True),
    "audit_log": Setting("output", "a file that can be written", optional=True),
    "candidate": Setting("text", "an id", optional=True),
    "target": Setting("text", "a score", optional=True),
    "reason": Setting("text", "text"),
    "reviewer": Setting("text", "a name"),
    "judgement": TEXT,
    "despite": TEXT,
    "requested_on": Setting("text", "a date such as 2026-11-29", optional=True),
    "media": Setting("there", "a folder of recordings", optional=True),
    "tables": Setting("list", "a list of tables with people in them"),
    "keep_dir": Setting("there", "keep_dir of an endpoint", optional=True),
    "receipt": Setting("output", "a file that can be written", optional=True),
    "table": Setting("output", "a file that can be written", optional=True),
    "to": _FOLDER,
    "keep_days": Setting("number", "days of 0 or more", True, 0),
    "terms": TEXT,
    "name": Setting("text", "a name"),
    "reference": Setting("text", "the name of a run"),
    "stream": Setting("text", "the name of an encoder"),
    "address": TEXT,
    "asr.model": Setting("text", "a hub id or folder (docs: Recognise speech)"),
    "asr.revision": TEXT,
    "asr.language": TEXT,
    "voices.model": Setting("text", "a hub id or folder"),
    "voices.revision": TEXT,
    "encoders.*.model": Setting("text", "a hub id or folder"),
    "encoders.*.revision": TEXT,
    "plugins": Setting("list", "a list of files such as [mine.py]"),
    "trusted_keys": Setting("there", "a file of public keys", optional=True),
    "report": FLAG,
    "evidence": FLAG,
    "program": FLAG,
    "partial": FLAG,
    "synthetic": FLAG,
    "adaptive": FLAG,
    "progress": FLAG,
    "coverage": Setting("number", "a number between 0 and 1", True, 0, 1, inside=True),
    "engine": choice("local", "ray", "inline"),
    "workers": whole(1, optional=True),
    "timeout_s": Setting("number", "seconds above 0", True, 0, inside=True),
    "gpus_per_worker": Setting("number", "a number of 0 or more", low=0),
    "sandbox": choice("require", "try", "off"),
    "seed": whole(0),
    "seeds": Setting("list", "a list of whole numbers such as [0,1,2]"),
    "resamples": whole(1),
    "split": choice("train", "val", "test", "all"),
    "shard": Setting("text", "a part such as 2/4", optional=True),
    "withhold": Setting("list", "a list of codes such as [NO_FACE,LOW_LIGHT]"),
    "quality.*_db": Setting("number", "decibels", optional=True),
    "quality.face_scenes": Setting("number", "a number of 0 or more", True, 0),
    "quality.*": Setting("number", "a number from 0 to 1", True, 0, 1),
    "modalities": Setting("list", "a list", choices=("text", "audio", "video")),
    "streams": Setting("list", "a list of encoders", optional=True),
    "baselines": Setting("list", "a list", choices=BASELINES),
    "dimensions": Setting("list", "a list of columns", optional=True),
    "limits.words": whole(0, optional=True),
    "limits.speech_s": Setting("number", "seconds of 0 or more", True, 0),
    "limits.distance": Setting("number", "a number between 0 and 1", True, 0, 1, inside=True),
    "trainer.max_epochs": whole(1),
    "learner.folds": whole(0),
    "learner.repeats": whole(1),
    "learner.batch_size": whole(1),
    "learner.patience": whole(1),
    "learner.sampling": choice("candidates", "question"),
    "learner.prior": choice("zero", "skill"),
    "model.folds": whole(2),
    "model.debias": choice("slopes", "refit", "none"),
    "model.halves": whole(1),
    "model.pairs": whole(0),
    "model.seed": whole(0),
}
BY_COMMAND: dict[str, dict[str, Setting]] = {
    **STUDIES,
    "score": {
        "norms": Setting("there", "a norm table of trifold norms", optional=True),
        "feedback": Setting("text", "whom candidates may write to", optional=True),
    },
    "train": {"folds": whole(0), "coverage": _SHARE},
    "probe": {"folds": whole(2)},
    "export": {
        "run": Setting("there", "a run folder", optional=True),
        "out": Setting("output", "a folder that can be written", optional=True),
        "bundle": Setting("there", "a bundle", optional=True),
        "sign": Setting("there", "a private key", optional=True),
        "panel": Setting("there", "a folder of trifold panel", optional=True),
        "usual": Setting("there", "a folder of trifold score", optional=True),
    },
    "drift": {
        "bundle": Setting("there", "a run folder or bundle"),
        "scores": Setting("there", "a folder of trifold score, or its table of candidates"),
    },
    "weights": {
        "names": Setting("list", "a list", optional=True, choices=tuple(PACKAGED)),
        "fetch": FLAG,
    },
    "check": {"out": Setting("output", "a file that can be written", optional=True)},
    "export-person": {
        "candidate": Setting("text", "an id"),
        "out": Setting("there", "a folder that trifold score wrote", optional=True),
    },
    "override": {
        "candidate": Setting("text", "an id"),
        "out": Setting("there", "a folder that trifold score wrote"),
    },
    "retention": {"out": Setting("there", "a folder that trifold score wrote", optional=True)},
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
