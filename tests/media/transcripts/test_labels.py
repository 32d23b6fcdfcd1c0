"""Labels become speakers; words before colons that are speech stay words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.timing import ends_within
from trifold.contracts import Segment
from trifold.media.transcripts.speakers.labels import labelled


def said(*texts: str) -> list[tuple[str | None, str]]:
    found = labelled([Segment(text) for text in texts])
    return [(segment.speaker, segment.text) for segment in found]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        *((f"{name}: ", name) for name in ("Interviewer", "Candidate", "Befragte(r)")),
        *((f"{name}: ", name) for name in ("SPEAKER_00", "Speaker 1", "spk_0", "Sprecher 2", "S1")),
        *((f"{name}: ", name) for name in ("Mira Vogel", "MIRA VOGEL", "Vogel, Mira", "Mira")),
        *((f"{name}: ", name) for name in ("mira.vogel@firm.example", "+49 170 5550100", "Int.")),
        *((f"{name}: ", name) for name in ("Dr. Anna Müller-Lüdenscheid", "Ana de la Cruz", "P1")),
        *((f"{name}：", name) for name in ("李雷", "面试官", "Mira Vogel")),
        *((head, "Mira Vogel") for head in (">> Mira Vogel: ", "- Mira Vogel: ", "Mira Vogel : ")),
        *((head, "Mira Vogel") for head in ("[Mira Vogel] ", "(Mira Vogel): ", "[Mira Vogel]: ")),
        *((head, "Mira Vogel") for head in ("**Mira Vogel:** ", "**Mira Vogel**: ", "Mira Vogel:")),
        *((head, "Mira Vogel") for head in ("Mira Vogel (Guest): ", "Mira Vogel (she/her): ")),
        ("Mira Vogel 🎧: ", "Mira Vogel"),
        ("Mira's iPhone: ", "Mira's iPhone"),
        ("iPhone von Mira: ", "iPhone von Mira"),
        ("Mira Vogel - Firm: ", "Mira Vogel - Firm"),
        ("Mira Vogel | Firm: ", "Mira Vogel | Firm"),
        ("Mira O’Neill-García: ", "Mira O’Neill-García"),
        ("M. Vogel: ", "M. Vogel"),
        ("mira_v: ", "mira_v"),
        ("Unknown Speaker: ", "Unknown Speaker"),
        ("Mira Vogel (Candidate): ", "Mira Vogel (Candidate)"),
        ("[Speaker 1] ", "Speaker 1"),
        ("mira: ", "mira"),
    ],
)
def test_a_label_in_every_cue_is_the_speaker(head: str, name: str) -> None:
    texts = ("I ask first.", "Then I sort: big things, small things.", "At 10:30 I rest.", "So.")
    assert said(*(head + text for text in texts)) == [(name, text) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        ("My rule is simple: plan first.", "Note: it works.", "Remember: ask.", "Remember: rest."),
        ("First: I ask.", "Second: I sort.", "Finally: I rest.", "One thing: tea."),
        ("So I said: no.", "At 10:30 we met.", "https://a.example/b", "Ratio 3:1", "Luke 5:12"),
        ("Situation: we were late.", "Task: a plan.", "Action: I called.", "Result: it held."),
        ("Leadership: I like it.", "Teamwork: I like it too.", "Communication: less so."),
        ("Stärken: Ruhe.", "Schwächen: Ungeduld.", "Kurz gesagt: es geht.", "Wichtig: Tee."),
        ("[MUSIC] I ask", "[MUSIC] I sort", "[Laughter] I rest", "(applause) so"),
        ("Python: I used it once.", "I also wrote tests.", "They ran.", "They ran long.", "Good."),
        ("He shouted. Robin: that was me.", "I came.", "I went.", "I stayed.", "I left."),
        ("- one point", "- another point"),
        ("hello",),
        (),
    ],
)
def test_a_monologue_with_colons_loses_no_word(texts: tuple[str, ...]) -> None:
    assert said(*texts) == [(None, text) for text in texts]


def test_speech_goes_on_with_the_last_label_and_none_comes_before_the_first() -> None:
    assert said("Ready.", "Interviewer: Why?", "And how?", "Mira: By asking.", "Often.") == [
        (None, "Ready."),
        *[("Interviewer", "Why?"), ("Interviewer", "And how?")],
        *[("Mira", "By asking."), ("Mira", "Often.")],
    ]


def test_a_full_name_before_the_first_words_only() -> None:
    assert said("Mira Vogel: I ask.", "I sort.") == [
        ("Mira Vogel", "I ask."),
        ("Mira Vogel", "I sort."),
    ]


def test_two_names_that_come_once_each() -> None:
    assert said("Mira: I ask.", "I sort.", "Anna Berg: Good.") == [
        *[("Mira", "I ask."), ("Mira", "I sort.")],
        ("Anna Berg", "Good."),
    ]


def test_a_name_in_brackets_beside_others_in_brackets() -> None:
    found = said("(Mira) I ask.", "(Anna) Good.", "(Mira) I rest.")
    assert found == [("Mira", "I ask."), ("Anna", "Good."), ("Mira", "I rest.")]


def test_a_label_with_a_line_of_its_own() -> None:
    assert said("Mira Vogel:", "I ask.", "Interviewer:", "Why?") == [
        ("Mira Vogel", "I ask."),
        ("Interviewer", "Why?"),
    ]


@pytest.mark.parametrize("first", ["ROBIN:", "Robin :", "robin:"])
def test_spellings_of_one_label_are_one_speaker(first: str) -> None:
    found = said("Robin: a", f"{first} b", "Anna: c", "Robin: d", "Anna: e")
    assert [name for name, _ in found] == ["Robin", "Robin", "Anna", "Robin", "Anna"]


def test_a_part_in_brackets_is_stated_once_for_all() -> None:
    found = said("Anna Berg (Interviewer): a", "Mira (Candidate): b", "Anna Berg: c", "Mira: d")
    assert [name for name, _ in found] == ["Anna Berg (Interviewer)", "Mira (Candidate)"] * 2


def test_a_misspelt_part_is_the_part_that_was_meant() -> None:
    heads = ("Interviewer", "Interviewee", "Interviewer", "Interveiwee", "Interviewee")
    found = said(*(f"{head}: hm" for head in heads))
    assert [name for name, _ in found] == ["Interviewer", "Interviewee"] * 2 + ["Interviewee"]


@pytest.mark.parametrize("end", [".", "?", ""])
def test_parts_within_one_text_part_it(end: str) -> None:
    blob = f"Interviewer: How do you start{end} Candidate: I ask{end} Interviewer: And then"
    assert said(blob) == [
        ("Interviewer", f"How do you start{end}"),
        ("Candidate", f"I ask{end}"),
        ("Interviewer", "And then"),
    ]


def test_names_within_one_text_part_it() -> None:
    assert said("Anna: How? Mira: I ask. My rule: ask. Anna: And then?") == [
        ("Anna", "How?"),
        ("Mira", "I ask. My rule: ask."),
        ("Anna", "And then?"),
    ]


@pytest.mark.parametrize(("asks", "answers"), [("Q", "A"), ("I", "B"), ("F", "A"), ("Me", "Them")])
def test_initials_of_two_are_labels(asks: str, answers: str) -> None:
    assert said(f"{asks}: Why?", f"{answers}: Because.", f"{asks}: Oh.", f"{answers}: Yes.") == [
        *[(asks, "Why?"), (answers, "Because."), (asks, "Oh."), (answers, "Yes.")]
    ]


@pytest.mark.parametrize(("asks", "answers"), [("Q", "A"), ("Question ", "Answer "), ("F", "A")])
def test_questions_and_answers_may_be_counted(asks: str, answers: str) -> None:
    rounds = [(f"{asks}{n}: Why?", f"{answers}{n}: Because.") for n in (1, 2)]
    found = said(*(text for pair in rounds for text in pair))
    assert found == [(asks.strip(), "Why?"), (answers.strip(), "Because.")] * 2


def test_letters_before_full_stops_are_labels_where_most_texts_have_them() -> None:
    found = said("Q. Why?", "A. Because.", "Q. Oh.")
    assert found == [("Q", "Why?"), ("A", "Because."), ("Q", "Oh.")]
    list_of_letters = ("A. Smith was there.", "We met at Q. and left.", "Then I rested.")
    assert said(*list_of_letters) == [(None, text) for text in list_of_letters]


def test_a_mention_before_a_colon_is_no_label() -> None:
    found = said("Mira Vogel: I met someone.", "I told Mira Vogel: no.", "I told Anna Berg: yes.")
    assert " ".join(text for _, text in found).count("I told Mira Vogel: no.") == 1
    assert {name for name, _ in found} == {"Mira Vogel"}


@pytest.mark.parametrize(
    "texts", [(">> How?", ">> I ask.", "Often."), ("- How? - I ask.", "Often.")]
)
def test_turns_without_names_are_told_apart(texts: tuple[str, ...]) -> None:
    assert said(*texts) == [
        ("unnamed 1", "How?"),
        ("unnamed 2", "I ask."),
        ("unnamed 2", "Often."),
    ]


def test_one_chevron_names_nobody_and_is_no_word() -> None:
    assert said(">> I ask.", "Often.") == [(None, "I ask."), (None, "Often.")]


def test_time_is_shared_out_by_what_is_said() -> None:
    both = Segment("Anna Berg: abc Mira Vogel: abcdef", 2.0, 5.0)
    found = labelled([Segment("Mira Vogel: abcd", 0.0, 2.0), both])
    assert [(s.speaker, s.start_s, s.end_s) for s in found] == [
        ("Mira Vogel", 0.0, 2.0),
        ("Anna Berg", 2.0, 3.0),
        ("Mira Vogel", 3.0, 5.0),
    ]


def test_a_speaker_that_the_format_states_stays_and_is_not_repeated() -> None:
    given_speakers = [
        Segment("Mira Vogel: I ask.", 0, 1, "Mira Vogel"),
        Segment("Plan: I sort.", 1, 2, "MIRA  VOGEL"),
        Segment("And rest."),
    ]
    found = labelled(given_speakers)
    assert [s.text for s in found] == ["I ask.", "Plan: I sort.", "And rest."]
    assert [s.speaker for s in found] == ["Mira Vogel"] * 3


_WORDS = st.sampled_from(
    [
        *(
            "Mira:",
            "Mira Vogel:",
            "Interviewer:",
            "Q:",
            "A:",
            "Note:",
            ">>",
            "-",
            "[Mira]",
            "Mira -",
        ),
        *(
            "(laughs)",
            "why?",
            "I",
            "ask.",
            "so",
            "Speaker 1:",
            "Robin: ",
            "：",
            ":",
            "x:y",
            "**M:**",
        ),
    ]
)
_TEXTS = st.lists(st.lists(_WORDS, max_size=7).map(" ".join) | st.text(max_size=30), max_size=7)
_SPEAKERS = st.sampled_from([None, None, None, "Mira", "Mira Vogel"])


@settings(deadline=None)  # machines are shared
@given(_TEXTS, st.data())
def test_words_come_out_in_order_and_twice_is_once(texts: list[str], data: st.DataObject) -> None:
    segments = [Segment(" ".join(text.split()), speaker=data.draw(_SPEAKERS)) for text in texts]
    segments = [segment for segment in segments if segment.text]
    found = labelled(segments)
    assert labelled(found) == found
    rest = iter(" ".join(segment.text for segment in segments))
    assert all(c in rest for segment in found for c in segment.text if not c.isspace())


@settings(deadline=None)  # machines are shared
@given(st.lists(st.text(alphabet="abc .,!", min_size=1, max_size=40), max_size=8))
def test_texts_without_marks_are_left_alone(texts: list[str]) -> None:
    segments = tuple(Segment(" ".join(text.split())) for text in texts)
    assert labelled(segments) == segments


@pytest.mark.parametrize(
    "text",
    [
        *("Mira: " * 11_000, ": " * 30_000, ">> " * 20_000, "- " * 30_000, "a. " * 20_000),
        *("Robin Sample " * 5_000, "A:" * 30_000, "(" * 60_000, "[a] " * 15_000, "：" * 60_000),
        *(
            "Interviewer: a " * 4_000,
            "x" * 60_000,
            " " * 60_000,
            "**a:** " * 9_000,
            "a@" * 30_000,
        ),
    ],
)
def test_time_is_bounded(text: str) -> None:
    both = [[Segment(text)], [Segment(text, speaker="Mira")]]
    assert ends_within(5, lambda: [labelled(one) for one in both])  # quadratic: minutes


def test_many_segments_take_little_time() -> None:
    many = [Segment(f"Mira{i % 50} Vogel: hm", i, i + 1.0) for i in range(5_000)]
    assert len(labelled(many)) == 5_000
    assert ends_within(5, lambda: labelled(many))  # quadratic time would take minutes


@pytest.mark.parametrize("mark", ["", "**", "***", "*"])
def test_parts_with_a_colon_inside(mark: str) -> None:
    asks, answers = (f"{mark}{part}:in:{mark} " for part in ("Interviewer", "Bewerber"))
    found = said(f"{asks}Wie?", f"{answers}So.", f"{asks}Und?", f"{answers}Ja.")
    assert found == [("Interviewer*in", "Wie?"), ("Bewerber*in", "So."),
                     ("Interviewer*in", "Und?"), ("Bewerber*in", "Ja.")]  # fmt: skip
    speech = "Meine Chef:in war nett, sie mag Lehrer:innen."
    assert said(speech) == [(None, speech)]


@pytest.mark.parametrize("sign", ["; ", " → ", " > ", " | ", " = "])
def test_full_names_before_signs_are_all_labels_or_none_is(sign: str) -> None:
    talk = [f"{name}{sign}I soak it {n}." for n in (1, 2) for name in ("Ines Berg", "Otto Lind")]
    assert {name for name, _ in said(*talk)} == {"Ines Berg", "Otto Lind"}
    alone = ["Boat Rope > twine.", "Twine is thin.", "Thread is thinner.", "All are wet."]
    assert said(*alone) == [(None, text) for text in alone]


@pytest.mark.parametrize("letters", ["I. Berg", "O. Lind", "A. Sund", "E. K. Dahl"])
def test_initials_that_are_words_belong_to_names(letters: str) -> None:
    found = said(f"{letters}: How?", "M. Vogel: So.", f"{letters}: And?", "M. Vogel: Yes.")
    assert {name for name, _ in found} == {letters, "M. Vogel"}
