"""What pages of the studio send: the sound form of each address, for who may and who may not."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

NAME = "Zoë Öztürk-Quux"  # a name to look for in the log afterwards
TARGET = {"label-1": "Calm", "name-1": "", "low-1": "1", "high-1": "5", "low_pole-1": "restless",
          "high_pole-1": "calm", "anchor-1-1": "Fidgets.", "anchor-1-5": "Sits."}  # fmt: skip
FORMS: Mapping[str, Mapping[str, str]] = {
    "/sign-in": {"login": "rater@example.org", "password": "no password of anybody"},
    "/projects": {"name": "Another"},
    "/accounts": {"login": "new@example.org", "name": "New", "role": "administrator",
                  "password": "a password of theirs"},
    "/accounts/{account}": {"role": "administrator", "active": "on"},
    "/account": {"language": "de", "new_password": "", "password": ""},
    "/projects/{project}/members": {"member": "{account}"},
    "/projects/{project}/policy": {"policy": "eu", "keep_days": "30"},
    "/projects/{project}/duties/{candidate}": {
        "notice_id": "n1", "notice_on": "2026-11-01", "explained_on": "",
        "consent_on": "2026-11-02", "release_on": "", "withdrawn_on": ""},
    "/projects/{project}/duties/{candidate}/delete": {"name": "c001", "despite": ""},
    "/projects/{project}/recordings/sort": {"candidates": "file"},
    "/projects/{project}/recordings/link": {"folder": "/etc"},
    "/projects/{project}/recordings/unlink": {"name": ".."},
    "/projects/{project}/recordings/{recording}": {
        "recording": "{recording}", "whose-{recording}": NAME, "position-{recording}": "2",
        "question-{recording}": "Why?", "shown-{recording}": ""},
    "/projects/{project}/people": {"recording": "{recording}", "whose-{recording}": NAME},
    "/projects/{project}/people/{candidate}/rename": {"name": NAME},
    "/projects/{project}/people/{candidate}/merge": {"into": "person_00001"},
    "/projects/{project}/model": {"path": "/etc", "model": ""},
    "/projects/{project}/targets": TARGET,
    "/projects/{project}/targets/add": {"set": "interview"},
    "/projects/{project}/rating-settings": {"mode": "ratings", "show_names": "on"},
    "/projects/{project}/rate/{candidate}": {"value-extraversion": "4"},
    "/projects/{project}/compare/{left}/{right}": {"value-extraversion": "left"},
    "/projects/{project}/results/{run}/people/{person}/override": {
        "target": "openness", "reason": f"{NAME} was ill", "judgement": ""},
    "/projects/{project}/jobs/score": {"purpose": "research"},
}  # fmt: skip


def sound(
    path: str, ids: Mapping[str, Sequence[str]], generator: random.Random
) -> list[tuple[str, str]]:
    """Fields of the form of an address; none where it has none, or it is not in the list.

    Args:
        path: of the route table.
        ids: placeholder to what may stand there.
        generator: of the choice among them.
    """
    chosen = {name: generator.choice(known) for name, known in ids.items() if known}
    form = FORMS.get(path, {})
    try:
        return [(name.format(**chosen), value.format(**chosen)) for name, value in form.items()]
    except KeyError:  # nothing of that kind is there at the moment
        return []
