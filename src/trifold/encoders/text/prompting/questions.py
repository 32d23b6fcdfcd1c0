"""Questionnaires: statements to rate, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trifold.errors import InputError


@dataclass(frozen=True)
class Item:
    """One statement to rate.

    Attributes:
        text: of the statement, such as ``Am always prepared.``
        scale: that it belongs to.
        reversed: agreeing means little of the scale.
    """

    text: str
    scale: str
    reversed: bool = False


@dataclass(frozen=True)
class Questionnaire:
    """Statements, answer options and how they are put; written in a config file.

    Attributes:
        name: for people.
        source: where the items come from and on what terms.
        items: in the order asked.
        options: from least to most agreement, as the model would write them; rated 1, 2, ….
        ask: how an item is put, with ``{item}``; the option follows directly.
    """

    name: str
    source: str
    items: tuple[Item, ...]
    options: tuple[str, ...]
    ask: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Questionnaire:
        """From the mapping that a config file holds.

        Raises:
            InputError: when a field is missing or unknown, there are no items, or an item has no
                place in ``ask``.
        """
        try:
            rest = {k: v for k, v in settings.items() if k not in ("items", "options")}
            items = tuple(Item(**item) for item in settings["items"])
            made = cls(items=items, options=tuple(map(str, settings["options"])), **rest)
        except (TypeError, KeyError) as error:
            raise InputError(
                expected="name, source, options, ask and items with text and scale",
                got=str(error),
                where="questionnaire",
            ) from error
        if not made.items or len(made.options) < 2 or "{item}" not in made.ask:
            raise InputError(
                expected="items, two options at least, and {item} in ask",
                got=f"{len(made.items)} items, {len(made.options)} options, ask {made.ask!r}",
                where=f"questionnaire {made.name}",
            )
        return made

    @property
    def scales(self) -> tuple[str, ...]:
        """In order of first appearance."""
        return tuple(dict.fromkeys(item.scale for item in self.items))
