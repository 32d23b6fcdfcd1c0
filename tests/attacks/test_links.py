"""What lies outside of a folder is read by no link, and by no manifest that nobody named.

Whose link it is keeps a row, with a code and nothing of what lies behind it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.factories.media import voice, write_media
from tests.scoring.scoring_factory import tiny_bundle
from trifold.errors import InputError
from trifold.features.store import FeatureStore
from trifold.media.files.folder import scan, survey
from trifold.media.transcripts.speakers.stated import stated
from trifold.reports.pages import write_report
from trifold.scoring.attribution.files import explain_files
from trifold.scoring.folder.run import ScoredFolder, Settings, score_clips

SECRET = "root sesame is what nobody said"  # noqa: S105
NO_LINKS = "leads out of the folder, so it was not opened; links=all opens it"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of interviews with one person, and a folder beside it with what is not for it."""
    write_media(tmp_path / "in/ann.wav", audio=voice(1.0), audio_codec="pcm_s16le")
    (tmp_path / "in/ann.txt").write_text("I plan every step and then I rest a while.")
    write_media(tmp_path / "out/eve.wav", audio=voice(1.0, seed=1), audio_codec="pcm_s16le")
    (tmp_path / "out/eve.txt").write_text(SECRET)
    return tmp_path


def copy(place: Path, name: str) -> None:
    (place / "in" / name).write_bytes((place / "in/ann.wav").read_bytes() + name.encode())


def scored(place: Path, **options: str) -> ScoredFolder:
    clips = scan(place / "in", **options)
    bundle, store = tiny_bundle(place / "bundle"), FeatureStore(place / "features")
    found = score_clips(
        clips,
        bundle,
        store,
        place / "scores",
        settings=Settings(engine="inline", progress=False),
        explain=explain_files,
    )
    write_report(found, bundle, place / "scores/report.html", clips=clips, store=store)
    return found


def rows(found: ScoredFolder) -> dict[str, dict]:
    return {str(row["clip_id"]): row for row in found.answers}


def written(place: Path) -> bytes:
    folders = (place / "scores", place / "features")
    return b"".join(f.read_bytes() for folder in folders for f in folder.rglob("*") if f.is_file())


@pytest.mark.parametrize("name", ["bob.txt", "bob.vtt", "bob.json", "bob.wav.vtt", "bob.en.srt"])
def test_words_behind_a_link_reach_nothing(place: Path, name: str) -> None:
    copy(place, "bob.wav")
    (place / "in" / name).symlink_to(place / "out/eve.txt")
    found = scored(place)
    assert SECRET.encode() not in written(place)
    (clip,) = [clip for clip in scan(place / "in") if clip.clip_id == "bob"]
    assert (clip.transcript_path, clip.transcript_outside) == (None, name)
    assert rows(found)["ann"]["status"] == "scored"
    assert rows(found)["bob"]["error_code"] == "NOTHING_USABLE"
    assert "text LINK_OUTSIDE" in str(rows(found)["bob"]["error_message"])


def test_words_of_a_folder_behind_a_link_reach_nothing(place: Path) -> None:
    copy(place, "bob.wav")
    (place / "out/bob.txt").write_text(SECRET)
    (place / "in/transcripts").symlink_to(place / "out", target_is_directory=True)
    scored(place)
    assert SECRET.encode() not in written(place)


def test_own_words_count_though_a_link_has_the_same_name(place: Path) -> None:
    (place / "in/ann.vtt").symlink_to(place / "out/eve.txt")
    (clip,) = scan(place / "in")
    assert clip.transcript_path == place / "in/ann.txt"


def test_of_several_languages_none_is_taken_from_behind_a_link(place: Path) -> None:
    (place / "in/ann.txt").unlink()
    for language in ("en", "fr"):
        (place / f"in/ann.{language}.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nwords\n")
    (place / "in/ann.de.vtt").symlink_to(place / "out/eve.txt")
    (clip,) = stated(scan(place / "in"), language="de")
    assert (clip.transcript_path, clip.transcript_doubt) == (None, "ann.en.vtt, ann.fr.vtt")
    (clip,) = stated(scan(place / "in"), language="fr")
    assert clip.transcript_path == place / "in/ann.fr.vtt"


def test_media_behind_a_link_have_a_row_and_are_not_opened(place: Path) -> None:
    (place / "in/eve.wav").symlink_to(place / "out/eve.wav")
    (place / "in/gone.mp4").symlink_to(place / "out/gone.mp4")
    (place / "in/one.mp4").symlink_to(place / "in/two.mp4")
    (place / "in/two.mp4").symlink_to(place / "out/eve.wav")  # a chain of links
    found = rows(scored(place))
    for name in ("eve", "gone", "one", "two"):
        assert found[name]["error_code"] == "LINK_OUTSIDE"
        assert found[name]["error_message"] == NO_LINKS
        assert found[name]["duration_s"] is None
    assert found["ann"]["status"] == "scored"


