"""Language tags in names of files and tracks: ``en``, ``eng``, ``pt-BR``, ``en-orig``."""

from __future__ import annotations

import re

# ISO 639-1 with its 639-2 codes, of languages that recorders and recognisers write
CODES = {
    "af": "afr",
    "am": "amh",
    "ar": "ara",
    "az": "aze",
    "be": "bel",
    "bg": "bul",
    "bn": "ben",
    "bs": "bos",
    "ca": "cat",
    "cs": "ces cze",
    "cy": "cym wel",
    "da": "dan",
    "de": "deu ger",
    "el": "ell gre",
    "en": "eng",
    "es": "spa",
    "et": "est",
    "eu": "eus baq",
    "fa": "fas per",
    "fi": "fin",
    "fil": "fil",
    "fr": "fra fre",
    "ga": "gle",
    "gl": "glg",
    "gu": "guj",
    "he": "heb",
    "hi": "hin",
    "hr": "hrv",
    "hu": "hun",
    "hy": "hye arm",
    "id": "ind",
    "is": "isl ice",
    "it": "ita",
    "iw": "heb",
    "ja": "jpn",
    "ka": "kat geo",
    "kk": "kaz",
    "km": "khm",
    "kn": "kan",
    "ko": "kor",
    "lo": "lao",
    "lt": "lit",
    "lv": "lav",
    "mk": "mkd mac",
    "ml": "mal",
    "mn": "mon",
    "mr": "mar",
    "ms": "msa may",
    "my": "mya bur",
    "nb": "nob",
    "ne": "nep",
    "nl": "nld dut",
    "nn": "nno",
    "no": "nor",
    "pa": "pan",
    "pl": "pol",
    "ps": "pus",
    "pt": "por",
    "ro": "ron rum",
    "ru": "rus",
    "si": "sin",
    "sk": "slk slo",
    "sl": "slv",
    "so": "som",
    "sq": "sqi alb",
    "sr": "srp",
    "sv": "swe",
    "sw": "swa",
    "ta": "tam",
    "te": "tel",
    "th": "tha",
    "tl": "tgl",
    "tr": "tur",
    "uk": "ukr",
    "ur": "urd",
    "uz": "uzb",
    "vi": "vie",
    "yue": "yue",
    "zh": "zho chi cmn",
    "zu": "zul",
}
NAMES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "francais": "fr",
    "français": "fr",
    "spanish": "es",
    "espanol": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "português": "pt",
    "dutch": "nl",
    "nederlands": "nl",
    "polish": "pl",
    "polski": "pl",
    "russian": "ru",
    "japanese": "ja",
    "chinese": "zh",
    "korean": "ko",
    "hindi": "hi",
    "arabic": "ar",
    "turkish": "tr",
    "swedish": "sv",
}
_LONG = {long: short for short, codes in CODES.items() for long in codes.split()}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)


def language_of(tag: str) -> str | None:
    """Two letters of the language that a tag names, e.g. ``de`` of ``deu`` or ``de-AT``.

    None where it is no tag of a known language: ``.10`` and ``.ann`` are parts of names.
    """
    plain = tag.strip().casefold()
    if plain in NAMES:
        return NAMES[plain]
    match = _TAG.fullmatch(plain)
    if match is None:
        return None
    code = match.group(1)
    return _LONG.get(code, code if code in CODES else None)


def two_letters(name: str) -> str | None:
    """Two letters of a language's name or three-letter code; None for tags and anything else."""
    plain = name.strip().casefold()
    return NAMES.get(plain) or _LONG.get(plain)


def is_original(tag: str) -> bool:
    """Whether a tag says that the words were spoken so: ``en-orig`` beside translations."""
    return bool(re.search(r"[-_.](orig|original)$", tag, re.IGNORECASE))
