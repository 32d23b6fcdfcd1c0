"""Small word lists of our own: closed classes in full, open classes by common members.

Written for spoken English of interviews. A trailing ``*`` matches any continuation. No list names
emotions, disorders or groups of people.
"""

from __future__ import annotations

import re

CATEGORIES: dict[str, str] = {
    "first_person_singular": "i me my mine myself i'm i've i'll i'd",
    "first_person_plural": "we us our ours ourselves we're we've we'll we'd let's",
    "second_person": "you your yours yourself yourselves you're you've you'll you'd",
    "third_person": "he him his himself she her hers herself they them their theirs themselves "
    "he's she's they're they've",
    "article": "a an the",
    "preposition": "about above across after against along among around at before behind below "
    "between by during for from in inside into near of off on onto out over since through to "
    "toward towards under until up upon with within without",
    "auxiliary": "am are be been being can could did do does had has have is may might must shall "
    "should was were will would isn't aren't wasn't weren't don't doesn't didn't",
    "conjunction": "and but or nor so because although though while whereas if unless",
    "causal": "because since therefore hence thus consequently reason why led caused",
    "contrast": "but however although though whereas despite instead rather yet",
    "negation": "no not never none nobody nothing neither nor nowhere cannot can't don't doesn't "
    "didn't won't wouldn't isn't aren't wasn't weren't couldn't shouldn't haven't hasn't hadn't",
    "quantifier": "all any both each every few less many more most much several some",
    "certainty": "absolutely always certainly clearly completely definitely exactly must never "
    "obviously of-course sure surely totally truly undoubtedly",
    "tentative": "almost apparently could guess kind kinda likely maybe might perhaps possible "
    "possibly probably seem seems seemed somewhat sort sorta suppose usually",
    "filler": "ah er erm hm hmm mhm oh okay uh uhm um well yeah",
    "social": "ask* anyone celebrat* chat* client* colleague* communit* crowd* customer* everyone "
    "famil* friend* group* guest* help* hosted listen* meet* member* network* part* people "
    "person shar* talk* team* together welcom*",
    "achievement": "achiev* accomplish* award* challeng* complet* deadline* deliver* effort* "
    "exceed* finish* goal* improv* lead* led launch* progress* promot* result* solv* succe* "
    "target* win won",
    "work": "boss business career colleague* company compan* customer* department employ* "
    "experience* interview* job* manag* meeting* office project* report* role* skill* task* work*",
    "order": "agenda arrang* calendar careful* check* checklist* detail* document* list* method* "
    "neat* organi* plan* prepar* priorit* punctual* routine* schedul* step* structur* system* tidy "
    "track* folder* spreadsheet*",
    "cognition": "analy* believe* consider* decid* figure* idea* imagin* know* learn* realiz* "
    "realis* reason* reflect* think* thought understand* understood wonder*",
    "novelty": "abstract* art* book* creativ* curious* discover* dream* experiment* explor* "
    "imagin* invent* music* new novel* original* paint* philosoph* poem* strange* unusual* wonder*",
    "agreement": "agree* appreciat* compassion* cooperat* forgiv* generous* grateful* gentle* "
    "kind kindly patien* respect* support* thank* trust* understanding warm*",
    "tension": "afraid anxious* concern* difficult* doubt* fear* mistake* nervous* overwhelm* "
    "panic* pressure* problem* rush* stress* struggl* tense* trouble* uncertain* upset* worr*",
    "calm": "balanc* breath* calm* composed easy peaceful* quiet* relax* settled slow* stable "
    "steady unhurried",
    "leisure": "beach* cook* danc* fest* fun game* garden* guitar* hik* holiday* movie* music* "
    "part* sport* travel* weekend*",
    "perception": "bright* colour* color* feel* felt hear* heard look* saw see* seen sound* taste* "
    "touch* view* watch*",
    "motion": "arriv* came climb* come* drive* drove follow* go goes going gone jump* move* ran "
    "run* travel* walk* went",
    "past": "was were had did went came made said took got knew thought became began left felt",
    "future": "will shall going gonna i'll we'll they'll tomorrow soon",
    "present": "am are is do does have has",
}


def _pattern(words: str) -> re.Pattern[str]:
    parts = [re.escape(word).replace(r"\*", r"[\w']*") for word in words.split()]
    return re.compile(r"(?<![\w'])(?:" + "|".join(parts) + r")(?![\w'])")


PATTERNS: dict[str, re.Pattern[str]] = {name: _pattern(ws) for name, ws in CATEGORIES.items()}


def category_counts(text: str) -> dict[str, int]:
    """How many words of each category occur in lower-cased ``text``."""
    return {name: len(pattern.findall(text)) for name, pattern in PATTERNS.items()}
