"""``python -m src.score input=FOLDER bundle=RUN out=DIR``: interview videos to scores."""

from __future__ import annotations

from src.entry import Written, begin, existing, run, say, start, with_words

if __name__ == "__main__":
    begin("score")

from pathlib import Path

import hydra
from omegaconf import DictConfig

from src.endings import NOTHING_SCORED, leave
from src.features.workers import start_ahead
from src.imports import large_imports

SETTINGS = ("engine", "workers", "timeout_s", "address", "gpus_per_worker", "progress")


def score_folder(config: DictConfig) -> list[Path]:
    """Write tables and a report; files that cannot be scored have rows that say why.

    Ends with ``NOTHING_SCORED`` where that is all of them.
    """
    with large_imports():  # of the decoders, when the settings have been checked
        from src.media.folder import survey

    source = existing(config.input, what="a folder or manifest of media")
    interviews = survey(source, unique=False, candidates=config.candidates, links=config.links)
    print(*interviews.lines, sep="\n", flush=True)
    say("loading the model …", show=config.progress)
    found = interviews.clips
    trained = existing(config.bundle, what="a run folder or bundle")
    if config.engine == "local" and not Path(config.paths.features).exists():
        start_ahead()  # nothing is cached, so there will be workers; they load while this does:
    with large_imports():
        from src.features.store import FeatureStore
        from src.scoring.batch import Settings, score_clips
        from src.scoring.bundle import load_bundle
        from src.scoring.evidence.files import explain_files
        from src.scoring.outcome import outcome_lines
        from src.scoring.report import remove_stale_pages, write_report
        from src.scoring.signing import read_trusted

    clips = with_words(config, found)
    bundle = load_bundle(trained, trusted=read_trusted(config.trusted_keys))
    bundle = bundle.cleared_for(config.purpose, rights=config.rights)
    bundle = bundle.at_coverage(config.coverage)
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


@hydra.main(version_base="1.3", config_path="../configs", config_name="score")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(score_folder, config)


if __name__ == "__main__":
    start(main, "score")
    leave()
