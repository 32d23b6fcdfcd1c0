"""``trifold impact input=PATH groups=FILE out=DIR``: whom decisions and scores disadvantage."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd
from omegaconf import DictConfig

from trifold.commands.studies.shared import lead_of, scores_of, told
from trifold.errors import InputError
from trifold.groups.reading import read_groups
from trifold.messages import say
from trifold.psychometrics.impact.local_law_144 import local_law_144
from trifold.psychometrics.impact.prediction.study import prediction_study
from trifold.psychometrics.impact.study import impact_study
from trifold.studies.columns import ALIASES, PERSON
from trifold.studies.document import Document, Section
from trifold.studies.outcomes import criterion_of, decisions_of
from trifold.studies.scores import RATER, RATING, Scores
from trifold.studies.sections.impact import impact_sections, law_section, prediction_sections
from trifold.tables.headers import key
from trifold.tables.ids import as_in

MOST_GROUPS = 20  # in a column that nobody named: more is a score, a date or an id
CAUTION = say(
    "Groups are what people reported of themselves. Nothing here says that a procedure is fair or "
    "lawful, and small numbers tell little: read intervals and exact tests."
)


MISSING = "There are no groups: groups=FILE names a table of what people reported of themselves."


def impact(config: DictConfig) -> list[Path]:
    """Rates, ratios, tests and cuts by group; with a criterion also prediction by group."""
    scores = scores_with(config, config.criterion)
    lead = (*lead_of(scores), CAUTION)
    document = Document(say("Impact"), lead, tuple(sections_of(config, scores)), str(scores.where))
    return told(document, config, cuts=cuts_of(config, scores))


def cuts_of(config: DictConfig, scores: Scores) -> dict[str, tuple[float, ...]]:
    """Target to the cut score of everybody; empty where none is set."""
    return {} if config.cut is None else dict.fromkeys(scores.targets, (float(config.cut),))


def scores_with(config: DictConfig, criterion: str | None) -> Scores:
    """The scores, with what followed beside them."""
    beside = [name for name in config.get("beside", []) if not Path(name).is_file()]
    return scores_of(config, config.decision, config.event, criterion, *beside)


def sections_of(config: DictConfig, scores: Scores) -> list[Section]:
    """Every comparison of groups that can be made.

    Raises:
        InputError: when the groups are of other people, or cannot be read.
    """
    groups = _known(_groups(config), scores)
    sections = _decided(config, scores, groups)
    scored = _one_source(scores)
    if config.local_law_144:
        sections += _law(config, scored, groups)
    return sections + _predicted(config, scores, scored, groups)


def _groups(config: DictConfig) -> pd.DataFrame:
    """People and what they reported, None where they reported nothing.

    Raises:
        InputError: when the table cannot be read or has no such column.
    """
    named = [] if config.candidate_id is None else [config.candidate_id]
    reported = read_groups(config.groups, person=[*named, *ALIASES["candidate_id"], *PERSON])
    columns = [_column(reported.columns, name, "group_columns") for name in config.group_columns]
    columns = columns or list(reported.columns)
    values = {name: reported.column(name) for name in columns}
    for name, one in values.items():
        if not config.group_columns and len(set(one.values())) > MOST_GROUPS:
            raise InputError(
                expected="columns of groups alone, or group_columns=[…] that names them",
                got=f"'{name}' with {len(set(one.values()))} different values",
                where=reported.where,
            )
    return pd.DataFrame(
        {
            "candidate_id": list(reported.of),
            **{name: [group or None for group in one.values()] for name, one in values.items()},
        }
    )


def _known(groups: pd.DataFrame, scores: Scores) -> pd.DataFrame:
    """Groups of the people who were scored; others of the file are left out.

    Raises:
        InputError: when none of them is in the file.
    """
    people = groups["candidate_id"].map(as_in(groups["candidate_id"], scores.people))
    found = groups.assign(candidate_id=people)[people.isin(scores.people).to_numpy()]
    if found.empty:
        raise InputError(
            expected=f"people of {scores.where.name} in the table of groups",
            got=f"{len(groups)} others",
        )
    return found


def _decided(config: DictConfig, scores: Scores, groups: pd.DataFrame) -> list[Section]:
    left_out = _left_out(config)
    if config.decision is not None:
        table = decisions_of(scores.beside[config.decision], where=scores.where)
        if config.event is not None:
            table["event"] = scores.beside[config.event].reindex(table["candidate_id"]).to_numpy()
        return impact_sections(impact_study(table, groups, left_out=left_out))
    if config.cut is None:
        refused = say("There is neither decision=COLUMN nor cut=SCORE, so nobody is selected.")
        return [Section("impact", say("Selection"), refused=refused)]
    frame = _one_source(scores).frame
    return impact_sections(impact_study(frame, groups, cuts=config.cut, left_out=left_out))


def _left_out(config: DictConfig) -> dict[str, str]:
    """Groups that are left out, with the reason for each.

    Raises:
        InputError: for one without a reason.
    """
    pairs = [str(one).partition(":") for one in config.left_out]
    for group, _, reason in pairs:
        if not reason.strip():
            raise InputError(expected="left_out=['group: reason']", got=repr(group))
    return {group.strip(): reason.strip() for group, _, reason in pairs}


def _law(config: DictConfig, scored: Scores, groups: pd.DataFrame) -> list[Section]:
    columns = [str(column) for column in groups.columns if column != "candidate_id"]
    sex = _column(columns, config.sex, "sex")
    race = _column(columns, config.race, "race")
    left_out = _left_out(config)
    found = []
    for target, values in scored.per_person().items():
        result = local_law_144(values.dropna(), groups, sex=sex, race=race, left_out=left_out)
        found.append(law_section(result, f"local_law_144_{target}".replace(" ", "_")))
    return found


def _column(columns: Collection[str], name: str, setting: str) -> str:
    """The table's own spelling of a column of groups.

    Raises:
        InputError: when there is none.
    """
    found = next((column for column in columns if key(column) == key(name)), None)
    if found is None:
        raise InputError(
            expected=f"a column of groups '{name}', or {setting}=COLUMN", got=", ".join(columns)
        )
    return found


def _predicted(
    config: DictConfig, scores: Scores, scored: Scores, groups: pd.DataFrame
) -> list[Section]:
    """Against a criterion of the table, or the ratings of a run."""
    sources = scores.frame["source"]
    ratings = scores.frame[(sources == RATING) | sources.str.startswith(RATER)]
    if config.criterion is not None:
        criterion = criterion_of(scores.beside[config.criterion], where=scores.where)
    elif len(ratings) and len(ratings) < len(scores.frame):
        keys = ["candidate_id", "target"]
        criterion = pd.DataFrame(ratings.groupby(keys, as_index=False)["score"].mean())
        criterion = criterion.rename(columns={"score": "y"})
    else:
        return []
    own = scored.told()
    study = prediction_study(
        own[own["source"] == "model"],
        criterion,
        groups,
        trained_on=(),  # left out, or refused, where scores were read
        criterion_is_rating=config.criterion is None,
        resamples=config.draws,
        seed=config.seed,
    )
    return prediction_sections(study)


def _one_source(scores: Scores) -> Scores:
    """One model: of training runs the mean; where there are ratings alone, their mean."""
    return scores.as_model(ratings=scores.only_ratings)
