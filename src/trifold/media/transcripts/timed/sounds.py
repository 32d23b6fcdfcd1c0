"""What captions put in brackets because nobody said it: ``[MUSIC]``, ``(applause)``, ``*laughs*``.

Brackets hold speech as well, such as ``(I think so)``, so words decide: known names of sounds in
several languages, and the custom of capitals in square brackets. Labels of speakers stay.
"""

from __future__ import annotations

import re
import unicodedata

# A sound by itself; in square brackets one of these is enough.
SOUNDS = frozenset(
    """
    audio
    music musik musique música musica muziek muzyka музыка 音楽 音乐 音樂 음악 song singing sings
    jingle applause applaus applaudissements aplausos aplauso applausi applauds applauding
    clapping claps beifall klatschen аплодисменты 拍手 掌声 laughter laughs laugh laughing chuckles
    chuckle chuckling giggles giggling snickers lachen lacht gelächter lacher kichert kichern
    rires rire rit risas risa ríe risate ride risos смех смеется 笑 笑い 笑声 haha lol cheers
    cheering jubel acclamations vítores inaudible unintelligible indistinct indiscernible
    incomprehensible unclear unhörbar unverständlich inintelligible ininteligible inaudibile
    incompréhensible crosstalk overtalk overlapping durcheinander silence silent pause stille
    schweigen silencio silenzio noise noises noisy geräusch geräusche rauschen bruit bruits
    ruido ruidos rumore static feedback sigh sighs sighing seufzt seufzen soupir soupire
    suspira suspiro cough coughs coughing hustet husten tousse tos tose sneeze sneezes sniffs
    sniffles sniffling clears räuspert räuspern gasp gasps gasping groans groan moans yawns
    yawning grunts scoffs sobbing sobs crying weeps weint breathing breathes breath inhales
    exhales atmet respire respira whispers whispering mumbles mumbling murmurs murmuring
    stutters chatter chattering beep beeps beeping bleep bleeps ringing rings ringtone buzzing
    buzzes chime chimes ding dings knock knocks knocking thud slams bang clicking clicks typing
    rustling footsteps barking barks chirping meows hum hums humming whistling whistles tapping
    screams screaming shouting explosion gunshot sirens siren thunder hupen klingelt klingeln
    foreign blank_audio sil unk noise_event
    """.split()  # noqa: SIM905
)

# What may stand beside a sound in round brackets or between asterisks.
BESIDE = frozenset(
    """
    a an the of in on at with and no is are playing plays starts stops ends continues fades
    background audio blank soft softly quiet quietly loud loudly gentle upbeat dramatic tense
    light slow fast sad happy bright ambient classical electronic piano guitar drum rock jazz
    theme intro outro long short brief slight nervous nervously awkward awkwardly deep deeply
    heavily heavy throat voice voices speech speaking speaks language foreign audience crowd
    all both everyone group people man woman men women male female speaker speakers interviewer
    interviewee participant participants candidate phone cell telephone door doorbell bell
    alarm clock keyboard mouse car engine dog dogs bird birds cat wind fingers nose tongue
    snaps traffic room baby child children he she they then spielt spielen leise laut leichtes
    leichte im hintergrund allgemeines publikum sich kurze lange pausa et de du le la les des
    fond en el los del douce suave entraînante éclats public multiple several simultaneous
    simultaneously continued
    """.split()  # noqa: SIM905
)

# Words of a sentence: a bracket with one of these is speech even though it names a sound.
SENTENCE = frozenset(
    """
    i i'm i've you your my me we our us it that which who was were be been like love think
    thought had have has did do don't not but because so when where why how this these would
    could can about ich du wir mein meine dein das der die ist war nicht aber weil wenn und
    habe hat je tu nous mon ma mes est était pas mais que qui ai yo tú mi mis es era pero
    porque no
    """.split()  # noqa: SIM905
) - {"no"}

ROLES = frozenset(
    """
    speaker interviewer interviewee candidate applicant moderator host guest participant
    respondent recruiter researcher facilitator narrator man woman male female person voice
    bewerber bewerberin sprecher sprecherin kandidat kandidatin locuteur candidat entrevistador
    entrevistado candidato
    """.split()  # noqa: SIM905
)

MOST_WORDS = 8
MOST_NAMES = 3
_UNNAMED = SOUNDS | BESIDE | SENTENCE
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CLOCKS = re.compile(r"\d{1,3}(?::\d{1,2}){1,2}(?:[.,]\d{1,3})?")
_ASTERISKS = r"(?<![\w*])\*[^*\n]{1,60}\*(?![\w*])"
BRACKETS = re.compile(
    rf"\[[^\[\]]{{0,120}}\]|\([^()]{{0,80}}\)|［[^［］]{{0,80}}］|（[^（）]{{0,80}}）|【[^【】]{{0,80}}】"
    rf"|<[a-zA-Z_]{{3,20}}>|{_ASTERISKS}"
)


def is_sound(bracket: str, *, after: str = "", alone: bool = False, opens: bool = False) -> bool:
    """True when a bracket with its marks names a sound or a gap, False when it may be speech.

    Args:
        bracket: such as ``[Music]``, ``(laughs)``, ``*sighs*``.
        after: what follows; a colon makes the bracket the label of a speaker.
        alone: whether it is all that its line holds.
        opens: whether the text begins with it and goes on: ``[MIRA]`` may then be who speaks,
            which only the whole transcript tells.
    """
    if opens and may_name(bracket):
        return False
    inside = unicodedata.normalize("NFC", bracket[1:-1])
    timeless = _CLOCKS.sub(" ", inside)
    words = _WORD.findall(timeless.casefold().replace("’", "'"))
    if after.lstrip()[:1] == ":" or (words and words[0] in ROLES and len(words) <= 2):
        return bool(words) and set(words) <= SOUNDS
    if not words:
        return _says_nothing(inside, timeless, bracket)
    if len(words) > MOST_WORDS:
        return False
    named = bool(SOUNDS.intersection(words))
    if bracket[0] in "[［【":
        by_custom = _in_capitals(timeless) or (alone and _describes(timeless))
        return by_custom or (named and not SENTENCE.intersection(words))
    return named and SOUNDS.union(BESIDE).issuperset(words)


def may_name(bracket: str) -> bool:
    """Whether capitals in square brackets, by custom a sound, may be a name: ``[MIRA VOGEL]``."""
    words = _WORD.findall(bracket.casefold())
    named = 0 < len(words) <= MOST_NAMES and not _UNNAMED.intersection(words)
    return bracket[:1] == "[" and named and _in_capitals(bracket[1:-1])


def _says_nothing(inside: str, timeless: str, bracket: str) -> bool:
    """``[ __ ]``, ``(...)``, ``[00:12]``; but not ``[1]`` or ``(5)`` or ``*``."""
    if bracket[0] == "*":
        return False
    return not any(c.isalnum() for c in timeless) or inside.startswith("_")


def _describes(inside: str) -> bool:
    """A few words in small letters, such as ``bats screeching``; names have capitals."""
    words = _WORD.findall(inside)
    if SENTENCE.intersection(word.casefold() for word in words):
        return False
    padded = inside[:1] == inside[-1:] == " "
    return len(words) > 1 and (padded or words[-1][0].islower())


def _in_capitals(inside: str) -> bool:
    letters = [c for c in inside if c.isalpha()]
    return (len(letters) >= 3 and all(c.isupper() for c in letters)) or inside.startswith("_")
