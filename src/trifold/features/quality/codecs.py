"""Whether a recording is encoded as those were that a model was trained on, and what follows.

Another lossy codec of picture or sound moves scores a little, without a trace in any number of the
recording itself; see ``MOVED``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from trifold.codes import Code
from trifold.contracts import Modality
from trifold.features.quality.limits import LIMITS
from trifold.features.records import ClipRecord

Codecs = Mapping[Modality, Mapping[str, int]]  # modality to codec to number of recordings
UNKNOWN: Codecs = MappingProxyType({})

NAMES = {
    "h264": "H.264",
    "hevc": "H.265",
    "av1": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "mpeg4": "MPEG-4 part 2",
    "mpeg2video": "MPEG-2",
    "mpeg1video": "MPEG-1",
    "wmv2": "WMV2",
    "mjpeg": "MJPEG",
    "aac": "AAC",
    "opus": "Opus",
    "mp3": "MP3",
    "mp2": "MP2",
    "wmav2": "WMA",
    "vorbis": "Vorbis",
    "ac3": "AC-3",
    "amr_nb": "AMR",
}
LOSSLESS = "lossless"
LOSSLESS_CODECS = {
    "flac",
    "alac",
    "wavpack",
    "tta",
    "ape",
    "ffv1",
    "rawvideo",
    "huffyv",
    "ffvhuff",
    "utvideo",
    "png",
    "qtrle",
}
LOSSY_PCM = {"pcm_alaw", "pcm_mulaw", "pcm_vidc", "pcm_u8", "pcm_s8"}
KINDS: Mapping[Modality, str] = {"video": "picture", "audio": "sound"}
STARTED_FROM = ("h264", "aac")
# codec to mean and largest movement of scores of drawn people, in standard deviations over people,
# when files of STARTED_FROM are encoded anew, as benchmarks/RESULTS.md has them
MOVED = {
    "hevc": (0.029, 0.179),
    "av1": (0.053, 0.325),
    "vp8": (0.032, 0.220),
    "vp9": (0.031, 0.214),
    "mpeg2video": (0.019, 0.094),
    "wmv2": (0.038, 0.170),
    "mpeg4": (0.073, 0.258),
    "opus": (0.028, 0.217),
}


def codecs_of(records: Iterable[ClipRecord], modalities: Collection[Modality]) -> Codecs:
    """How many recordings are encoded how, of those that are read.

    Args:
        records: of answers; what could not be read and media that nobody knows do not count.
        modalities: that a model has streams of.
    """
    read = [record for record in records if record.error_code is None]
    return {
        modality: dict(counts)
        for modality in KINDS
        if modality in modalities
        and (counts := Counter(r.codecs[modality] for r in read if _shows(r, modality)))
    }


def added_up(many: Sequence[Codecs]) -> Codecs:
    """The counts of several together, most frequent first."""
    totals: dict[Modality, Counter[str]] = {modality: Counter() for modality in KINDS}
    for one in many:
        for modality, counts in one.items():
            totals[modality].update(counts)
    return {modality: dict(total.most_common()) for modality, total in totals.items() if total}


def with_codec_share(
    record: ClipRecord, trained: Codecs, *, least: float | None = None
) -> ClipRecord:
    """The record with the number ``codec_share``, and a remark where that is too small.

    Args:
        record: of a file to score.
        trained: of the training, see ``codecs_of``; a modality that is not there is not judged.
        least: share from which on nothing is remarked; None remarks nothing.
    """
    judged = [m for m in KINDS if trained.get(m) and _shows(record, m)]
    if record.error_code is not None or not judged:
        return record
    shares = {m: _share(record.codecs[m], trained[m]) for m in judged}
    quality = {**record.quality, "training.codec_share": min(shares.values())}
    limit = LIMITS["codec_share"]
    strange = [m for m, s in shares.items() if least is not None and limit.is_passed(s, least)]
    lines = [_line(record.codecs[m], m, trained[m]) for m in strange]
    remarks = dict(record.remarks)
    if lines:
        remarks[Code.OTHER_CODEC] = "; ".join(lines)
    return replace(record, quality=quality, remarks=remarks)


def family(codec: str) -> str:
    """What codecs of one effect on scores have in common: all lossless ones are one."""
    pcm = codec.startswith("pcm_") and codec not in LOSSY_PCM
    return LOSSLESS if pcm or codec in LOSSLESS_CODECS else codec


def _shows(record: ClipRecord, modality: Modality) -> bool:
    return modality in record.codecs and modality not in record.missing


def _share(codec: str, trained: Mapping[str, int]) -> float:
    """The part of the training's recordings that are of the codec's family."""
    same = sum(n for other, n in trained.items() if family(other) == family(codec))
    return same / sum(trained.values())


def _line(codec: str, modality: Modality, trained: Mapping[str, int]) -> str:
    """Which codec, which were trained on, and what is known of that step."""
    usual = max(trained, key=lambda name: trained[name])
    moved = MOVED.get(codec) if usual in STARTED_FROM else None
    effect = "how far that moves scores was not measured"
    if moved is not None:
        effect = (
            f"files encoded so moved scores by {moved[0]:.2f} standard deviations on average and "
            f"{moved[1]:.2f} at most in our measurements with drawn people"
        )
    name = f"the {KINDS[modality]} is encoded as {_name(codec)}"
    return f"{name}, and the model was trained on {_names(trained)}: {effect}"


def _names(trained: Mapping[str, int]) -> str:
    """Up to three of the training's codecs, the most frequent first."""
    shown = list(dict.fromkeys(map(_name, sorted(trained, key=lambda name: -trained[name]))))
    return ", ".join(shown[:3]) + (" and others" if len(shown) > 3 else "")


def _name(codec: str) -> str:
    return "a lossless codec" if family(codec) == LOSSLESS else NAMES.get(codec, codec)
