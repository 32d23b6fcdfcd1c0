"""Texts that keep what they were made of are the same text when they are said again."""

from __future__ import annotations

import copy
import json
import pickle

from hypothesis import given
from hypothesis import strategies as st

from trifold.decimals import decimal
from trifold.messages import joined, raw, say, sentence, serialized, translated

TEXTS = st.text("ab %()s", max_size=9)
SAID = st.recursive(
    st.one_of(
        TEXTS, st.integers(0, 99), TEXTS.map(raw), st.floats(-9, 9).map(lambda x: decimal(x, 2))
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: say("%(a)s of %(b)s, 5 %%", a=a, b=b), inner, inner),
        inner.map(lambda one: sentence(joined([str(one), "b", raw(str(one))], "; "))),
    ),
    max_leaves=5,
)


def again(found: object, tell=lambda message, values: message % values, write=str) -> object:
    return translated(json.loads(json.dumps(serialized(found))), tell, write)


@given(SAID)
def test_what_is_kept_is_said_as_it_was(text: object) -> None:
    page = {"title": raw(str(text)), "rows": [[say("about %(it)s", it=text), None, 0.5]]}
    assert again(page) == page
    assert pickle.loads(pickle.dumps(page)) == copy.deepcopy(page) == page  # noqa: S301


def test_messages_numbers_and_names_are_told_apart() -> None:
    text = sentence(say("%(n)s of %(name)s: %(why)s", n=12, name="of", why=say("too few")))
    german = {"%(n)s of %(name)s: %(why)s": "%(n)s von %(name)s: %(why)s", "too few": "zu wenige"}
    assert text == "12 of of: too few"
    tell = lambda message, values: german[message] % values  # noqa: E731
    assert again(text, tell, lambda number: f"<{number}>") == "<12> von of: zu wenige"
    names = say("%(number)s %(message)s", number="one", message=3)
    assert again(names) == names == "one 3"
    small = sentence(joined([say("too few"), "so"], ", "))
    assert small == "Too few, so"
    assert again(small, lambda message, values: german.get(message, message) % values) == (
        "Zu wenige, so"
    )
