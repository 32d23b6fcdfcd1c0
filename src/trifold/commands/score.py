"""``trifold score input=FOLDER bundle=RUN out=DIR``: interview videos to scores."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.shared import Written, existing, say, with_words
from trifold.features.workers.processes import start_ahead
from trifold.runtime.endings import NOTHING_SCORED
from trifold.runtime.fast_imports import large_imports

SETTINGS = ("engine", "workers", "timeout_s", "address", "gpus_per_worker", "progress")


def score_folder(config: DictConfig) -> list[Path]:
    """Write tables and a report; files that cannot be scored have rows that say why.

    Ends with ``NOTHING_SCORED`` where that is all of them.
    """
    with large_imports():  # of the decoders, when the settings have been checked
        from trifold.media.files.folder import survey

    source = existing(config.input, what="a folder or manifest of media")
    interviews = survey(source, unique=False, candidates=config.candidates, links=config.links)
    print(*interviews.lines, sep="\n", flush=True)
    say("loading the model …", show=config.progress)
    found = interviews.clips
    trained = existing(config.bundle, what="a run folder or bundle")
    if config.engine == "local" and not Path(config.paths.features).exists():
        start_ahead()  # nothing is cached, so there will be workers; they load while this does:
    with large_imports():
        from trifold.bundle.bundle import load_bundle
        from trifold.bundle.signing import read_trusted
        from trifold.features.store import FeatureStore
        from trifold.reports.pages import remove_stale_pages, write_report
        from trifold.scoring.attribution.files import explain_files
        from trifold.scoring.folder.run import Settings, score_clips
        from trifold.scoring.folder.summary import outcome_lines

    bundle = load_bundle(trained, trusted=read_trusted(config.trusted_keys))
    bundle = bundle.cleared_for(config.purpose, rights=config.rights)
    bundle = bundle.at_coverage(config.coverage)
    clips = with_words(config, found, bundle.description.encoder_specs)
    store = FeatureStore(Path(config.paths.features))
    out = Path(config.out)
    scored = score_clips(
        clips,
        bundle,
        store,
        out,
        settings=Settings(
            **{name: config[name] for name in SETTINGS}, spreadsheets=list(config.spreadsheets)
        ),
        withhold=config.withhold,
        explain=explain_files if config.evidence else None,
    )
    print(*outcome_lines(scored.answers), sep="\n")
    written = Written(scored.paths)
    if all(row["status"] != "scored" for row in scored.answers):
        written.code = NOTHING_SCORED
    people = [str(row["candidate_id"]) for row in scored.candidates]
    if stale := remove_stale_pages(out / "report.html", people):
        print(f"{stale} pages removed of people who are not in the input any more")
    if config.report:
        page, limit = out / "report.html", config.timeout_s
        made = write_report(scored, bundle, page, clips=clips, store=store, timeout_s=limit)
        written.append(made)
    return written
