"""The published layout of YouTube Personality, rebuilt with invented vlogs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trifold.corpora.readers.youtube_personality import MEASURES, SCORES, read_youtube_personality
from trifold.errors import CorpusError

AUDIO = [f"audio.{i}" for i in range(21)]
VIDEO = ["hogv.entropy", "hogv.median", "hogv.cogR", "hogv.cogC"]


def publish(root: Path, n: int = 4) -> Path:
    (root / "transcripts").mkdir(parents=True)
    scores = ["vlogId Extr Agr Cons Emot Open"]
    measures = [" ".join(["vlogId", *AUDIO, *VIDEO])]
    for i in range(1, n + 1):
        scores.append(f"VLOG{i} {i}.5 4.0 3.6 3.2 5.5")
        measures.append(" ".join([f"VLOG{i}", *(f"{i}.{j:02d}" for j in range(25))]))
        (root / "transcripts" / f"VLOG{i}.txt").write_text(
            f"Hello there, I am number {i} of all.", encoding="utf-8-sig"
        )
    (root / SCORES).write_text("\n".join(scores) + "\n", encoding="utf-8")
    (root / MEASURES).write_text("\n".join([measures[0], *measures[:0:-1]]) + "\n")
    (root / "YouTube-Personality-gender.csv").write_text("not even a table\x00")
    return root


def test_reads_the_published_layout(tmp_path: Path) -> None:
    corpus = read_youtube_personality(publish(tmp_path / "yt"))
    assert list(corpus.labels) == ["VLOG1", "VLOG2", "VLOG3", "VLOG4"]  # the score file's order
    np.testing.assert_array_equal(corpus.labels["VLOG2"], [2.5, 4.0, 3.6, 3.2, 5.5])
    clip = corpus.clips[2]
    assert (clip.candidate_id, clip.path) == ("VLOG3", None)
    assert list(clip.measures) == [*AUDIO, *VIDEO]
    assert clip.measures["audio.1"] == 3.01  # rows are matched by id, not by order
    assert clip.transcript_path == tmp_path / "yt/transcripts/VLOG3.txt"
    assert corpus.schema.names[3] == "emotional_stability"
    assert "research use only" in corpus.terms
    assert not any(f.count for f in corpus.findings)
    assert len(corpus.findings) > 8  # every check says that it was made


def test_a_missing_transcript_is_a_missing_modality(tmp_path: Path) -> None:
    root = publish(tmp_path / "yt")
    (root / "transcripts/VLOG1.txt").unlink()
    corpus = read_youtube_personality(root)
    assert corpus.clips[0].transcript_path is None
    lines = [str(f) for f in corpus.findings if f.count]
    assert lines == ["1 of 4 answers have no transcript (kept): VLOG1"]


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (SCORES, "Emot", "Neur", "expected a column 'Emot', got columns vlogId, Extr"),
        (SCORES, "VLOG2 ", "VLOG1 ", "expected each candidate once, got 'VLOG1' twice"),
        (SCORES, "2.5", "lots", "expected a number in column 'Extr', got 'lots' in row 3"),
        (SCORES, "2.5", "7.5", "expected 1 to 7 in column 'Extr', got '7.5' in row 3"),
        (MEASURES, "VLOG3 ", "VLOG9 ", "expected features of 'VLOG3', got no row"),
        (MEASURES, " hogv.cogC", "", "expected 25 features, got 24"),
    ],
)
def test_refuses_another_layout(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    root = publish(tmp_path / "yt")
    text = (root / name).read_text().replace(old, new, 1)
    if new == "":
        text = "\n".join(line.rsplit(" ", line.startswith("VLOG"))[0] for line in text.splitlines())
    (root / name).write_text(text)
    with pytest.raises(CorpusError, match=message) as caught:
        read_youtube_personality(root)
    assert name in str(caught.value)


def test_refuses_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"expected a readable table, got .*No such file"):
        read_youtube_personality(tmp_path)
