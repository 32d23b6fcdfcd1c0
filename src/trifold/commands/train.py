"""``trifold train corpora=… corpora.root=DIR out=DIR``: a labelled corpus to a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightning import seed_everything
from omegaconf import DictConfig, OmegaConf

from trifold.bundle.abstention import limits_of
from trifold.bundle.bundle import Description, describe_streams
from trifold.bundle.calibration import uncalibrated
from trifold.cli.arguments import flat
from trifold.commands.governance.policies import Gate
from trifold.commands.shared import engine_settings, load_dataset, read_corpus
from trifold.contracts import Corpus
from trifold.errors import InputError
from trifold.people.grouping import summary
from trifold.terms import cleared
from trifold.training.dataset import plan_for
from trifold.training.learners.base import build_learner
from trifold.training.requirements import (
    plan_of,
    require_rated,
    require_trainable,
    without_targets,
)
from trifold.training.run import RunSettings, learn
from trifold.training.transfer.others import beside, require_other_people
from trifold.workers.base import INLINE


def train(config: DictConfig) -> list[Path]:
    """Check that there is enough, extract what is missing, and learn."""
    seed_everything(config.seed, verbose=False)
    corpus, test_corpus = _corpora(config)
    tested_on = [corpus] if test_corpus is None else [corpus, test_corpus]
    others = _others(config, tested_on)
    corpus = replace(corpus, terms=_terms_of_all(config, corpus, others))
    gate = Gate.of(config)
    gate.look_at_corpus(corpus, _encoders(config), purpose=config.purpose)
    for one in (*tested_on[1:], *others.values()):
        gate.look_at_corpus(one, {}, purpose=config.purpose)
    print(summary([clip.person for clip in corpus.clips]))
    description = describe(config, corpus)
    gate.look_at_model(description, purpose=config.purpose)
    learner = build_learner(_plain(config.learner))
    transfer = test_corpus is not None
    learner.check(description.stream_dims, has_validation=not (config.folds or transfer))
    plan = plan_of(corpus, folds=config.folds, seeds=list(config.seeds))
    require = require_rated if transfer else require_trainable
    require(plan)  # before anything is extracted, which may take hours
    data = load_dataset(config, corpus, description)
    require(plan_for(data, plan))
    data = beside(data, {k: load_dataset(config, one, description) for k, one in others.items()})
    tested = None if test_corpus is None else load_dataset(config, test_corpus, description)
    description = replace(description, words_from=data.words_from)
    out, settings = Path(config.out), run_settings(config)
    written = learn(settings, corpus, description, learner, data, out, tested=tested)
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    return written


def _corpora(config: DictConfig) -> tuple[Corpus, Corpus | None]:
    """The corpus, and the one to test on where ``corpora.test_root`` names it."""
    left_out = list(config.leave_out)
    corpus = without_targets(read_corpus(config.corpora), left_out)
    corpus = replace(corpus, terms=cleared(config.purpose, corpus.terms, rights=config.rights))
    test_root = config.corpora.get("test_root")
    if test_root is None:
        return corpus, None
    root = "root" if "root" in config.corpora else "path"
    return corpus, without_targets(read_corpus(config.corpora, **{root: test_root}), left_out)


def _others(config: DictConfig, tested_on: Sequence[Corpus]) -> dict[str, Corpus]:
    """Name to corpus, of those to learn from that share nobody with those to be tested on."""
    given = config.others or {}
    if not isinstance(given, DictConfig | dict):
        raise InputError(
            expected="others as corpora, each +corpora@others.NAME=CORPUS", got=f"others={given}"
        )
    others = {str(name): read_corpus(one) for name, one in given.items()}
    ids = {name: {*one.labels, *one.people.values()} for name, one in others.items()}
    for corpus in tested_on:
        require_other_people({*corpus.labels, *corpus.people.values()}, ids)
    return others


def _terms_of_all(config: DictConfig, corpus: Corpus, others: Mapping[str, Corpus]) -> str:
    """The terms of whatever is learnt from, which the bundle carries."""
    terms = [corpus.terms]
    for name, other in others.items():
        terms.append(f"of {name}: {cleared(config.purpose, other.terms, rights=config.rights)}")
    return "; and ".join(dict.fromkeys(terms))


def describe(config: DictConfig, corpus: Corpus) -> Description:
    """The bundle to be, before anything is trained."""
    return Description(
        name=Path(config.out).name,
        synthetic=corpus.synthetic,
        terms=corpus.terms,
        schema=corpus.schema,
        streams=describe_streams(_encoders(config), modalities=list(config.modalities)),
        network={},
        coverage=config.coverage,
        half_width=uncalibrated(len(corpus.schema.targets)),
        targets=_plain(config.targets),
        limits=limits_of(_plain(config.limits)),
    )


def _encoders(config: DictConfig) -> dict[str, Any]:
    """The specifications of the chosen streams."""
    specs = _plain(config.encoders)
    wanted = list(specs) if config.streams is None else list(config.streams)
    unknown = [name for name in wanted if name not in specs]
    if unknown:
        raise InputError(expected=f"streams among {', '.join(specs)}", got=repr(unknown[0]))
    return {name: specs[name] for name in wanted}


def run_settings(config: DictConfig) -> RunSettings:
    """How the run is tested and reported."""
    aside = {"out", "progress", "purpose", "rights", "seeds", "resamples", "plugins"}
    aside |= {"policy", "deployment"}
    engine = engine_settings(config)
    aside |= vars(engine).keys()
    deciding = {k: v for k, v in _plain(config).items() if k not in aside}
    return RunSettings(
        folds=config.folds,
        seeds=tuple(config.seeds),
        seed=config.seed,
        coverage=config.coverage,
        resamples=config.resamples,
        baselines=tuple(config.baselines),
        identity=repr(deciding),
        progress=config.progress,
        engine=INLINE if _is_spread(config) else engine,
    )


def _is_spread(config: DictConfig) -> bool:
    """Whether a trainer takes several devices or machines: then it starts processes itself."""
    several = ("trainer.devices", "trainer.num_nodes")
    counts = [value for name, value in flat(config).items() if name.endswith(several)]
    return any(count not in (1, "1", "auto") for count in counts)


def _plain(config: DictConfig) -> dict[str, Any]:
    plain: Any = OmegaConf.to_container(config, resolve=True)
    return dict(plain)
