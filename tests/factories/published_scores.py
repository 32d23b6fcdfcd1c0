"""Small tables of scores that books and papers print, to try formulas on."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import Observations, observe


def digits(text: str, width: int = 1) -> Array:
    """(words, numbers) of words whose numbers have ``width`` digits; a dot is a missing one."""
    words = [[word[i : i + width] for i in range(0, len(word), width)] for word in text.split()]
    return np.array([[np.nan if "." in c else float(c) for c in word] for word in words])


def numbers(text: str) -> Array:
    """(n,) of numbers between blanks."""
    return np.array(text.split(), dtype=float)


def crossed(formula: str, table: Array) -> Observations:
    """A table with one axis a facet, in the order of the formula's letters."""
    plan = design(formula)
    letters = [c for c in formula if c.isalpha() and c != "x"]
    places = np.indices(table.shape).reshape(table.ndim, -1)
    return observe(plan, dict(zip(letters, places, strict=True)), table.ravel())


# Shrout & Fleiss (1979): six people by four judges
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
# R package irr: anxiety of twenty people by three raters
ANXIETY = digits("33345523522615221243 36462424332333221334 21443216111233113322").T
# R: attitude, thirty departments by seven items
ATTITUDE = digits(
    "436371618143587172676467696877817465655050645340636678488582"
    " 516470637855677582615360628377908560705840616637547775578582"
    " 305168455649425072455347578354506465466833525242426658447139"
    " 395469476644565567475839424572726975575434625058486374457159"
    " 616376547154667071625859555979607955756443666350668880517764"
    " 927386848349686683806774637777547980857864808057757678837478"
    " 454748354734354131413441253546366360465233413749337249385539",
    width=2,
).T
# Brennan (2001): data 1, ten people by twelve items
ITEMS = digits(
    "101000000000 111001000000 111110000000 110110010000 111110100000"
    " 111011100000 111111100000 111101111100 111111111110 111111111111"
)
# data 3, ten people by two occasions by four items
OCCASIONS = digits(
    "2455442306 6559346458 7648546447 5766675556 2655462656 5747547658 5557677658 5756485436"
).T.reshape(10, 2, 4)
# data 4, ten people by three tasks, each with four raters of its own
TASKS = digits(
    "5937937594 6345243894 5735937584 5733757783 5753737763 3531735565 4534365566 5553737455"
    " 6765245355 7753755287 3513515111 3265324111"
).T.reshape(10, 3, 4)
# after Huynh (1977): twelve people by six items, some missing
GAPS = digits("111101 101111 .11100 0..101 1.010. 111101 0.1.00 0.1111 1101.0 .000.0 111111 .0.001")
# eight people by three passages with two, four and two items
PASSAGES = digits("42213130 51433251 32456561 33747682 51655460 44557474 54848577 76759688").T
PASSAGE_OF_ITEM = np.array([1, 1, 2, 2, 2, 2, 3, 3])
# Bland & Altman (1986): peak flow of seventeen people, twice by one meter, once by another
WRIGHT = numbers("494 395 516 434 476 557 413 442 650 433 417 656 267 478 178 423 427")
WRIGHT_AGAIN = numbers("490 397 512 401 470 611 415 431 638 429 420 633 275 492 165 372 421")
MINI = numbers("512 430 520 428 500 600 364 380 658 445 432 626 260 477 259 350 451")
# ratings of eight people by two raters, with a model's scores
RATED_TWICE = digits("34 22 54 44 12 33 55 2.")
PREDICTED = numbers("3.2 2.5 4.1 3.8 1.9 3.1 4.4 2.6")


def passages() -> Observations:
    """People by items nested in passages, which have unequally many."""
    person, item = np.indices(PASSAGES.shape).reshape(2, -1)
    places = {"p": person, "i": item, "h": PASSAGE_OF_ITEM[item]}
    return observe(design("p x (i:h)"), places, PASSAGES.ravel())
