"""Names of columns, prompts and features that tell somebody's group, or stand in for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

_LISTS = {
    "words": """sex gender genders race races racial ethnic ethnicity ethnicities age ages aged
        religion religious faith nationality nationalities citizenship disability disabled pregnancy
        pregnant marital veteran ancestry caste birthdate birthday birthyear dob geschlecht sexe
        sexo genero ethnie religionszugehorigkeit behinderung nationalitat sexuality transgender""",
    "runs": """sexualorientation dateofbirth yearofbirth birthyear birthdate maritalstatus
        familystatus nationalorigin placeofbirth skincolor skincolour skintone politicalparty
        politicalopinion tradeunion unionmember genderidentity agegroup agerange""",
    "whole": "alter edad eta color colour hispanic latino origin orientation",
    "zip words": "zip zipcode zipcodes postcode postcodes plz postleitzahl",
    "zip runs": "zipcode postalcode postcode codepostal codigopostal zip4",
    "zip whole": "cap",
}
WORDS = {name: frozenset(text.split()) for name, text in _LISTS.items()}
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def group_names(names: Iterable[str]) -> list[str]:
    """Those names that speak of a protected group: sex, race, age, religion and the like.

    A name is taken apart at anything but letters, and where small letters turn to capitals:
    ``ageYears``, ``self_reported_gender`` and ``Date of birth`` are found, ``language`` and
    ``page`` are not.
    """
    return [name for name in names if _says(name, WORDS["words"], WORDS["runs"], WORDS["whole"])]


def zip_names(names: Iterable[str]) -> list[str]:
    """Those names that hold where somebody lives by postcode, which may stand in for race."""
    lists = (WORDS["zip words"], WORDS["zip runs"], WORDS["zip whole"])
    return [name for name in names if _says(name, *lists)]


def _says(name: str, words: Collection[str], runs: Collection[str], whole: Collection[str]) -> bool:
    """Whether a part of a name is one of the words, several in a row a run, or all of it whole."""
    plain = unicodedata.normalize("NFKD", str(name))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    parts = [part.lower() for part in _PARTS.findall(plain)]
    found = {"".join(parts[i : i + n]) for n in (1, 2, 3) for i in range(len(parts))}
    return bool({*parts} & {*words} or found & {*runs} or "".join(parts) in whole)
