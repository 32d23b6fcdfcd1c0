"""One group against another, in full, and the sentence that says what may be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trifold.codes import Code
from trifold.decimals import FormattedNumber, decimal
from trifold.messages import TranslatableText, joined, raw, say
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.impact.two_groups.chance import flagged_among
from trifold.psychometrics.impact.two_groups.rates import (
    Group,
    below_four_fifths,
    cohens_h,
    flag_gone_after,
    flips_with_one,
    impact_ratio,
    odds_ratio,
    persons_to_four_fifths,
    phi,
    shortfall,
)
from trifold.psychometrics.impact.two_groups.significance import (
    Significance,
    among_all,
    significance,
)
from trifold.psychometrics.statistics.plain import plain

ALPHA = 0.05
FOUR_FIFTHS = 0.8
WORTH_SAYING = 0.05  # chance of a false flag from which the sentence names it


@dataclass(frozen=True)
class Comparison:
    """A focal group g against the reference h.

    Attributes:
        focal, reference: counts.
        ratio: impact ratio with its interval.
        below_four_fifths: the rule's flag, in integers; never to be read alone.
        tests: exact p, mid-p and z.
        difference: p_h − p_g.
        odds: odds ratio of g over h.
        h: Cohen's, below 0 where g is selected less.
        phi: correlation of group and selection.
        shortfall: selections that g lacks to the pooled rate.
        persons_to_four_fifths: more selections of g that would reach it.
        flips_with_one: one selection moved from h to g puts g level or ahead.
        flag_gone_after: selections moved from h to g after which the flag is gone.
        groups: how many the reference is the highest of.
        p_among_all: mid-p, corrected for that; see ``significance.among_all``.
        false_flag: chance of a flag against the highest, were all selected at the pooled rate.
        verdict: a sentence.
        flags: codes.
    """

    focal: Group
    reference: Group
    ratio: Estimate
    below_four_fifths: bool
    tests: Significance
    difference: float
    odds: Estimate
    h: float
    phi: float
    shortfall: float
    persons_to_four_fifths: int
    flips_with_one: bool
    flag_gone_after: int
    groups: int
    p_among_all: float
    false_flag: float
    verdict: str
    flags: tuple[Code, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def compare(focal: Group, reference: Group, others: Sequence[Group] = ()) -> Comparison:
    """All of section "adverse impact" for two groups.

    Args:
        focal: g.
        reference: h.
        others: all other groups of which h has the highest rate; they decide how much of the
            distance is chance.
    """
    ratio, tests = impact_ratio(focal, reference), significance(focal, reference)
    flips = flips_with_one(focal, reference)
    everybody = (focal, reference, *others)
    pooled = sum(g.selected for g in everybody) / sum(g.n for g in everybody)
    chance = flagged_among(focal.n, [g.n for g in everybody[1:]], rate=pooled)
    p = among_all(tests.mid_p, len(everybody))
    flags = [Code.SMALL_CELL] if tests.exact_only else []
    flags += [Code.FLIPS_WITH_ONE] if flips else []
    return Comparison(
        focal,
        reference,
        ratio,
        below_four_fifths(focal, reference),
        tests,
        reference.share - focal.share,
        odds_ratio(focal, reference),
        cohens_h(focal.share, reference.share),
        phi(focal, reference),
        shortfall(focal, reference),
        persons_to_four_fifths(focal, reference),
        flips,
        flag_gone_after(focal, reference),
        len(everybody),
        p,
        chance,
        _verdict(focal, reference, ratio, (tests.mid_p, p, len(everybody)), chance),
        tuple(dict.fromkeys((*ratio.flags, *flags))),
    )


def _verdict(
    g: Group, h: Group, ratio: Estimate, tested: tuple[float, float, int], chance: float
) -> TranslatableText:
    """Ratio, rule, test, and what the size of the sample lets one say; never that there is none."""
    if not math.isfinite(ratio.estimate):
        return say("no ratio: nobody of %(group)s was selected; too few to tell.", group=h.name)
    mid_p, p_among_all, groups = tested
    flagged, alone, certain = below_four_fifths(g, h), mid_p < ALPHA, p_among_all < ALPHA
    ends = say("%(low)s to %(high)s", low=short(ratio.low), high=short(ratio.high))
    known = {"ratio": short(ratio.estimate), "ends": ends}
    p = short(mid_p)
    parts = [
        say("ratio %(ratio)s (%(ends)s), below four-fifths", **known)
        if flagged
        else say("ratio %(ratio)s (%(ends)s), not below four-fifths", **known),
        say("significant (mid-p %(p)s)", p=p)
        if certain
        else say(
            "significant by itself (mid-p %(p)s) but not for the highest of %(groups)s groups "
            "(%(all)s)",
            p=p,
            groups=groups,
            all=short(p_among_all),
        )
        if alone
        else say("not significant (mid-p %(p)s)", p=p),
    ]
    if flips_with_one(g, h):
        parts.append(say("one selection flips it"))
    if flagged:
        short_of = persons_to_four_fifths(g, h)
        parts.append(
            say("1 person short of four fifths")
            if short_of == 1
            else say("%(n)s persons short of four fifths", n=short_of)
        )
        if chance >= WORTH_SAYING:
            share = decimal(100 * chance, 0)
            parts.append(say("at equal rates chance alone flags %(share)s %%", share=share))
    meaning = _meaning(flagged, certain=certain, alone=alone, ratio=ratio)
    return raw(joined([joined(parts, "; "), meaning], ": "))


def _meaning(flagged: bool, *, certain: bool, alone: bool, ratio: Estimate) -> TranslatableText:
    """What the parts come to."""
    if flagged and certain:
        return say("adverse impact is indicated; look for its cause and for an alternative.")
    if certain:
        return say("the rates differ, if by less than the four-fifths rule asks for.")
    if flagged and alone:
        return say("adverse impact is possible and not shown; look for its cause.")
    if flagged or ratio.low < FOUR_FIFTHS:
        return say("too few to tell.")
    return say("nothing here can be told from chance at this size of sample.")


def short(value: float) -> FormattedNumber:
    """As ratios are printed, without a leading zero: .67, .009, 1.02, 5.6, 23."""
    if not math.isfinite(value):
        return FormattedNumber("?")
    if abs(value) < 0.0005:
        return FormattedNumber("< .001" if value else "0")
    digits = 3 if abs(value) < 0.01 else 2 if abs(value) < 2 else 1 if abs(value) < 10 else 0
    return decimal(value, digits, bare=True)
