"""``trifold score input=FOLDER bundle=RUN out=DIR``: interview videos to scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from trifold.commands.governance.policies import Gate, ScoringGate
from trifold.commands.shared import Written, engine_settings, existing, say, word_settings
from trifold.runtime.endings import NOTHING_SCORED
from trifold.runtime.fast_imports import large_imports
from trifold.workers.processes import start_ahead

if TYPE_CHECKING:
    from trifold.bundle.bundle import Bundle
    from trifold.contracts import Clip
    from trifold.features.store import FeatureStore
    from trifold.scoring.folder.norm_group import NormGroup
    from trifold.scoring.folder.run import ScoredFolder


def score_folder(config: DictConfig) -> list[Path]:
    """Write tables and a report; files that cannot be scored have rows that say why.

    Ends with ``NOTHING_SCORED`` where that is all of them.
    """
    gate = Gate.of(config)
    people = ScoringGate.of(config, gate)
    found = _survey(config, people)
    say("loading the model …", show=config.progress)
    trained = existing(config.bundle, what="a run folder or bundle")
    if config.engine == "local" and not Path(config.paths.features).exists():
        start_ahead()  # nothing is cached, so there will be workers; they load while this does:
    with large_imports():
        from trifold.bundle.bundle import load_bundle
        from trifold.bundle.integrity.signing import read_trusted
        from trifold.features.store import FeatureStore
        from trifold.features.words import with_words
        from trifold.reports import pages as pages  # for the end, while workers load
        from trifold.scoring.attribution.files import explain_files
        from trifold.scoring.folder.run import Settings, score_clips
        from trifold.scoring.folder.summary import outcome_lines

    bundle = load_bundle(trained, trusted=read_trusted(config.trusted_keys))
    bundle = bundle.cleared_for(config.purpose, rights=config.rights)
    bundle = bundle.at_coverage(config.coverage)
    gate.look_at_model(bundle.description, purpose=config.purpose)
    people.look_at_model(bundle.description)
    if config.report:
        gate.look_at_reports(bundle, evidence=config.evidence)
    norms = None if config.norms is None else _norms(Path(config.norms), bundle)
    specs = bundle.description.encoder_specs
    clips = with_words(found, encoders=specs, **word_settings(config))
    store = FeatureStore(Path(config.paths.features))
    scored = score_clips(
        clips,
        bundle,
        store,
        Path(config.out),
        settings=Settings(
            **vars(engine_settings(config)),
            progress=config.progress,
            spreadsheets=list(config.spreadsheets),
        ),
        withhold=config.withhold,
        quality=dict(config.quality),
        explain=explain_files if config.evidence else None,
        norms=norms,
    )
    print(*outcome_lines(scored.answers), sep="\n")
    written = Written(scored.paths)
    if all(row["status"] != "scored" for row in scored.answers):
        written.code = NOTHING_SCORED
    if config.audit_log:
        from trifold.cli.checking import plain
        from trifold.commands.governance.event_log import log_scoring

        log_scoring(Path(config.audit_log), scored, clips, plain(config))
    written = _with_report(written, config, scored, bundle, clips, store, gate)
    return _with_feedback(written, config, scored, bundle)


def _norms(path: Path, bundle: Bundle) -> NormGroup:
    """The norm group that percentiles are of; refused before anybody is scored."""
    with large_imports():
        from trifold.scoring.folder.norm_group import norm_group

    return norm_group(path, bundle)


def _survey(config: DictConfig, people: ScoringGate) -> tuple[Clip, ...]:
    """The clips of the input; whose they are and what was passed over is printed."""
    with large_imports():  # of the decoders, when the settings have been checked
        from trifold.media.files.folder import survey

    source = existing(config.input, what="a folder or manifest of media")
    interviews = survey(
        source,
        unique=False,
        candidates=config.candidates,
        links=config.links,
        closed=people.closed,
    )
    print(*interviews.lines, sep="\n", flush=True)
    names = dict.fromkeys(clip.candidate_id for clip in interviews.clips)
    people.look(tuple(names), interviews.columns)
    return interviews.clips


def _with_report(
    written: Written,
    config: DictConfig,
    scored: ScoredFolder,
    bundle: Bundle,
    clips: Sequence[Clip],
    store: FeatureStore,
    gate: Gate,
) -> Written:
    """The report beside the tables, if it is wanted; pages of people who are gone are removed."""
    from trifold.reports.pages import remove_stale_pages, write_report

    page = Path(config.out) / "report.html"
    people = [str(row["candidate_id"]) for row in scored.candidates]
    if stale := remove_stale_pages(page, people):
        print(f"{stale} pages removed of people who are not in the input any more")
    if config.report:
        limit = config.timeout_s
        made = write_report(scored, bundle, page, clips=clips, store=store, timeout_s=limit)
        gate.look_at_page(bundle, made, evidence=config.evidence)
        written.append(made)
    return written


def _with_feedback(
    written: Written, config: DictConfig, scored: ScoredFolder, bundle: Bundle
) -> Written:
    """A page for each candidate, if it is wanted; an earlier run's do not outlive its people."""
    from trifold.reports.feedback.pages import remove_stale_feedback, write_feedback
    from trifold.reports.model import ReportedModel

    out = Path(config.out)
    if config.feedback is None:
        remove_stale_feedback(out, [str(row["candidate_id"]) for row in scored.candidates])
    elif made := write_feedback(
        scored, ReportedModel.of(bundle), out, contact=str(config.feedback)
    ):
        print(f"{len(made)} pages for candidates: {made[0].parent}")
    return written
