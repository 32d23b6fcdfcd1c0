"""Interviews as they would be if less of them had been recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import MODALITIES, Array, FeatureBatch, Modality
from trifold.forms import Form, Grid, knots_up_to
from trifold.network.wrappers.linking import shown_in
from trifold.psychometrics.intervals import errors_by_person

Shown = Mapping[Modality, Tensor]  # modality to (n, T) bool: in which answers it is shown
DRAWS = 2  # of the answers that are shown, where there is a choice


@dataclass(frozen=True)
class Version:
    """One way to shorten interviews, for every candidate who shows enough.

    Attributes:
        form: modalities and number of answers that are left.
        rows: (n,) bool, who shows enough for it.
        shown: modality to (n, T) bool: in which answers it is left.
    """

    form: Form
    rows: Array
    shown: Mapping[Modality, Tensor]

    def at(self, rows: Array) -> Version:
        """The same for these candidates alone."""
        index = torch.as_tensor(rows)
        return Version(self.form, self.rows[rows], {m: x[index] for m, x in self.shown.items()})


def presence(
    batch: FeatureBatch, stream_modality: Mapping[str, Modality]
) -> dict[Modality, Tensor]:
    """Modality to (n, T) bool, which answers show it; without those that nobody shows."""
    kinds = [m for m in MODALITIES if m in set(stream_modality.values())]
    if not kinds:
        return {}
    there = shown_in(batch.token_mask, stream_modality, kinds) & batch.answer_mask.unsqueeze(-1)
    return {m: there[..., k] for k, m in enumerate(kinds) if bool(there[..., k].any())}


def grid_of(there: Mapping[Modality, Tensor]) -> Grid | None:
    """The forms that candidates can be shortened to; None where nobody shows anything."""
    if not there:
        return None
    most = max(int(shown.sum(dim=1).max()) for shown in there.values())
    return Grid(tuple(there), knots_up_to(most))


def versions(there: Mapping[Modality, Tensor], grid: Grid, *, seed: int = 0) -> list[Version]:
    """Every form of the grid, twice with other answers where there is a choice.

    Each person's answers are put in a random order, of which a draw takes consecutive ones, so that
    all are taken equally often.

    Args:
        there: modality to (n, T) bool, see ``presence``.
        grid: the forms.
        seed: of the orders.
    """
    n, answers = next(iter(there.values())).shape
    generator = np.random.default_rng(seed)
    order = torch.as_tensor(generator.permuted(np.tile(np.arange(answers), (n, 1)), axis=1))
    found = []
    for form in grid.forms:
        usable = torch.stack([there[m] for m in form.shown]).all(dim=0)
        enough = usable.sum(dim=1) >= form.answers
        choice = usable[enough].sum(dim=1) > form.answers
        for draw in range(DRAWS if bool(choice.any()) else 1):
            chosen = _chosen(usable, order, form.answers, start=draw) & enough.unsqueeze(1)
            none = torch.zeros_like(chosen)
            shown = {m: chosen if m in form.shown else none for m in there}
            found.append(Version(form, enough.numpy(), shown))
    return found


def without_modalities(there: Mapping[Modality, Tensor], grid: Grid) -> list[Version]:
    """Everybody's answers as they are, with every subset of the modalities.

    Args:
        there: modality to (n, T) bool, see ``presence``.
        grid: the forms.
    """
    whole = [form for form in grid.forms if form.answers == grid.answers[-1]]
    found = []
    for form in whole:
        shown = {m: x if m in form.shown else torch.zeros_like(x) for m, x in there.items()}
        every = torch.stack([there[m].any(dim=1) for m in form.shown]).all(dim=0)
        found.append(Version(form, every.numpy(), shown))
    return found


def _chosen(usable: Tensor, order: Tensor, count: int, *, start: int) -> Tensor:
    """(n, T) bool: ``count`` of each row's usable answers in its order, going round.

    Args:
        usable: (n, T) bool.
        order: (n, T) the answers of each row in random order.
        count: how many.
        start: the draw; the next one begins behind the answers of the one before.
    """
    ordered = usable.gather(1, order)
    place = ordered.cumsum(dim=1) - 1  # among the usable ones
    total = ordered.sum(dim=1, keepdim=True).clamp(min=1)
    taken = ordered & ((place - start * count) % total < count)
    return torch.zeros_like(usable).scatter(1, order, taken)


def shortened(
    batch: FeatureBatch, shown: Mapping[Modality, Tensor], stream_modality: Mapping[str, Modality]
) -> FeatureBatch:
    """The batch with everything else masked, as if it had never been recorded."""
    mask = {
        s: m & shown[stream_modality[s]].unsqueeze(-1) if stream_modality[s] in shown else m
        for s, m in batch.token_mask.items()
    }
    tokens = {
        s: x if torch.equal(mask[s], batch.token_mask[s]) else x * mask[s].unsqueeze(-1)
        for s, x in batch.tokens.items()
    }
    answers = torch.stack(list(shown.values())).any(dim=0)
    return replace(batch, tokens=tokens, token_mask=mask, answer_mask=batch.answer_mask & answers)


def shortened_each(
    batch: FeatureBatch, stream_modality: Mapping[str, Modality]
) -> Iterator[tuple[Version, FeatureBatch]]:
    """The batch as every version of its candidates, who show nothing where it is not enough."""
    there = presence(batch, stream_modality)
    grid = grid_of(there)
    for version in versions(there, grid) if grid else ():
        yield version, shortened(batch, version.shown, stream_modality)


def errors_of_forms(
    scores: Array, chosen: Sequence[Version], labels: Array, people: Sequence[str]
) -> dict[Form, Array]:
    """Form to (p, K) absolute errors, one a person; see ``errors_by_person``.

    Args:
        scores: (n, V, K) held-out, NaN where there is none.
        chosen: V versions, those of a form side by side.
        labels: (n, K).
        people: (n,) the person of each.
    """
    found = {}
    for form, group in groupby(range(len(chosen)), key=lambda v: chosen[v].form):
        errors = [np.where(chosen[v].rows[:, None], labels - scores[:, v], np.nan) for v in group]
        found[form] = errors_by_person(np.concatenate(errors), list(people) * len(errors))
    return found
