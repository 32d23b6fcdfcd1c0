"""Words that name a role in a conversation, and words that open a remark instead.

``Interviewer:`` is a label wherever it stands; ``Note:`` never is, however often it comes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from trifold.media.transcripts.speakers import role_words
from trifold.media.transcripts.speakers.role_words import CANDIDATES, INTERVIEWERS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBERED_ROLES = _words(
    """
    speaker spk person participant guest panelist voice unknown user attendee student subject
    male female man woman channel sprecher sprecherin person teilnehmer teilnehmerin gast
    locuteur locutrice intervenant intervenante personne hablante orador oradora participante
    ponente persona parlante relatore falante pessoa spreker deelnemer mówca talare taler
    konuşmacı mluvčí beszélő спикер говорящий участник 说话人 說話人 发言人 發言人 讲话人 話者
    スピーカー 화자 참석자 참가자
    المتحدث דובר
    """
)
_PEOPLE = (CANDIDATES | INTERVIEWERS | {"int", "interv", "guest"}) - {"frage", "hr", "panel"}
_ROLES = _PEOPLE | _NUMBERED_ROLES
_INITIAL = re.compile(r"[A-ZÀ-Þ]\.\s?[A-ZÀ-Þ]")
_NUMBER = re.compile(r"#?\d{1,3}|[a-z]|one|two|three|four|[一二三四]")
_GLUED = re.compile(r"(?P<role>[^\W\d_]+)[ _#-]*(?P<number>\d{1,3}|[a-z]|[一二三四])")

_GENDERED = re.compile(r"(?<=[a-zäöüß]{4})(?:[*:_/·]-?|\()in(?:nen)?\)?(?=\s|$)")  # Bewerber*in

PAIRS = (  # of letters and words that are labels beside their counterpart only
    *(pair for pair in role_words.PAIRS if pair != ("e", "e1")),
    *(("me", "them"), ("me", "you")),
)
PAIRED = frozenset(word for pair in PAIRS for word in pair)
_NUMBERED_LABEL = re.compile(r"(?P<word>\D+?)[ .#]*\d+")  # Question 1, Q2

# Openings of remarks: whoever has one of these words before a colon is speaking.
_OPENINGS = _words(
    """
    a about actually add advice after again agenda all also always an and another answer any
    anyway approach as aside ask at background bad basically because before best better big both
    bottom but by bonus can case caution cause caveat challenge challenges choice clearly com
    conclusion con cons consequence context could day dear thanks thank great perfect awesome
    cool super absolutely hmm hm mhm uh um yeah yep nope bye please sorry genau danke bitte tschüss
    merci gracias vale claro definition did disclaimer do does done
    during each education effect else end especially even every everything exactly example
    examples experience extra fact facts final finally first firstly focus for fourth from fun
    future general goal goals good had has have he hello her here hey hi his hint history honest
    honestly hobbies how however i idea if important in include including instead interesting is
    issue issues it its job just key know last lastly later lesson lessons let lets like line
    link list look main many maybe me meaning means method mission moral more most motto my
    namely name need never next no none not note notes now number objective of oh ok okay on
    once one only option or other others our outcome overall own part personally phase pitfall
    plan plus point points principle pro problem problems process pros purpose question
    questions quick quote rather reality really reason reasons recap remark remember remind
    result results right risk role rule rules same say saying says second secondly section see
    she short simple simply situation skill skills so solution some something sometimes somebody
    someone spoiler step still story strategy strength strengths such suddenly sum summary sure
    takeaway task tasks team that thats the their them then there therefore these they thing
    things think third this those thought three thus tip tips title to today together told
    tomorrow too top topic total translation trick true truth two type typical under until
    update us usually value values very vision want warning was we weakness weaknesses well were
    what when where which while who why with word words work would yes yesterday yet you your
    zero music applause laughter laughs laughing silence noise inaudible unintelligible
    crosstalk pause sighs coughs cheering foreign beep sound sounds video audio action chapter
    part scene ab aber achtung aktion als also antwort auch auf aufgabe aus beispiel bei beruf
    das dann dass dazu denn der deshalb die dies ein eine einfach einerseits eins ende endlich
    er erstens ergebnis es fakt fazit ferner frage fragen für ganz grund gut hauptsache hier
    hinweis ich idee ihr im immer ist ja kurz lösung man mein meine merke mit motto nach nämlich
    nein noch notiz nun nur oder ohne problem punkt regel schritt schwächen sehr sie situation
    so stärken tipp und unter vor warnung warum was weil wenn wer wichtig wie wir ziel ziele
    zitat zu zuerst zusammengefasst zweitens zwei drei drittens alors après aussi avec bon bref
    but car cause ce cela chose conclusion conseil dans de depuis des donc du elle en enfin
    ensuite est et exemple exemples fait finalement il ils je la le les mais mon ma mes moi nous
    objectif par parce personnellement pour pourquoi premièrement puis que question raison règle
    remarque réponse résultat si solution sur tu un une vous además ahora al aunque como con
    consejo cuando cosa creo de del desde después ejemplo el ella en entonces era es eso esto
    finalmente hay la las lo los más meta mi muy no nosotros nota o objetivo para pero por
    porque primero pregunta problema pues que razón regla respuesta resultado se segundo sí
    solución su también tercero todo un una y ya yo http https ftp mailto www 是 说 說 的 我
    因为 所以 注意
    例如 比如 首先 其次 最后 总之
    """
)
_ABSTRACT = re.compile(
    r"(?:ship|ments?|[ts]ions?|ness|ities|ity|ances?|ences?|isms?|ings?|works?|ly|ung|ungen|heit|"
    r"keit|schaft|ción|ité|ment|dade)$"
)


def words_of(label: str) -> list[str]:
    """The label's words, case and outer punctuation aside."""
    plain = _GENDERED.sub("", unicodedata.normalize("NFKC", label).casefold()).replace("_", " ")
    return [word for word in (part.strip(".,;*'\"’-–—[]{}<>") for part in plain.split()) if word]


