"""Files that name other files or addresses open none of them, whatever their suffix says."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest

from tests.factories.media import voice, write_media
from trifold.errors import DecodeError
from trifold.media.container.probe import probe
from trifold.media.sound.stream import read_audio
from trifold.runtime.sandbox.mode import OFF, TRY, use_mode

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
LISTS = {
    "hls": HLS,
    "hls_key": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n"
    '#EXT-X-KEY:METHOD=AES-128,URI="{}"\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n',
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="audio/wav">'
    '<Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=audio {port} RTP/AVP 0\na=control:{}\n",
    "rtsp": "RTSPtext\n{}\n",
    "pls": "[playlist]\nFile1={}\nLength1=-1\nNumberOfEntries=1\n",
    "ffmetadata": ";FFMETADATA1\ntitle={}\n",
    "subtitle": "1\n00:00:00,000 --> 00:00:01,000\n{}\n",
}


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("elsewhere") / "secret.wav"
    return write_media(path, audio=voice(1.0), audio_codec="pcm_s16le")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(params=[TRY, OFF])
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    """With a child and without: the list of forms alone has to hold as well."""
    use_mode(request.param)
    yield request.param
    use_mode(TRY)


def is_refused(path: Path) -> bool:
    with suppress(DecodeError):
        probe(path)
        return not sum(len(chunk.samples) for chunk in read_audio(path))
    return True


def unvisited(listener: socket.socket) -> bool:
    with suppress(BlockingIOError):
        listener.accept()
        return False
    return True


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_opens_neither_files_nor_addresses(
    kind: str, mode: str, secret: Path, tmp_path: Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    named = (secret.name, f"file:{secret}", f"http://127.0.0.1:{port}/a.wav")
    (tmp_path / secret.name).write_bytes(secret.read_bytes())
    for target in named:
        text = LISTS[kind].replace("{port}", str(port)).replace("{}", target)
        for name in ("a.mp4", "a"):
            (tmp_path / name).write_text(text)
            assert is_refused(tmp_path / name), (name, target)
    assert unvisited(listener)


def test_the_list_would_be_followed_without_the_guard(secret: Path) -> None:
    (secret.parent / "a.txt").write_text(LISTS["concat"].replace("{}", secret.name))
    with av.open(str(secret.parent / "a.txt")) as container:
        assert container.format.name == "concat"


def test_subtitles_within_avi_open_no_list(
    mode: str, secret: Path, tmp_path: Path, listener: socket.socket
) -> None:
    """GAB2: AVI may hold a subtitle file whole, and FFmpeg looks what kind of file that is."""
    port = listener.getsockname()[1]
    playlist = HLS.format(f"http://127.0.0.1:{port}/a.ts").encode()
    plain = write_media(tmp_path / "a.avi", audio=voice(1.0), audio_codec="pcm_s16le")
    content = plain.read_bytes()
    gab2 = b"GAB2\0" + struct.pack("<HI", 2, 2) + b"x\0" + struct.pack("<HI", 4, len(playlist))
    chunk = gab2 + playlist + b"\0" * (len(gab2 + playlist) % 2)
    header = b"txts" + bytes(52)
    stream = b"strh" + struct.pack("<I", len(header)) + header + b"strf" + struct.pack("<I", 0)
    listed = b"LIST" + struct.pack("<I", len(stream) + 4) + b"strl" + stream
    where = content.index(b"LIST", content.index(b"movi") - 8) + 12
    before = content.index(b"LIST", content.index(b"hdrl"))
    made = content[:before] + listed + content[before:where]
    made += b"01tx" + struct.pack("<I", len(chunk)) + chunk + content[where:]
    (tmp_path / "b.avi").write_bytes(made)
    is_refused(tmp_path / "b.avi")  # or its sound is read, and nothing else
    assert unvisited(listener)
