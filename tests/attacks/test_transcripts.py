"""No transcript ends a batch, its report or its evidence: each costs its own row at most."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.media import voice, write_media
from tests.scoring.scoring_factory import tiny_bundle
from trifold.bundle.bundle import load_bundle
from trifold.contracts import Clip
from trifold.features.store import FeatureStore
from trifold.media.transcripts import reading
from trifold.reports.pages import write_report
from trifold.scoring.attribution.files import explain_files
from trifold.scoring.columns import STATUSES
from trifold.scoring.folder.journal import Journal
from trifold.scoring.folder.run import Settings, score_clips
from trifold.scoring.in_memory import CandidateScorer
from trifold.scoring.outcome import ScoredCandidate

pytestmark = pytest.mark.slow

LONG, HUGE, WORDS = "9" * 300, "9" * 5000, "I plan every step of it, then I rest"
CUE = '{"segments":[{"text":"' + WORDS + '","start":%s,"end":%s}]}'
XML = '<tt xmlns="http://www.w3.org/ns/ttml"><body><div>%s</div></body></tt>'
BROKEN = {  # name of a file to what is in it
    "hours.vtt": f"WEBVTT\n\n{LONG}:00:00.000 --> {LONG}:00:01.000\n{WORDS}\n",
    "minutes.vtt": f"WEBVTT\n\n{LONG}:00.000 --> {LONG}:01.000\n{WORDS}\n",
    "seconds.srt": f"1\n00:00:{LONG},000 --> 00:00:{LONG},500\n{WORDS}\n",
    "some.vtt": f"WEBVTT\n\n00:00.000 --> 00:01.000\n{WORDS}\n\n{LONG}:0.0 --> {LONG}:1.0\nMore\n",
    "lines.txt": f"[{LONG}:00:01] Ann: {WORDS}\n[{HUGE}:{HUGE}] Ann: {WORDS}\n",
    "words.json": '{"segments":[{"words":5}]}',
    "others.json": '{"segments":[{"text":5,"words":[{"word":{},"start":[]}],"start":{}}]}',
    "none.json": '{"segments":null,"results":[null],"text":[[]]}',
    "deep.json": "[" * 200_000 + "]" * 200_000,
    "nested.json": '{"segments":' * 50_000 + "1" + "}" * 50_000,
    "integer.json": CUE % (HUGE, HUGE),
    "float.json": CUE % ("1e400", "1e308"),
    "nan.json": CUE % ("NaN", "Infinity"),
    "text.json": CUE % (f'"{HUGE}"', '"1e999"'),
    "surrogate.json": CUE.replace("rest", "\\ud800") % (0, 1),
    "deep.ttml": XML % ("<p>" * 50_000 + "x" + "</p>" * 50_000),
    "clock.ttml": XML % f'<p begin="{LONG}:00:00" end="{HUGE}s">{WORDS}</p>',
    "frames.srt": f"{{{HUGE}}}{{{HUGE}}}{WORDS}\n",
    "tiers.textgrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1e999\n<exists>\n'
    f'1\n"IntervalTier"\n"w"\n0\n{HUGE}\n1\n1e400\n{HUGE}\n"{WORDS}"\n',
    "table.tsv": f"start\tend\ttext\n{HUGE}\t1e400\t{WORDS}\n",
    "captions.json3": f'{{"events":[{{"tStartMs":{HUGE},"segs":[{{"utf8":"hi you"}}]}}]}}',
}  # fmt: skip


def strict(text: str) -> dict:
    """JSON that every reader takes."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def jsonl(path: Path) -> list[dict]:
    return [strict(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    tiny_bundle(folder)
    return folder


def test_every_broken_transcript_has_its_row_and_the_run_its_pages(shell, tmp_path, bundle) -> None:
    first = write_media(tmp_path / "in/ann.wav", audio=voice(1.0), audio_codec="pcm_s16le")
    (tmp_path / "in/ann.txt").write_text(WORDS)
    for number, (name, text) in enumerate(BROKEN.items()):
        stem = f"p{number}_{name.replace('.', '_')}"
        shutil.copy(first, tmp_path / f"in/{stem}.wav")
        (tmp_path / f"in/{stem}.{name.rpartition('.')[2]}").write_text(text)
    command = ["-m", "src.score", f"input={tmp_path}/in", f"bundle={bundle}",
               f"out={tmp_path}/out", f"paths.features={tmp_path}/features", "candidates=file",
               "evidence=true", "workers=1", "progress=false"]  # fmt: skip
    done = shell.python(*command)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row["clip_id"]: row for row in jsonl(tmp_path / "out/answers.jsonl")}
    assert len(rows) == len(BROKEN) + 1
    assert {row["status"] for row in rows.values()} <= set(STATUSES)
    assert not {row["error_code"] for row in rows.values()} & {"INTERNAL_ERROR", "WORKER_DIED"}
    assert rows["ann"]["status"] == "scored"
    scored = {row["candidate_id"] for row in rows.values() if row["status"] == "scored"}
    people = {found["candidate_id"] for found in jsonl(tmp_path / "out/evidence.jsonl")}
    assert people == scored
    assert len(list((tmp_path / "out/candidates").iterdir())) == len(rows)


@pytest.mark.parametrize("name", BROKEN)
def test_the_endpoint_scores_and_explains_them_or_says_why(bundle, name: str) -> None:
    scorer = CandidateScorer(load_bundle(bundle))
    scored = scorer.score([Clip("a", "ann", None, transcript=BROKEN[name])])
    strict(json.dumps([scored.candidate, scored.answers, scorer.evidence(scored)], allow_nan=False))
    assert scored.answers[0]["error_code"] in (None, "NOTHING_USABLE")


TIMES = st.sampled_from([LONG, HUGE, "-1", "1e400", "nan", "NaN", "0", "{}", "[]", "null", "99:99"])
PIECES = st.sampled_from(
    ["[", "{", "<", '"', "\n", "\n\n", "-->", ":", ",", "\\", "\x00", "\ufeff", "\ud800",
     "&#99999999;", "<v Ann>", "Ann: ", "00:00:01.000 --> 00:00:02.000\n", '"words":5',
     '"start":1e999', "]]", "}}"]
)  # fmt: skip
SHORT = [text for text in BROKEN.values() if len(text) < 20_000] + [
    f"WEBVTT\n\n00:00.000 --> 00:01.500\n<v Ann>{WORDS}\n",
    f"00:00:01,000 --> 00:00:02,000\nAnn: {WORDS}\n",
    CUE % (0, 1.5),
    XML % f'<p begin="0s" end="1.5s">{WORDS}</p>',
]


@st.composite
def mutated(draw) -> str:
    """A transcript of some format with pieces cut, doubled, put in and numbers replaced."""
    text = draw(st.sampled_from(SHORT))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        put = draw(TIMES | PIECES | st.text(max_size=4) | st.just(text[start:end] * 2))
        text = text[:start] + put + text[end:]
    return text


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(mutated(), min_size=1, max_size=6))
def test_mutated_transcripts_give_rows_evidence_and_pages(tmp_path_factory, bundle, texts) -> None:
    folder = tmp_path_factory.mktemp("mutated")
    clips = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.{('vtt', 'json', 'txt')[number % 3]}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        clips.append(Clip(f"{number}", f"p{number}", None, transcript_path=path))
    quiet = Settings(engine="inline", progress=False, spreadsheets=())
    model, store, out = load_bundle(bundle), FeatureStore(folder / "features"), folder / "out"
    found = score_clips(clips, model, store, out, settings=quiet, explain=explain_files)
    write_report(found, model, out / "report.html", clips=clips, store=store)
    rows = jsonl(out / "answers.jsonl")
    assert [row["clip_id"] for row in rows] == [clip.clip_id for clip in clips]
    assert {row["error_code"] for row in rows} <= {None, "NOTHING_USABLE"}
    assert len(jsonl(out / "evidence.jsonl")) == sum(row["status"] == "scored" for row in rows)


def test_evidence_that_json_cannot_hold_costs_no_scores(tmp_path: Path) -> None:
    with Journal(tmp_path, {}) as journal:
        journal.append("k", ScoredCandidate([], {"candidate_id": "ann"}, {"end_s": float("inf")}))
        assert journal.read("k").candidate == {"candidate_id": "ann"}
        assert journal.read("k").evidence is None


def test_a_fault_of_a_reader_is_a_transcript_error(tmp_path: Path, monkeypatch) -> None:
    def fault(text: str) -> None:
        raise TypeError(text)

    monkeypatch.setattr(reading, "_parsed", fault)
    (tmp_path / "a.txt").write_text("secret words")
    with pytest.raises(reading.TranscriptError, match="whose reading ends in TypeError") as raised:
        reading.read_transcript(tmp_path / "a.txt")
    assert "secret" not in str(raised.value)
