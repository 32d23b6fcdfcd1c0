"""Which legacy encoding a text without any mark is in: the one that reads as somebody's language.

Bytes above 127 become letters in every one of them; what tells them apart is whether those letters
belong to one alphabet, stand in words of their own script and are capital only where words begin.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

SAMPLE_BYTES = 4000  # of lines beyond ASCII; more of them decide nothing more
DOUBTFUL = 0.3  # below, none of ours reads well: any that the library knows

# In the order in which they are preferred where several read equally well.
ENCODINGS = (
    *("cp1252", "gb18030", "cp932", "cp1251", "mac_roman", "cp1250", "cp949", "big5", "koi8_r"),
    *("euc_jp", "iso8859_2", "cp1253", "cp1254", "cp1257", "cp1255", "cp1256", "tis_620"),
    *("koi8_u", "mac_latin2", "mac_cyrillic", "cp866", "cp850", "cp852", "iso8859_5"),
)
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüªº", "áàâãçéêíóôõúüªº", "àèéìíîòóù", "äåæéöø"),
        *("áðéíóúýþæö", "éëèïöü", "áčďéěíňóřšťúůýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîșțşţ"),
        *("čćđšž", "áäčďéíĺľňóôŕšťúýž", "çğıöşüâî", "āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),
        *("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
        *("абвгдђежзијклљмнњопрстћуфхцчџш", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"),
    )
)
_RARE = frozenset("йъщэфцђΰϋϊ")  # Hebrew read as Cyrillic or Greek is full of them
_CASELESS = {"HEBREW": 0.96, "ARABIC": 0.9, "THAI": 0.75, "HIRAGANA": 1.0, "KATAKANA": 0.8}
_SPACED = ("HEBREW", "ARABIC", "THAI")  # scripts that do not run on from Latin without a space
_PUNCTUATION = frozenset("“”‘’„‚–—…«»•€£°¿¡§©®™\xa0\xad、。，！？：；（）「」《》【】・～ー״׳،؟")
_FREQUENT_HAN = frozenset(
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过"
    "天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所"
    "同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感"
    "這個們來時為國說過後會對發當沒還樣種開總從無現動頭經長兒愛給間兩進話與關問題團隊計劃喜歡歡應該"
    "题团队计划喜欢应该工作提面试问答候选叫李雷您请谢谢助帮助每早晚私働毎立語思考先生今何"
)


def likeliest(raw: bytes) -> tuple[str, str]:
    """Decode bytes that are not UTF-8.

    Args:
        raw: a text in a legacy encoding, without byte order mark.

    Returns:
        The text, and the name of the encoding that was guessed.
    """
    sample = _lines_beyond_ascii(raw)
    scores = {name: _score(sample, name) for name in ENCODINGS}
    best = max(ENCODINGS, key=lambda name: scores[name])
    if scores[best] < DOUBTFUL:
        from charset_normalizer import from_bytes  # few files need it

        found = from_bytes(sample).best()
        best = found.encoding if found is not None else best
    return raw.decode(best, errors="replace"), best


def _lines_beyond_ascii(raw: bytes) -> bytes:
    """The lines that tell encodings apart, as many as are looked at."""
    kept = b""
    for line in raw.splitlines():
        if not line.isascii():
            kept += line[: SAMPLE_BYTES - len(kept)] + b"\n"
        if len(kept) >= SAMPLE_BYTES:
            break
    return kept


def _score(sample: bytes, encoding: str) -> float:
    """Mean over all bytes above 127 of how well they read; 1 is a text without any doubt."""
    text = sample.decode(encoding, errors="replace")
    alphabet = _alphabet_of(text)
    values = [_value(triple, alphabet) for triple in _in_context(text)]
    return sum(values) / max(1, len(values))


def _alphabet_of(text: str) -> frozenset[str]:
    """The alphabet that covers most of the letters beyond ASCII."""
    letters = [c for c in text.lower() if c > "\x7f" and c.isalpha()]
    return max(_ALPHABETS, key=lambda alphabet: sum(c in alphabet for c in letters))


def _in_context(text: str) -> Iterator[tuple[str, str, str]]:
    padded = f" {text} "
    for i, character in enumerate(text):
        if character > "\x7f":
            yield padded[i], character, padded[i + 2]


def _value(triple: tuple[str, str, str], alphabet: frozenset[str]) -> float:
    before, character, after = triple
    if character in _PUNCTUATION:
        is_glued = before.isalpha() and after.isalpha() and character not in "’\xad–—"
        is_glued = is_glued or (character in "€£°©®™" and after.isalpha())
        return -1.0 if is_glued and character < "\u3000" else 1.0
    if not character.isalpha():
        if unicodedata.category(character) == "Mn":
            return 0.5 if before.isalpha() and not before.isascii() else -1.0
        is_broken = character == "\ufffd" or unicodedata.category(character)[0] == "C"
        return -6.0 if is_broken else -1.0
    if "一" <= character <= "鿿":
        return _value_of_han(character)
    return _value_of_letter(triple, alphabet)


def _value_of_han(character: str) -> float:
    """Nearly any pair of bytes is some ideograph; what people say is written with frequent ones."""
    if character in _FREQUENT_HAN:
        return 1.0
    ranks = ((_first_byte(character, "gb2312"), 0xD7), (_first_byte(character, "big5"), 0xC6))
    return 0.7 if any(0 < byte <= last for byte, last in ranks) else 0.0


def _first_byte(character: str, encoding: str) -> int:
    return (character.encode(encoding, errors="ignore") or b"\0")[0]


def _value_of_letter(triple: tuple[str, str, str], alphabet: frozenset[str]) -> float:
    """Letters of alphabets: of a single one, in words of one script, capital at the start."""
    before, character, after = triple
    name = unicodedata.name(character, "")
    beside = [unicodedata.name(c, "") for c in (before, after) if c.isalpha()]
    script = name.split(" ")[0]
    value = -2.0 * sum(not other.startswith(script) for other in beside)
    if script == "HANGUL":
        is_lone = all(c.isascii() and c.isalpha() for c in (before, after))
        return 0.9 if _first_byte(character, "euc_kr") and not is_lone else -0.5
    if script in _CASELESS:
        return _CASELESS[script] + value * (script in _SPACED)
    value += (0.7 if character.lower() in _RARE else 1.0) if character.lower() in alphabet else -0.5
    if character.isupper() and before.isalpha():
        value -= 2.0 if before.islower() or after.islower() else 0.1
    if script == "LATIN" and ((before > "\x7f" and before.isalpha()) or character + before == "ß "):
        value -= 0.3  # accented letters in a row, words that begin with sharp s
    return value
