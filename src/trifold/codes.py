"""Every code that a row, a page or the endpoint may carry: what it means and what to do.

Tables of codes in reports, on the terminal and in the docs are made from here.
"""

from __future__ import annotations

from enum import Enum, StrEnum


class Of(Enum):
    """What a code is said of."""

    MISSING = "what was missing in a recording"
    DOUBT = "what was noticed in a recording"
    REMARK = "how a recording was read"
    FILE = "why a recording has no scores"
    PERSON = "why a person has no scores"
    ENDPOINT = "why a request was refused"
    COMMAND = "why a command stopped"
    STATISTIC = "what to know before reading a statistic"


class Code(StrEnum):
    """A stable upper-case identifier.

    Attributes:
        of: what it is said of.
        meaning: in a few words, as pages show it.
        advice: what to do, as the terminal shows it; empty where there is nothing to do.
    """

    of: Of
    meaning: str
    advice: str

    def __new__(cls, name: str, of: Of, meaning: str, advice: str = "") -> Code:
        """A string with facts of its own."""
        code = str.__new__(cls, name)
        code._value_ = name
        code.of, code.meaning, code.advice = of, meaning, advice
        return code

    NO_TRANSCRIPT = (
        "NO_TRANSCRIPT",
        Of.MISSING,
        "no transcript was given",
        "there are no words; put a transcript beside the file or leave out asr=none",
    )
    EMPTY_TRANSCRIPT = (
        "EMPTY_TRANSCRIPT",
        Of.MISSING,
        "the transcript holds no words",
        "the transcript is empty; make it again, or take it away and speech is recognised",
    )
    TRANSCRIPT_ERROR = (
        "TRANSCRIPT_ERROR",
        Of.MISSING,
        "the transcript cannot be read",
        "the transcript cannot be read; the row says why",
    )
    NO_AUDIO_STREAM = (
        "NO_AUDIO_STREAM",
        Of.MISSING,
        "the file has no sound",
        "the file has no sound",
    )
    NO_SPEECH = (
        "NO_SPEECH",
        Of.MISSING,
        "nobody is heard speaking",
        "nobody speaks; look at the microphone or the sound track",
    )
    AUDIO_DECODE_ERROR = (
        "AUDIO_DECODE_ERROR",
        Of.MISSING,
        "the sound is damaged",
        "the sound is damaged; export the file again",
    )
    NO_VIDEO_STREAM = (
        "NO_VIDEO_STREAM",
        Of.MISSING,
        "the file has no picture",
        "the file has no picture",
    )
    NO_FACE = (
        "NO_FACE",
        Of.MISSING,
        "no face is seen",
        "no face was found; look at light, camera and framing",
    )
    VIDEO_DECODE_ERROR = (
        "VIDEO_DECODE_ERROR",
        Of.MISSING,
        "the picture is damaged",
        "the picture is damaged; export the file again",
    )
    LOW_LIGHT = (
        "LOW_LIGHT",
        Of.DOUBT,
        "the picture is too dark",
        "the face is dark; more light, or leave the code out of withhold",
    )
    LITTLE_FACE = (
        "LITTLE_FACE",
        Of.DOUBT,
        "the face is out of the picture for much of the time",
        "the face is often not seen; look at light, camera and framing",
    )
    SEVERAL_FACES = (
        "SEVERAL_FACES",
        Of.DOUBT,
        "several faces are seen",
        "several faces; crop the picture to the candidate",
    )
    CLIPPED_AUDIO = (
        "CLIPPED_AUDIO",
        Of.DOUBT,
        "the sound is overdriven",
        "the sound is overdriven; lower the microphone's level",
    )
    QUIET_SPEECH = (
        "QUIET_SPEECH",
        Of.DOUBT,
        "the voice is very quiet",
        "the voice is very quiet; go nearer to the microphone or raise its level",
    )
    NOISY_SOUND = (
        "NOISY_SOUND",
        Of.DOUBT,
        "the voice hardly stands out from the noise",
        "there is much noise behind the voice; a quieter room or a nearer microphone helps",
    )
    FROZEN_VIDEO = (
        "FROZEN_VIDEO",
        Of.DOUBT,
        "the picture stands still",
        "the picture does not move; look at the camera",
    )
    SEVERAL_SPEAKERS = (
        "SEVERAL_SPEAKERS",
        Of.DOUBT,
        "several people speak, and nothing says which one is the candidate",
        "several people speak and it is not known who is the candidate; name one with speaker=",
    )
    ASSUMED_SPEAKER = (
        "ASSUMED_SPEAKER",
        Of.DOUBT,
        "several people speak, and the one who speaks most was taken for the candidate",
        "nothing says who the candidate is, so the longest speaker was taken; check a page, give a "
        "labelled transcript, or withhold=[SEVERAL_SPEAKERS,ASSUMED_SPEAKER]",
    )
    TIMES_OUT_OF_RANGE = (
        "TIMES_OUT_OF_RANGE",
        Of.DOUBT,
        "times in the transcript lie beyond the end of the recording",
        "the transcript has times beyond the recording; it may be another's",
    )
    UNCLEAR_SPEECH = (
        "UNCLEAR_SPEECH",
        Of.DOUBT,
        "speech was recognised with little confidence",
        "the recogniser is unsure of the words; listen, give a transcript, or take a larger model "
        "or one for the language that is spoken (asr=whisper asr.model=…)",
    )
    OTHER_LANGUAGE = (
        "OTHER_LANGUAGE",
        Of.DOUBT,
        "a language is spoken that the model does not read, or more than one",
        "another language is spoken, or more than one; take a model trained on it",
    )
    TRUNCATED = (
        "TRUNCATED",
        Of.DOUBT,
        "the file is cut off before its end",
        "the file is cut short; copy or export it again",
    )
    TELEPHONE_SOUND = (
        "TELEPHONE_SOUND",
        Of.DOUBT,
        "the sound holds no high tones, as on the telephone",
        "the sound has no high tones, as on a telephone; use a better microphone",
    )
    OTHER_CODEC = (
        "OTHER_CODEC",
        Of.DOUBT,
        "encoded otherwise than the recordings that the model was trained on",
        "picture or sound has another codec than the training's recordings, which moves scores a "
        "little; the row says which",
    )
    DECODE_ERROR = (
        "DECODE_ERROR",
        Of.FILE,
        "no media file, empty, or cut off",
        "no media file, empty, or cut off; export it again",
    )
    LINK_OUTSIDE = (
        "LINK_OUTSIDE",
        Of.FILE,
        "a link that leads out of the folder was not opened",
        "a link or a manifest leads out of the folder; links=all opens it",
    )
    OTHER_VIEW = (
        "OTHER_VIEW",
        Of.FILE,
        "another view of a meeting that is read already",
    )
    SAME_FILE = (
        "SAME_FILE",
        Of.FILE,
        "the same recording as another file",
    )
    NO_CONSENT = (
        "NO_CONSENT",
        Of.FILE,
        "no consent to the analysis is recorded, so nothing of this person was opened",
        "no consent is recorded; nothing of them was opened (docs: Policies)",
    )
    NO_NOTICE = (
        "NO_NOTICE",
        Of.FILE,
        "no notice in time is recorded, so nothing of this person was opened",
        "no notice in time is recorded; nothing of them was opened (docs: Policies)",
    )
    DUPLICATE_ID = (
        "DUPLICATE_ID",
        Of.FILE,
        "another file has the same name",
        "another file of the person has the same id; rename one",
    )
    TIMED_OUT = (
        "TIMED_OUT",
        Of.FILE,
        "reading the file took too long",
        "took too long; raise timeout_s or cut the file",
    )
    WORKER_DIED = (
        "WORKER_DIED",
        Of.FILE,
        "decoding crashed; please report it",
        "the decoder crashed, twice; export the file again, and please report it",
    )
    OUT_OF_TIME = (
        "OUT_OF_TIME",
        Of.FILE,
        "decoding or scoring took too long",
        "took more time than it may; cut the file or export it again",
    )
    OUT_OF_MEMORY = (
        "OUT_OF_MEMORY",
        Of.FILE,
        "decoding or scoring took too much memory",
        "took more memory than it may; export the file again with a smaller picture",
    )
    ENCODER_ERROR = ("ENCODER_ERROR", Of.FILE, "an encoder failed")
    INPUT_ERROR = ("INPUT_ERROR", Of.FILE, "not what was asked for")
    INTERNAL_ERROR = (
        "INTERNAL_ERROR",
        Of.FILE,
        "encoding crashed; please report it",
        "a fault of this program; please report it",
    )
    NOTHING_USABLE = (
        "NOTHING_USABLE",
        Of.PERSON,
        "no file of this candidate could be scored",
        "no words, no voice and no face could be read; look at `missing`",
    )
    TOO_SHORT = (
        "TOO_SHORT",
        Of.PERSON,
        "too little was said to score it",
        "too few words and too little speech; longer answers are needed",
    )
    OUT_OF_DISTRIBUTION = (
        "OUT_OF_DISTRIBUTION",
        Of.PERSON,
        "unlike the recordings that the model was trained on",
        "unlike the people that the model was trained on; train on recordings of your own "
        "(README: What you need)",
    )
    ENCODING = ("ENCODING", Of.REMARK, "the transcript's encoding was guessed")
    DAMAGED_TIMES = ("DAMAGED_TIMES", Of.REMARK, "some times of the transcript could not be read")
    LANGUAGE = ("LANGUAGE", Of.REMARK, "which language's transcript was taken")
    LANGUAGES_NOT_STATED = (
        "LANGUAGES_NOT_STATED",
        Of.REMARK,
        "nobody said which languages a model of words reads, so none is left out",
        "state them: +encoders.NAME.languages=[en]",
    )
    SHIFTED_TIMES = (
        "SHIFTED_TIMES",
        Of.REMARK,
        "the transcript's clock began elsewhere and was moved",
    )
    TIME_UNIT = (
        "TIME_UNIT",
        Of.REMARK,
        "the unit of the transcript's times was told by the recording's length",
    )
    SPEAKER = ("SPEAKER", Of.REMARK, "whose words were taken as the candidate's")
    OTHER_WORDS = (
        "OTHER_WORDS",
        Of.REMARK,
        "the words came another way than those that the model was trained on",
    )
    BAD_FIELD = ("BAD_FIELD", Of.ENDPOINT, "a field does not hold what it should")
    BAD_FORM = ("BAD_FORM", Of.ENDPOINT, "the form cannot be read")
    BAD_REQUEST = ("BAD_REQUEST", Of.ENDPOINT, "no request that can be read")
    PATH_REFUSED = ("PATH_REFUSED", Of.ENDPOINT, "a path below no folder of this caller")
    UNAUTHORIZED = ("UNAUTHORIZED", Of.ENDPOINT, "no key, or none that is known")
    MISSING_SCOPE = ("MISSING_SCOPE", Of.ENDPOINT, "the key may not do this")
    RETAIN_NOT_CONFIGURED = ("RETAIN_NOT_CONFIGURED", Of.ENDPOINT, "responses are not kept here")
    PATHS_NOT_CONFIGURED = (
        "PATHS_NOT_CONFIGURED",
        Of.ENDPOINT,
        "media are not read from paths here",
    )
    URLS_NOT_CONFIGURED = ("URLS_NOT_CONFIGURED", Of.ENDPOINT, "media are not read from URLs here")
    URL_REFUSED = ("URL_REFUSED", Of.ENDPOINT, "a URL that this server does not ask")
    URL_FAILED = ("URL_FAILED", Of.ENDPOINT, "nothing could be read from a URL")
    AUDIT_NOT_CONFIGURED = ("AUDIT_NOT_CONFIGURED", Of.ENDPOINT, "there is no audit log here")
    NO_SUCH_MODEL = ("NO_SUCH_MODEL", Of.ENDPOINT, "no model of this name")
    NO_SUCH_JOB = ("NO_SUCH_JOB", Of.ENDPOINT, "no job of this id and caller")
    NOT_FOUND = ("NOT_FOUND", Of.ENDPOINT, "no such address")
    METHOD_NOT_ALLOWED = ("METHOD_NOT_ALLOWED", Of.ENDPOINT, "the address takes other methods")
    IDEMPOTENCY_MISMATCH = (
        "IDEMPOTENCY_MISMATCH",
        Of.ENDPOINT,
        "the same key came with another request",
    )
    UNDER_WAY = ("UNDER_WAY", Of.ENDPOINT, "this interview is being scored already")
    FORGOTTEN = ("FORGOTTEN", Of.ENDPOINT, "the candidate was forgotten meanwhile")
    UPLOAD_TOO_SLOW = ("UPLOAD_TOO_SLOW", Of.ENDPOINT, "the body came too slowly")
    REQUEST_TOO_LARGE = ("REQUEST_TOO_LARGE", Of.ENDPOINT, "the body is too large")
    TOO_MANY_FIELDS = ("TOO_MANY_FIELDS", Of.ENDPOINT, "the form has too many fields")
    FILE_TOO_LARGE = ("FILE_TOO_LARGE", Of.ENDPOINT, "a file is too large")
    TOO_MANY_FILES = ("TOO_MANY_FILES", Of.ENDPOINT, "too many files for one candidate")
    TOO_MANY_CANDIDATES = ("TOO_MANY_CANDIDATES", Of.ENDPOINT, "too many candidates at once")
    TOO_LONG = ("TOO_LONG", Of.ENDPOINT, "a text is too long")
    MEDIA_TOO_LONG = ("MEDIA_TOO_LONG", Of.ENDPOINT, "a recording is too long")
    PICTURE_TOO_LARGE = ("PICTURE_TOO_LARGE", Of.ENDPOINT, "a picture has too many pixels")
    ENCODING_REFUSED = ("ENCODING_REFUSED", Of.ENDPOINT, "a body with Content-Encoding")
    TOO_MANY_REQUESTS = ("TOO_MANY_REQUESTS", Of.ENDPOINT, "this caller has its share")
    QUOTA_USED = ("QUOTA_USED", Of.ENDPOINT, "this caller's quota is used up")
    TOO_MANY_JOBS = ("TOO_MANY_JOBS", Of.ENDPOINT, "too many jobs are waiting")
    OVERLOADED = ("OVERLOADED", Of.ENDPOINT, "all workers are busy")
    DISK_FULL = ("DISK_FULL", Of.ENDPOINT, "there is no room on the disk")
    AUDIT_UNAVAILABLE = ("AUDIT_UNAVAILABLE", Of.ENDPOINT, "the audit log cannot be written")
    AUDIT_DAMAGED = ("AUDIT_DAMAGED", Of.ENDPOINT, "the audit log is damaged")
    AUDIT_ERROR = ("AUDIT_ERROR", Of.ENDPOINT, "the audit log does not verify")
    CALLERS_UNREADABLE = ("CALLERS_UNREADABLE", Of.ENDPOINT, "the table of callers cannot be read")
    DATABASE_UNAVAILABLE = ("DATABASE_UNAVAILABLE", Of.ENDPOINT, "the database cannot be used")
    NOT_READY = ("NOT_READY", Of.ENDPOINT, "no worker is ready yet")
    STOPPING = ("STOPPING", Of.ENDPOINT, "the server is about to stop")
    TIMEOUT = ("TIMEOUT", Of.ENDPOINT, "no answer in time")
    NO_ANSWER = ("NO_ANSWER", Of.ENDPOINT, "the endpoint does not answer")
    HTTP_ERROR = ("HTTP_ERROR", Of.ENDPOINT, "an answer that is none of the endpoint's")
    SERVER_ERROR = ("SERVER_ERROR", Of.ENDPOINT, "the endpoint cannot be run")
    POLICY_REFUSED = ("POLICY_REFUSED", Of.COMMAND, "a rule of a policy forbids it")
    ERROR = ("ERROR", Of.COMMAND, "something that the user can mend")
    CORPUS_ERROR = ("CORPUS_ERROR", Of.COMMAND, "a corpus is not what it should be")
    BUNDLE_ERROR = (
        "BUNDLE_ERROR",
        Of.COMMAND,
        "a bundle is missing, damaged, changed or another version's",
    )
    TOO_FEW_PERSONS = (
        "TOO_FEW_PERSONS",
        Of.STATISTIC,
        "fewer people than the statistic needs to be steady",
        "read the interval, not the estimate; collect more people",
    )
    TOO_FEW_LEVELS = (
        "TOO_FEW_LEVELS",
        Of.STATISTIC,
        "fewer than five questions, raters or sessions: their variance is a guess",
        "add questions, raters or sessions before generalising over them",
    )
    NEGATIVE_VARIANCE = (
        "NEGATIVE_VARIANCE",
        Of.STATISTIC,
        "a variance was estimated below nothing and counts as nothing in coefficients",
        "the design is too small for this component, or it is not there",
    )
    BOUNDARY = (
        "BOUNDARY",
        Of.STATISTIC,
        "an estimate lies at or beyond the edge of what is possible",
        "read it as 'not told apart from the edge'",
    )
    NOT_CROSSED = (
        "NOT_CROSSED",
        Of.STATISTIC,
        "people answered different questions or have different raters",
        "alpha and omega need the same ones for all; a generalizability study does not",
    )
    DISCONNECTED_DESIGN = (
        "DISCONNECTED_DESIGN",
        Of.STATISTIC,
        "people and questions fall into parts that share nothing",
        "only relative statements within a part hold; let parts share questions",
    )
    SMALL_CELL = (
        "SMALL_CELL",
        Of.STATISTIC,
        "a cell is too small for approximations; exact tests are given",
        "read the exact tests alone",
    )
    ONE_GROUP = ("ONE_GROUP", Of.STATISTIC, "there is one group, so nothing can be compared")
    NO_VARIANCE = ("NO_VARIANCE", Of.STATISTIC, "everybody has the same value")
    NORM_TOO_SMALL = (
        "NORM_TOO_SMALL",
        Of.STATISTIC,
        "the norm group has fewer than 100 people",
        "percentiles against it are rough; read their intervals",
    )
    NORM_OTHER_MODEL = (
        "NORM_OTHER_MODEL",
        Of.STATISTIC,
        "the norm group was scored by another model, by other targets or long ago",
        "score the norm group anew, or equate",
    )
    EXTRAPOLATED = ("EXTRAPOLATED", Of.STATISTIC, "a value beyond what was observed")
    RELIABILITY_NOT_STATED = (
        "RELIABILITY_NOT_STATED",
        Of.STATISTIC,
        "a correction needs a reliability with its kind and its source",
        "state the reliability, how it was found and where",
    )
    CORRECTED_ABOVE_ONE = (
        "CORRECTED_ABOVE_ONE",
        Of.STATISTIC,
        "a corrected correlation exceeds 1: a reliability is too low or chance is large",
    )
    IN_SAMPLE = (
        "IN_SAMPLE",
        Of.STATISTIC,
        "scores of people that the model was trained on",
        "use out-of-fold scores or people outside training",
    )
    FLIPS_WITH_ONE = (
        "FLIPS_WITH_ONE",
        Of.STATISTIC,
        "one selection more or less turns the comparison round",
        "too few decisions to tell; the ratio may not stand alone",
    )
    STRATA_DIFFER = (
        "STRATA_DIFFER",
        Of.STATISTIC,
        "jobs, dates or sites differ, so one pooled figure misleads",
        "read each of them by itself",
    )
    SMALL_SHARE = (
        "SMALL_SHARE",
        Of.STATISTIC,
        "a group is less than two per cent of all people",
        "its ratio moves with single people; leave it out only with a written reason",
    )
    UNEQUAL_VARIANCES = (
        "UNEQUAL_VARIANCES",
        Of.STATISTIC,
        "errors of prediction vary more in one group than in another",
        "read the tests that allow for it (HC3)",
    )
    SAME_NAME_DISAGREES = (
        "SAME_NAME_DISAGREES",
        Of.STATISTIC,
        "two measures of one name hardly agree",
        "look whether one is mislabelled, reversed or of another construct",
    )
    READ_AS_ONE = (
        "READ_AS_ONE",
        Of.STATISTIC,
        "the targets run together so far that they are one score",
        "report one composite; differences between targets say little",
    )
    IMPRECISE = (
        "IMPRECISE",
        Of.STATISTIC,
        "too few people for a statement that there is no difference",
        "read the power; collect more people",
    )
    NO_INTERVAL = (
        "NO_INTERVAL",
        Of.STATISTIC,
        "the data vary too little for an interval",
        "the value is of these people alone; other people may give another",
    )


def code_of(text: str) -> Code | None:
    """The code of this name; None where there is none, as in tables of a later version."""
    return next((code for code in Code if code == text), None)


def codes_of(*kinds: Of) -> tuple[Code, ...]:
    """The codes of some kinds, in their order."""
    return tuple(code for code in Code if code.of in kinds)