@lru_cache(maxsize=4096)
def is_bare_role(label: str) -> bool:
    """Whether a label is a role and nothing else: ``Interviewer 2``, ``SPEAKER_00``."""
    words = words_of(label)
    words = words[1:] if words[:1] == ["the"] else words
    plain = " ".join(words)
    if plain in _PEOPLE:
        return True
    glued = _GLUED.fullmatch(plain)
    is_numbered = len(words) == 1 or (len(words) == 2 and _NUMBER.fullmatch(words[1]) is not None)
    return is_numbered and glued is not None and glued["role"] in _ROLES


@lru_cache(maxsize=4096)
def is_role(label: str) -> bool:
    """Whether a label names a role, alone or with a name or title: ``Interviewer Anna``."""
    words = words_of(label)
    if is_bare_role(label):
        return True
    ends = {words[0], words[-1]} if words else set()
    is_titled = 1 < len(words) <= 3 and label[:1].isupper() and bool(ends & _PEOPLE)
    return is_titled and not set(words) & _OPENINGS


def opens_a_remark(label: str) -> bool:
    """Whether the first or last word is of those that stand before colons in speech."""
    words = words_of(label)
    if not words:
        return True
    is_short = len(words) > 1 and len(words[-1]) < 3  # Anna Le, Minh Do
    is_initial = len(words) > 1 and _INITIAL.match(label) is not None  # I. Berg, O. Lind
    return (words[0] in _OPENINGS and not is_initial) or (words[-1] in _OPENINGS and not is_short)


def is_abstract(label: str) -> bool:
    """Whether the last word looks like an abstract noun or an adverb, as headings do."""
    words = words_of(label)
    return bool(words) and _ABSTRACT.search(words[-1]) is not None


def without_number(label: str) -> str:
    """A label or its key without the number at its end: ``Question 1`` is a ``Question``."""
    numbered = _NUMBERED_LABEL.fullmatch(label)
    return numbered["word"] if numbered else label
