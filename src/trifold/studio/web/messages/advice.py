"""What to do about a code, for people who have the studio's pages and no shell."""

from __future__ import annotations

from trifold.codes import Code, code_of
from trifold.studio.web.wording import mark as _

OF_PAGES: dict[Code, str] = {  # in place of advice that names settings of commands
    Code.NO_TRANSCRIPT: _(
        "there are no words; upload a transcript of the same name, such as q1.vtt beside q1.mp4"
    ),
    Code.LOW_LIGHT: _("the face is dark; record with more light"),
    Code.SEVERAL_SPEAKERS: _(
        "several people speak; open the recording and choose the candidate's label, track or voice"
    ),
    Code.ASSUMED_SPEAKER: _(
        "the longest speaker was taken; open the recording and choose the candidate's label, track "
        "or voice"
    ),
    Code.UNCLEAR_SPEECH: _(
        "the recogniser is unsure of the words; listen, and upload a transcript where it is wrong"
    ),
    Code.LINK_OUTSIDE: _("a link leads out of the folder; upload the recording itself"),
    Code.NO_CONSENT: _("write the consent down under Duties, then score again"),
    Code.NO_NOTICE: _("write down under Duties which notice they had and when, then score again"),
    Code.TIMED_OUT: _("took too long; cut the file"),
    Code.NOTHING_USABLE: _(
        "no words, no voice and no face could be read; look at the quality of each recording"
    ),
    Code.OUT_OF_DISTRIBUTION: _(
        "unlike the people that the model was trained on; train on recordings of your own, or "
        "choose another model"
    ),
    Code.LANGUAGES_NOT_STATED: _("whoever chose the model's encoders states their languages"),
}


def advice_of(code: str, *, line: str = "") -> str:
    """A sentence; empty where there is nothing to do or nobody knows the code.

    Args:
        code: of a row or a card.
        line: what is said of it there, which tells more than the advice that every command gives.
    """
    known = code_of(code)
    if known in OF_PAGES:
        return OF_PAGES[known]
    return line or (known.advice if known else "")
