"""Designs as Brennan (2001) writes them: ``p x i``, ``i:p``, ``p x (r:i)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trifold.errors import InputError

PERSON, TIMES = "p", "\u00d7"
MOST_FACETS = 6  # a design has up to 2 to this power effects
Term = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Effect:
    """One source of variance.

    Attributes:
        name: such as ``pi`` or ``pr:i``.
        main: facets that interact; each has a sum of squares of its own.
        nest: facets that they are nested in.
    """

    name: str
    main: tuple[str, ...]
    nest: tuple[str, ...]

    @property
    def facets(self) -> frozenset[str]:
        """All facets whose levels tell its cells apart."""
        return frozenset(self.main + self.nest)


@dataclass(frozen=True)
class Design:
    """Facets and effects of a formula.

    Attributes:
        formula: in one spelling.
        facets: in the order of the formula.
        effects: those of few facets first; the last is the residual, of all facets.
        nested_in: facet to the facets that it is nested in.
    """

    formula: str
    facets: tuple[str, ...]
    effects: tuple[Effect, ...]
    nested_in: dict[str, frozenset[str]]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the effects."""
        return tuple(effect.name for effect in self.effects)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Facets other than the person."""
        return tuple(facet for facet in self.facets if facet != PERSON)


def design(formula: str) -> Design:
    """Read a formula: ``x`` crosses, ``:`` nests what is left of it in what is right of it.

    ``p`` is the person, who is measured; other facets are single letters. ``:`` binds first, so
    ``p x r:i`` is ``p x (r:i)``.

    Raises:
        InputError: for anything else, a facet named twice, or a person nested in something.
    """
    tokens = re.findall(r"[a-z]|\S", formula.lower().replace(TIMES, "x"))
    reader = _Reader(formula, iter([*tokens, ""]))
    terms = reader.product()
    if reader.ahead:
        reader.refuse(f"{reader.ahead!r} after its end")
    facets = tuple(reader.facets)
    if PERSON not in facets or len(facets) > MOST_FACETS:
        reader.refuse("no p" if PERSON not in facets else f"{len(facets)} facets")
    ordered = sorted(terms, key=lambda term: len({*term[0], *term[1]}))
    effects = tuple(_effect(term, facets) for term in ordered)
    nested_in = {e.main[0]: frozenset(e.nest) for e in effects if len(e.main) == 1}
    if nested_in[PERSON]:
        reader.refuse("a person nested in something")
    spelled = re.sub(r"\s*([:()])\s*", r"\1", " ".join(tokens))
    return Design(spelled.replace("x(", "x (").replace(")x", ") x"), facets, effects, nested_in)


def _effect(term: Term, facets: tuple[str, ...]) -> Effect:
    main, nest = (tuple(f for f in facets if f in part) for part in term)
    return Effect("".join(main) + (f":{''.join(nest)}" if nest else ""), main, nest)


class _Reader:
    """Recursive descent over the tokens of a formula."""

    def __init__(self, formula: str, tokens: Iterator[str]) -> None:
        self.formula, self.tokens, self.ahead = formula, tokens, next(tokens)
        self.facets: list[str] = []

    def refuse(self, got: str) -> None:
        raise InputError(
            expected="a design such as 'p x i', 'i:p' or 'p x (r:i)' of a person p and up to "
            f"{MOST_FACETS - 1} other facets, each a letter but x, each once",
            got=f"{got} in {self.formula!r}",
        )

    def product(self) -> list[Term]:
        terms = self.nested()
        while self.ahead == "x":
            self.ahead = next(self.tokens)
            right = self.nested()
            both = [(a + c, b + d) for a, b in terms for c, d in right]
            terms = [*terms, *right, *both]
        return terms

    def nested(self) -> list[Term]:
        terms = self.atom()
        while self.ahead == ":":
            self.ahead = next(self.tokens)
            outer = self.atom()
            around = tuple({facet for main, nest in outer for facet in main + nest})
            terms = [*outer, *((main, nest + around) for main, nest in terms)]
        return terms

    def atom(self) -> list[Term]:
        here, self.ahead = self.ahead, next(self.tokens, "")
        if here == "(":
            terms = self.product()
            if self.ahead != ")":
                self.refuse("a bracket without its end")
            self.ahead = next(self.tokens, "")
            return terms
        if not re.fullmatch("[a-wyz]", here) or here in self.facets:
            self.refuse(repr(here) if here else "an end")
        self.facets.append(here)
        return [((here,), ())]
