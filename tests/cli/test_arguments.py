"""Command lines: what is a path is taken as written, what is Hydra's stays Hydra's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from trifold.cli.arguments import flat, prepared
from trifold.cli.checking import checked, default_values
from trifold.cli.settings import BASELINES, setting_of
from trifold.errors import InputError

ROOT = Path(__file__).parents[2]
NAMES = ["März", "Interviews (2026)", "R&D", "a,b", "q=1", "c#", "it's", 'say "x"', "~home",
         "{a}", "[x]", "a\\b", "\\", "\\'", "two  spaces ", " ", "null", "1", "1e3", "true",
         "???", "${x}", "$HOME", "a${b", "\\${x}", "a:b", "😀", "line\nbreak", "a*b?", "!x", "%s",
         "choice(a,b)", "glob(*)", "a;b", "`id`", "'", "''", "x'", "@a", "+a", "-a"]  # fmt: skip


def composed(*words: str, command: str = "score") -> dict[str, object]:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        return flat(compose(command, overrides=prepared(words, command)))


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=()), min_size=1))
@example(text="\udce4")  # a byte that is no UTF-8, as file systems have them
def test_any_text_arrives_as_an_input(text: str) -> None:
    (word,) = prepared([f"input={text}"], "score")
    override = OverridesParser.create().parse_override(word)
    assert OmegaConf.create({"input": override.value()}).input == text


@pytest.mark.parametrize("name", NAMES)
def test_signs_in_a_name_mean_nothing(name: str) -> None:
    keys = ("input", "bundle", "out", "paths.features", "rights")
    found = composed(*(f"{key}={name}" for key in keys))
    rights = None if name == "null" else name
    assert [found[key] for key in keys] == [name, name, name, name, rights]


def test_signs_in_a_name_mean_nothing_to_a_corpus_either() -> None:
    words = ["corpora=manifest", "corpora.path=a, ${b} (1).csv", "corpora.schema=[s].yaml", "out=o"]
    found = composed(*words, command="train")
    assert found["corpora.path"] == "a, ${b} (1).csv"
    assert found["corpora.schema"] == "[s].yaml"


def test_what_is_no_path_keeps_its_grammar() -> None:
    found = composed("withhold=[NO_FACE,LOW_LIGHT]", "workers=2", "coverage=null", "report=false")
    assert found["withhold"] == ["NO_FACE", "LOW_LIGHT"]
    assert (found["workers"], found["coverage"], found["report"]) == (2, None, False)
    assert composed("withhold=NO_FACE,LOW_LIGHT")["withhold"] == ["NO_FACE", "LOW_LIGHT"]
    assert composed("dimensions=null", command="label")["dimensions"] is None
    assert composed("+encoders.speech.batch_size=8", "~encoders.face", command="probe")[
        "encoders.speech.batch_size"
    ] == 8  # fmt: skip


def test_sweeps_and_what_hydra_fills_in_pass() -> None:
    words = ["-m", "variant=glob(*,exclude=full)", "seed=0,1", "corpora.root=a b,c",
             "out=a (1)/${hydra:runtime.choices.variant}"]  # fmt: skip
    assert prepared(words, "train") == [
        *words[:4], "out='a (1)/${hydra:runtime.choices.variant}'",
    ]  # fmt: skip
    assert prepared(["--cfg", "job", "--config-dir", "x"], "train")[3] == "x"


def test_a_folder_with_a_comma_is_no_sweep_where_it_exists(tmp_path) -> None:
    (tmp_path / "a,b").mkdir()
    assert prepared(["-m", f"corpora.root={tmp_path}/a,b"], "train")[1].endswith("/a,b'")


def test_a_word_that_is_no_setting_is_refused() -> None:
    with pytest.raises(InputError, match="expected key=value, got 'videos'"):
        prepared(["videos"], "score")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("score bundel=x", "got 'bundel'; did you mean bundle?"),
        ("score +bundel=x", "got 'bundel'; did you mean bundle?"),
        ("score asr.modle=x asr=whisper", "settings of asr among model, revision, language"),
        ("score assr=whisper", "got 'assr'; did you mean asr?"),
        ("score asr=wisper", "expected asr among none, packaged, whisper, got 'wisper'"),
        ("score input=. bundle=. out=o engine=lokal", "got 'lokal'; did you mean local?"),
        ("score input=. bundle=. out=o workers=two", "workers: expected a whole number of 1"),
        ("score input=. bundle=. out=o workers=0", "workers: expected a whole number of 1"),
        ("score input=. bundle=. out=o coverage=1.5", "coverage: expected a number between 0 and"),
        ("score input=. bundle=. out=o withhold=[NOFACE]", "did you mean NO_FACE?"),
        ("score input=. bundle=. out=o report=ja", "report: expected true or false, got 'ja'"),
        ("score input=. bundle=. out=o timeout_s=-1", "timeout_s: expected seconds above 0"),
        ("score input=. bundle=. out=README.md/x", "expected a folder that can be written, got"),
        ("score input=. bundle=. out=o asr=whisper", "expected asr.model=… (a hub id or folder"),
        ("score input=. bundle=. out=", "out: expected a folder that can be written, got no name"),
        ("score", "expected input=… (a folder or manifest of media) and bundle=… (a run folder or"),
        ("train experiment=own_ratngs", "got 'own_ratngs'; did you mean own_ratings?"),
        ("train experiment=youtube_ablation variant=witout_rank", "did you mean without_rank"),
        ("train corpora=recrutview", "did you mean recruitview?"),
        ("train learner=netwrk", "did you mean network?"),
        ("train learner.batchsize=8", "got 'batchsize'; did you mean batch_size?"),
        ("train learner.objective.ccc_wieght=1", "got 'ccc_wieght'; did you mean ccc_weight"),
        ("train out=o corpora.root=. learner.learning_rate=fast", "expected a number such as"),
        ("train out=o corpora.root=. learner.bagging=2", "learner.bagging: expected true or false"),
        ("train out=o corpora.root=. streams=[fase]", "got 'fase'; did you mean face?"),
        ("train out=o corpora.root=. baselines=[rigde_pooled]", "did you mean ridge_pooled?"),
        ("train out=o corpora.root=. seeds=[x]", "seeds: expected a list of whole numbers"),
        ("train out=o corpora.root=none", "none: expected the corpus, got nothing there"),
        ("train -m variant=full,witout_rank out=o corpora.root=.", "did you mean without_rank"),
        ("train -m sed=0,1 out=o corpora.root=.", "got 'sed'; did you mean seed"),
        ("train out=o seed=0,1", "seed: expected one value, a list [a,b], or -m to sweep"),
        ("train out=o seed=[0", "seed: expected a value such as 3, name, [a,b] or null, got [0"),
        ("train out=o experiment=own_ratings corpora.path=README.md corpora.schema=no.yaml",
         "no.yaml: expected a YAML file that names the targets, got nothing there"),
        ("evaluate bundle=. out=o corpora.root=. split=dev", "expected split among train, val"),
        ("compare runs=none", "none: expected a folder of run folders, got nothing there"),
        ("label comparisons=none out=o", "none: expected a table of judgements, got nothing there"),
        ("label comparisons=. out=o model.folds=one", "model.folds: expected a whole number of 2"),
        ("probe stream=x out=o folds=1 corpora.root=.", "folds: expected a whole number of 2"),
        ("export run=. out=o programm=true", "got 'programm'; did you mean program?"),
        ("extract inptu=.", "got 'inptu'; did you mean input?"),
        ("check corpora.rot=.", "got 'rot'; did you mean root"),
        ("check corpora=manifest path=x.csv", "got 'path'; did you mean corpora.path?"),
        ("train corpora=manifest answer_labels=mean", "did you mean corpora.answer_labels?"),
        ("train objective.ccc_weight=0", "did you mean learner.objective.ccc_weight?"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_with_the_nearest_name(words: str, message: str) -> None:
    command, *rest = words.split()
    with pytest.raises(InputError, match=re.escape(message)):
        checked(prepared(rest, command), command)


@pytest.mark.parametrize(
    "words", ["score bundel=x", "train experiment=own_ratngs", "train -m variant=ful,full out=o",
              "label comparisons=. out=o model.halves=many"],
)  # fmt: skip
def test_a_wrong_setting_ends_the_command_in_one_line(shell, words: str) -> None:
    command, *rest = words.split()
    done = shell.python("-m", f"src.{command}", *rest)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = [line for line in done.stderr.splitlines() if line != "loading …"]
    assert line.startswith("error: ")


def test_nothing_large_is_loaded_before_settings_are_checked() -> None:
    code = (
        "import sys, trifold.cli.running, trifold.cli.settings;"
        "large = {'torch', 'lightning', 'transformers', 'pandas', 'scipy', 'sklearn', 'cv2', 'av'};"
        "sys.exit(str(large & set(sys.modules)) if large & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_setting_of_a_command_is_in_the_table(path: Path) -> None:
    for name in default_values(path.stem, []):
        if "." not in name or name.startswith(("paths.", "limits.", "quality.")):
            known = setting_of(name, path.stem) is not None
            assert known or name in ("columns", "asr", "voices", "others"), name


def test_the_table_names_the_baselines_that_there_are() -> None:
    from trifold.training.baselines.own_question import OWN_QUESTION
    from trifold.training.baselines.trivial import METHODS

    assert sorted(BASELINES) == sorted(["train_mean", "answer_length", OWN_QUESTION, *METHODS])
