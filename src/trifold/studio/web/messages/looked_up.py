"""Texts of other parts that pages look up at run time, so that they are translated too.

They are finite: sentences of codes, titles of measures, words of cues, what policies demand, and
what reports say. What the extraction of messages cannot see in code is listed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from trifold.codes import Code, Of
from trifold.contracts import MEASURES, MODALITIES
from trifold.corpora.targets import read_schema
from trifold.policy.reading import read_profile
from trifold.reports import model
from trifold.reports.candidate import NO_EVIDENCE
from trifold.reports.feedback import values
from trifold.reports.recordings import ENCODED, LENGTH, RECOGNISED
from trifold.reports.standing import LEAST, WHICH_IS_WHICH
from trifold.reports.timeline import UNCLEAR, WEIGHTS
from trifold.reports.wording import label
from trifold.scoring.attribution.cue_words import every_text
from trifold.scoring.attribution.explain import REFERENCE
from trifold.shipped import POLICIES, SCHEMAS, names_of, shipped
from trifold.studio.jobs.kinds import NOTHING
from trifold.studio.jobs.queue import GIVEN_UP
from trifold.studio.recordings.corrections import BY_HAND
from trifold.studio.recordings.grouping import GONE
from trifold.studio.results.people.streams import STREAMS
from trifold.studio.web.messages.advice import advice_of
from trifold.training.baselines.pooled import METHODS
from trifold.training.baselines.trivial import OWN_QUESTION
from trifold.training.results import page

SHOWN = (Of.MISSING, Of.DOUBT, Of.REMARK, Of.FILE, Of.PERSON)  # codes of rows
NORM_GROUP = (  # of ``reports.model``
    "Norm group: %(n)s candidates of the training data of %(name)s, scored by models that had not "
    "seen them. It stands for nobody else."
)
PROGRESS = (  # words between the numbers of a line about progress: stages and units
    *("training", "training fold", "training inner fold", "training the model of everybody"),
    *("fold", "inner fold", "the model of everybody", "epoch", "features", "scored"),
    *("recordings", "files", "previews", "recognised", "voices", "people", "clips"),
)


STATUSES = ("withheld", "error")  # of rows without scores
TRIVIAL = ("train_mean", "answer_length", OWN_QUESTION)  # baselines that learn nothing
GEOMETRIES = ("euclidean", "hyperbolic", "spherical")  # names of experts


def texts() -> Iterator[str]:
    """Each once, in no order that means anything."""
    codes = [code for code in Code if code.of in (*SHOWN, Of.STATISTIC)]
    found = [text for code in codes for text in (code.meaning, advice_of(code))]
    found += [text for one in (LENGTH, *MEASURES) for text in (one.title, one.meaning)]
    found += [*every_text(), *STREAMS.values(), *MODALITIES, *PROGRESS]
    found += names_of(POLICIES)
    profiles = [read_profile(shipped(name, POLICIES)) for name in names_of(POLICIES)]
    found += [
        text for one in profiles for rule in one.rules for text in (rule.message, rule.source)
    ]
    schemas = [read_schema(name) for name in names_of(SCHEMAS)]
    found += [label(target.name) for schema in schemas for target in schema.targets]
    found += [NORM_GROUP, UNCLEAR, REFERENCE, WHICH_IS_WHICH, LEAST]
    found += [NOTHING, GIVEN_UP, BY_HAND, GONE]
    found += [*_of_reports()]
    yield from dict.fromkeys(filter(None, found))


def _of_reports() -> Iterator[str]:
    """What values of report pages say."""
    yield from (model.TITLE, model.UNCALIBRATED, NO_EVIDENCE, RECOGNISED, *ENCODED.values())
    yield from (*WEIGHTS.values(), *GEOMETRIES, *STATUSES)
    yield from (page.TITLE, page.DRAWN, page.REPEATED, page.SHIFT_NOTE, page.WITH_INTERVAL)
    yield from (*page.HEADS.values(), *page.PLOTS.values())
    yield from (text for both in page.SHORTER.values() for text in both)
    yield from (name.replace("_", " ") for name in ("model", *TRIVIAL, *METHODS))
    yield from (values.TITLE, values.DEFAULT_MEANING, values.BETWEEN, *values.MEANINGS.values())
    yield from (*values.LEVELS, *values.SURENESS, *values.SHOWN.values())
