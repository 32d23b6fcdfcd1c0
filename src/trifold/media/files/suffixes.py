"""File suffixes of recordings: what phones, cameras, browsers, call services and editors write.

A suffix only decides which files of a folder are looked at; what a file is, its content says. A
file that only looks like a recording, as ``.ts`` files of TypeScript do, is not one.
"""

from __future__ import annotations

from pathlib import Path

VIDEO_SUFFIXES = {
    ".mp4",
    ".m4v",
    ".mp4v",
    ".mpeg4",
    ".mpg4",
    ".ismv",
    ".mov",
    ".qt",
    ".webm",
    ".mkv",
    ".mk3d",
    ".avi",
    ".divx",
    ".xvid",
    ".mpg",
    ".mpeg",
    ".mpe",
    ".mpv",
    ".m1v",
    ".m2v",
    ".m2p",
    ".vob",
    ".evo",
    ".wmv",
    ".asf",
    ".3gp",
    ".3gpp",
    ".3g2",
    ".3gp2",
    ".ts",
    ".mts",
    ".m2ts",
    ".m2t",
    ".tod",
    ".mod",
    ".trp",
    ".flv",
    ".f4v",
    ".dav",
    ".lrv",
    ".insv",
    ".ogv",
    ".ogm",
    ".ogx",
    ".mxf",
    ".dv",
    ".dif",
    ".gxf",
    ".wtv",
    ".dvr-ms",
    ".nut",
    ".rm",
    ".rmvb",
    ".ivf",
    ".y4m",
    ".mjpg",
    ".mjpeg",
    ".h264",
    ".264",
    ".hevc",
    ".h265",
    ".265",
}
AUDIO_SUFFIXES = {
    ".wav",
    ".wave",
    ".bwf",
    ".rf64",
    ".mp3",
    ".mp2",
    ".mpa",
    ".mpga",
    ".f4a",
    ".f4b",
    ".isma",
    ".qta",
    ".m4a",
    ".m4b",
    ".m4r",
    ".mp4a",
    ".aac",
    ".adts",
    ".flac",
    ".ogg",
    ".oga",
    ".opus",
    ".spx",
    ".wma",
    ".aif",
    ".aiff",
    ".aifc",
    ".caf",
    ".weba",
    ".mka",
    ".amr",
    ".awb",
    ".ac3",
    ".eac3",
    ".ec3",
    ".dts",
    ".au",
    ".snd",
    ".w64",
    ".3ga",
    ".ape",
    ".wv",
    ".tta",
    ".tak",
    ".gsm",
    ".voc",
    ".sph",
    ".nist",
    ".ra",
    ".dss",
    ".dsf",
    ".oma",
    ".aa3",
    ".alac",
}
MEDIA_SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES
ALSO_SOURCE_CODE = {".ts", ".mts", ".mod", ".dts"}  # TypeScript, Go, device trees
# of what a browser or another program has not fetched to its end
UNFINISHED = {".crdownload", ".part", ".partial", ".download", ".opdownload", ".filepart"}
IN_ICLOUD = ".icloud"  # a hidden file of this kind stands for one that lies with Apple alone
SNIFFED_BYTES = 4096
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


def is_recording(path: Path) -> bool:
    """Whether a file is to be looked at as a recording, by its suffix.

    Files of a suffix that source code shares (TypeScript's ``.ts``) count unless they are text. An
    empty or unreadable one counts, so that its row says so.
    """
    suffix = path.suffix.lower()
    return suffix in MEDIA_SUFFIXES and not (suffix in ALSO_SOURCE_CODE and _is_text(path))


def lacks_its_end(path: Path) -> bool:
    """Whether a name says that a recording was not fetched, or not to its end."""
    suffix, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    if suffix == IN_ICLOUD:
        return path.name.startswith(".") and inner in MEDIA_SUFFIXES
    return suffix in UNFINISHED and (not inner or inner in MEDIA_SUFFIXES)


def _is_text(path: Path) -> bool:
    """Whether a file starts as text: UTF-8 without the control characters that packets hold."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            start = file.read(SNIFFED_BYTES)
        start.decode("utf-8")
    except OSError:
        return False
    except UnicodeDecodeError as error:  # a character may be cut at the end of what was read
        if error.start < SNIFFED_BYTES - 4:
            return False
    return bool(start) and not set(start) & set(CONTROLS)