def test_a_folder_behind_a_link_is_not_listed_and_its_person_not_lost(place: Path) -> None:
    copy(place, "bob.wav")
    (place / "in/eve").symlink_to(place / "out", target_is_directory=True)
    (place / "in/up").symlink_to(place, target_is_directory=True)
    found = scored(place)
    assert [row["candidate_id"] for row in found.candidates] == ["ann", "bob", "eve", "up"]
    assert rows(found)["eve/"]["error_code"] == rows(found)["up/"]["error_code"] == "LINK_OUTSIDE"
    said = "2 links out of the folder not followed: eve, up (links=all follows)"
    assert said in survey(place / "in").lines


def test_a_folder_of_nothing_but_links_has_a_row_for_each(place: Path) -> None:
    farm = place / "farm"
    farm.mkdir()
    (farm / "eve").symlink_to(place / "out", target_is_directory=True)
    assert [clip.left_out for clip in scan(farm)] == [("LINK_OUTSIDE", NO_LINKS)]
    assert [clip.left_out for clip in scan(farm, links="all")] == [None]


def test_links_inside_and_a_folder_that_is_a_link_itself_are_followed(place: Path) -> None:
    (place / "in/texts").mkdir()
    (place / "in/ann.txt").rename(place / "in/texts/said.txt")
    (place / "in/ann.txt").symlink_to(place / "in/texts/said.txt")
    (place / "link").symlink_to(place / "in", target_is_directory=True)
    (clip,) = scan(place / "link")
    assert clip.left_out is None
    assert clip.transcript_path == place / "link/ann.txt"


def test_links_in_a_circle_end_in_a_row(place: Path) -> None:
    (place / "in/bob.mp4").symlink_to(place / "in/bob.mp4")
    assert rows(scored(place))["bob"]["error_code"] == "DECODE_ERROR"


def test_whoever_wants_it_reads_behind_links(place: Path) -> None:
    (place / "in/eve.wav").symlink_to(place / "out/eve.wav")
    (place / "in/eve.txt").symlink_to(place / "out/eve.txt")
    assert rows(scored(place, links="all"))["eve"]["status"] == "scored"
    with pytest.raises(InputError, match="expected links among inside, all, got 'some'"):
        scan(place / "in", links="some")


@pytest.mark.parametrize("path", ["../out/eve.wav", "{}/out/eve.wav", "file://{}/out/eve.wav"])
def test_a_manifest_that_nobody_named_stays_in_its_folder(place: Path, path: str) -> None:
    named = path.format(place)
    table = f"path,candidate_id,transcript_path\n{named},eve,\nann.wav,ann,../out/eve.txt\n"
    (place / "in/manifest.csv").write_text(table)
    eve, ann = scan(place / "in")
    assert (eve.candidate_id, eve.left_out) == ("eve", ("LINK_OUTSIDE", NO_LINKS))
    assert (ann.transcript_path, ann.transcript_outside) == (None, "eve.txt")
    scored(place)
    assert SECRET.encode() not in written(place)
    eve, ann = scan(place / "in/manifest.csv")  # the user's own word
    assert eve.left_out is None
    assert ann.transcript_path is not None
    assert scan(place / "in", links="all") == [eve, ann]


def test_neighbours_of_what_a_named_manifest_names_are_no_links_to_elsewhere(place: Path) -> None:
    (place / "far/away").mkdir(parents=True)
    (place / "far/away/bob.wav").write_bytes((place / "in/ann.wav").read_bytes())
    (place / "far/away/bob.txt").symlink_to(place / "out/eve.txt")
    (place / "m.csv").write_text(f"path,candidate_id\n{place}/far/away/bob.wav,bob\n")
    (place / "lists").mkdir()
    (place / "m.csv").rename(place / "lists/m.csv")
    (clip,) = scan(place / "lists/m.csv")
    assert (clip.transcript_path, clip.transcript_outside) == (None, "bob.txt")


@pytest.mark.parametrize("name", ["manifest.csv", "metadata.csv"])
def test_a_table_that_is_a_link_is_not_read(place: Path, name: str) -> None:
    (place / "out/table.csv").write_text(f"path,candidate_id,clip_id\nann.wav,{SECRET},x\n")
    (place / "in" / name).symlink_to(place / "out/table.csv")
    if name == "manifest.csv":
        with pytest.raises(InputError, match="got a link that leads out of it") as raised:
            scan(place / "in")
        assert SECRET not in str(raised.value)
    else:
        assert SECRET not in json.dumps([clip.candidate_id for clip in scan(place / "in")])
