"""Known markup goes, all other text stays to the character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.media.transcripts.timed.markup import spoken, stamped, voices


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("<i>I</i> <b>plan</b>", "I plan"),
        ("<c.colorE5E5E5>I</c><c> plan</c>", "I plan"),
        ('<font color="#fff" face=Arial>I plan</font>', "I plan"),
        ("I<br/>plan<br>well", "I plan well"),
        ("<lang de>Ja</lang>", "Ja"),
        ("<ruby>漢字<rt>かんじ</rt></ruby>", "漢字"),
        ("I <00:00:01.200>plan", "I plan"),
        (r"{\an8}I plan", "I plan"),
        (r"{\pos(10,20)\fad(1,2)}I {\i1}plan{\i0}", "I plan"),
        ("{y:i}I plan", "I plan"),
        (r"I\Nplan\hwell", "I plan well"),
        ("R&amp;D &lt;3 &#39;now&#x27;&nbsp;here", "R&D <3 'now' here"),
        ("<|startoftranscript|><|en|><|0.00|> I plan<|1.20|>", "I plan"),
        ("♪ la la ♪", "la la"),
        ("\ufeffI\u200b plan", "I plan"),
    ],
)
def test_known_markup_goes(raw: str, words: str) -> None:
    assert spoken(raw) == words


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "x<y and z>w",
        "x<b and c>w",
        "if p<q or r>s",
        "AT&T and R&D and fish&chips",
        "set {json} to {a: 1}",
        "(I think so)",
        "(the music was too loud)",
        "my hobby (which I love) is music",
        "[sic]",
        "[I love the music here]",
        "I scored [1] of (5)",
        "[OK]",
        "[SPEAKER_00]: I plan",
        "[Speaker 1] I plan",
        "[ROBIN SAMPLE]: I plan",
        "(Interviewer) And then?",
        "2 * 3 * 4",
        "*really* good",
        "C++ is > C",
        "dot.<unknown tag> here",
        "Vraiment ? Oui !",
        "the agency (NASA) said",
    ],
)
def test_text_that_looks_like_markup_stays(text: str) -> None:
    assert spoken(text) == text


@pytest.mark.parametrize(
    "sound",
    [
        *["[Music]", "[MUSIC]", "[MUSIC PLAYING]", "[ Applause ]", "[upbeat piano music playing]"],
        *["(applause)", "(laughs)", "(Laughter)", "(both laugh)", "(clears throat)", "(sighs)"],
        *["(speaks in foreign language)", "(soft music playing)", "(audience applauding)"],
        *["*laughs*", "*sighs deeply*", "<laughter>", "<unk>", "[BLANK_AUDIO]", "[_BEG_]"],
        *["[inaudible]", "[inaudible 00:12]", "[unintelligible 00:01:02]", "[crosstalk 00:12:33]"],
        *["[Musik]", "[Applaus]", "[Gelächter]", "[Musique]", "[Applaudissements]", "[Rires]"],
        *["(rires)", "(risas)", "[Música]", "[Aplausos]", "(räuspert sich)", "[Musica]"],
        *["[ __ ]", "[...]", "(…)", "[DOOR SLAMS]", "[KEYBOARD CLICKS]", "[音楽]", "(笑)", "♪♪"],
        *["[laughter]", "(crosstalk)", "(pause)", "[no audio]", "（拍手）", "[00:00:12]"],
        *["(phone ringing)", "[MUSIC\nPLAYING]", "Gela\u0308chter".join("[]")],
    ],
)
def test_sounds_are_no_words(sound: str) -> None:
    assert spoken(sound) == ""
    assert spoken(f"I plan {sound} well") == "I plan well"
    assert spoken(f"I plan {sound}.") == "I plan."


@pytest.mark.parametrize("line", ["[bats screeching]", "[ Bats Screeching ]", "- [he walks off]"])
def test_a_line_of_its_own_describes_a_sound(line: str) -> None:
    assert spoken(f"I plan\n{line}\nwell") == "I plan well"
    assert spoken("I [walked on] then") == "I [walked on] then"
    assert spoken("[Ann Lee]\nI plan") == "[Ann Lee] I plan"


def test_voices_hold_until_they_end() -> None:
    cut = [(who, said.strip()) for who, said in voices("a<v.loud Ann &amp; Bo>b</v>c<v Cy>d")]
    assert cut == [(None, "a"), ("Ann & Bo", "b"), (None, "c"), ("Cy", "d")]


def test_stamps_cut() -> None:
    assert stamped("I<00:01.5> plan") == [(None, "I"), (1.5, " plan")]


@given(st.text(alphabet="<>/{}\\[]()*&;♪ ablMUSICcv.:=\n\x00|", max_size=120))
def test_reading_twice_changes_no_word_count(text: str) -> None:
    words = spoken(text)
    assert words == " ".join(words.split())
    assert "\x00" not in words


@pytest.mark.parametrize(
    "sound",
    [
        *("((lacht))", "[[laughs]]", "〔笑〕", "{laughs}", "#soft music#", "(3 s)", "(2.5 sec.)"),
        *("[непонятно]", "(gülüşmeler)", "[śmiech]", "[skratt]", "[naurua]", "[웃음]", "[박수]"),
        *("[听不清]", "(unv.)", "[Sprecherwechsel]", "(risadas)", "[صمت]", "[שתיקה]"),
        *("(speaks German)", "[speaking in Polish]", "(spricht Englisch)", "[speaker changes]"),
        *("[no speech]", "[Video starts]", "(End of recording)", "(Ende der Aufnahme)"),
        *("[redacted]", "<eps>", "[anonymisiert]"),
    ],
)
def test_sounds_of_many_languages_and_brackets(sound: str) -> None:
    assert spoken(f"I soak {sound} it.") == "I soak it."
    assert spoken(sound) == ""


def test_a_pause_in_tenths_is_one_where_it_stands_alone() -> None:
    assert spoken("I soak it\n(1.5)\nand wait.") == "I soak it and wait."


@pytest.mark.parametrize(
    "text",
    [
        "(speaks German well enough to work)",
        "(3 times)",
        "the old one (2.0)",
        "{nets}",
        "use #nets or #rope",
    ],
)
def test_other_brackets_stay(text: str) -> None:
    assert spoken(text) == text
