"""A capacity plan in words: what to buy, what it carries, and what gives first."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trifold.serve.capacity.demand import MBIT, MIB
from trifold.serve.capacity.plan import Plan
from trifold.serve.capacity.simulation import HOUR_S
from trifold.serve.settings import Settings

AUDIT_BYTES = 350  # of a line per scoring
LINK_MBIT_S = 1000.0  # of a machine
DAYS = 365
RARE = 0.005  # of the interviews


def lines_of(plan: Plan) -> Iterator[str]:
    """The plan, a fact a line."""
    demand, machine, hour = plan.demand, plan.machine, plan.worst
    median_s, high_s, highest_s = hour.wait_s
    yield (
        f"{demand.interviews:,.0f} interviews of {demand.minutes:g} min on a usual day,"
        f" {demand.peak:g} times as many on the busiest; recognition"
        f" {'on' if demand.recognise else 'off'}"
    )
    yield (
        f"work       {plan.service_s:,.0f} s of a core each,"
        f" {plan.core_hours:,.0f} core-hours a day"
    )
    yield (
        f"worst hour {hour.hour}:00 to {hour.hour + 1}:00 with {hour.arrivals:,.0f} interviews,"
        f" {plan.load:,.1f} cores' work"
    )
    yield (
        f"machines   {plan.machines} of {machine.workers} workers, and {machine.spare} spare:"
        f" {plan.bought}, {plan.busy:.0%} busy then, {plan.used:.0%} of a usual day"
    )
    yield (
        f"wait       {median_s:,.0f} s in the median, {high_s:,.0f} s for 95 %,"
        f" {highest_s:,.0f} s for 99 % of them"
    )
    yield (
        f"network    {_mbit_s(plan):,.0f} Mbit/s in the busiest hour,"
        f" {_mbit_s(plan) / plan.machines:,.1f} a machine"
    )
    yield (
        f"storage    {demand.interviews * demand.mib / 1024:,.0f} GiB of recordings a day,"
        f" {demand.interviews * demand.mib * demand.keep_days / 1024**2:,.1f} TiB in"
        f" {demand.keep_days:g} days; none on these machines"
    )
    yield f"theory     {plan.theory_s:,.1f} s of wait in the mean, were all workers one queue"
    audit_mib = plan.demand.interviews * DAYS * AUDIT_BYTES / plan.machines / MIB
    yield f"audit log  {audit_mib:,.0f} MiB a machine and year"


def limits_of(plan: Plan, settings: Settings) -> Iterator[str]:
    """Limits of the endpoint that this demand comes to, each with what to do.

    Args:
        plan: of the demand.
        settings: of the endpoint.
    """
    yield from _limits_of_one(plan, settings)
    full = plan.worst.waiting + plan.machine.workers
    places, held = (settings.share_of(n) for n in (settings.max_waiting, settings.max_held_mib))
    if full > places:
        yield (
            f"a full machine has {full} interviews, and one caller {places} of"
            f" max_waiting={settings.max_waiting} places: raise it, or caller_percent"
        )
    if full * plan.demand.mib > held:
        yield (
            f"a full machine holds {full * plan.demand.mib:,.0f} MiB, and of one caller {held} of"
            f" max_held_mib={settings.max_held_mib}: raise it, or send paths"
        )
    if _mbit_s(plan) / plan.machines > LINK_MBIT_S / 2:
        yield "a machine takes more than half of 1 Gbit/s"


def _limits_of_one(plan: Plan, settings: Settings) -> Iterator[str]:
    """Those that a single interview comes to, by its length or its wait."""
    demand, (request_s, minute_s) = plan.demand, plan.work.of(plan.demand)
    in_time = (settings.max_seconds - request_s) / minute_s if minute_s else math.inf
    in_size = settings.max_request_mib * demand.minutes / demand.mib
    if (share := demand.share_above(in_time)) > RARE:
        yield (
            f"{share:.0%} of the interviews take more than max_seconds={settings.max_seconds:g}"
            " of work and end with OUT_OF_TIME: raise it"
        )
    if (share := demand.share_above(in_size)) > RARE:
        yield (
            f"{share:.0%} are larger than max_request_mib={settings.max_request_mib}: send paths"
            " below media_root, or an answer a request"
        )
    if plan.worst.wait_s[2] + plan.service_s > settings.patience_s:
        yield (
            f"1 % wait for more than {plan.worst.wait_s[2]:,.0f} s, and the gateway waits for"
            f" {settings.patience_s:,.0f} s: raise max_seconds, or score folders with trifold score"
        )


def _mbit_s(plan: Plan) -> float:
    return max(plan.demand.by_hour()) * plan.demand.mib * MIB * 8 / HOUR_S / MBIT
