"""What commands say of themselves: every setting, once described, and the way to what was meant."""

from __future__ import annotations

import subprocess
import sys

import pytest

from trifold.cli.help import command_help, overview, sections
from trifold.cli.settings import setting_of
from trifold.cli.table import COMMANDS, TOOLS

GROUPS = ("learner", "network", "trainer", "corpora", "asr", "voices", "paths", "quality")
CHOICES = {
    group: sorted(sections("train")[1][group][1])
    for group in GROUPS
    if group in sections("train")[1]
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_setting_of_a_command_is_described(command: str) -> None:
    own, groups = sections(command)
    described = [*own, *(one for _, _, settings in groups.values() for one in settings)]
    assert [one.name for one in described if not one.meaning] == []
    text = command_help(command)
    for one in described:
        assert f"  {one.name}" in text
    assert COMMANDS[command].example in text
    assert max(map(len, text.splitlines())) <= 100 or "or " in text


@pytest.mark.parametrize(("group", "choice"), [(g, c) for g, all_ in CHOICES.items() for c in all_])
def test_settings_of_every_choice_are_described(group: str, choice: str) -> None:
    _, groups = sections("train", [f"{group}={choice}"])
    assert groups[group][0] == choice
    told = [name for name in groups if name == group or name.startswith(f"{group}/")]
    assert [one.name for name in told for one in groups[name][2] if not one.meaning] == []


def test_choices_and_units_are_told() -> None:
    text = command_help("score")
    assert "[research | commercial | hiring]" in text
    assert "[seconds above 0]" in text
    assert "asr=packaged   or none, whisper" in text
    assert setting_of("timeout_s", "score") is not None


def test_a_group_that_is_chosen_is_the_one_that_is_told() -> None:
    assert "corpora.labels=" in command_help("train", ["corpora=avi"])
    assert "corpora.labels=" not in command_help("train")


@pytest.mark.parametrize("network", ["trifold", "trifold_small"])
def test_the_parts_of_a_network_are_told_with_their_choices(network: str) -> None:
    chosen = ["network/connectors=head_gate", "network/experts=hyperbolic_prototypes"]
    text = command_help("train", [f"network={network}", *chosen])
    assert "network/head=batch_ensemble   or full" in text
    assert "network.head.hidden=64" in text
    assert "network.feature_dim=64" in text
    assert "network.experts.hyperbolic.prototypes=16" in text
    assert "network/connectors=head_gate   or attention, audio_video_query, joint, none" in text
    assert "network.connectors.audio.layers" not in text
    assert "network/" not in command_help("train")


def trifold(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "trifold", *words], capture_output=True, text=True)


def test_the_overview_names_every_command() -> None:
    for name in (*COMMANDS, *TOOLS):
        assert f"\n  {name} " in overview()
    assert trifold("--help").stdout == overview() + "\n"
    assert trifold().returncode == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["scroe"], "got 'scroe'; did you mean score"),
        (["score", "inptu=x"], "did you mean input"),
        (["serve", "strat"], "got 'strat'; did you mean start"),
        (["make", "judgements"], "got 'judgements'; did you mean trifold judgements?"),
        (["make", "syntetic"], "got 'syntetic'; did you mean synthetic?"),
        (["callers"], "got 'callers'; did you mean trifold serve callers?"),
        (["score", "input=.", "bundle=.", "out=x", "purpose=hirign"], "did you mean hiring"),
        (["train", "experiment=avi2025_trak1"], "did you mean avi2025_track1"),
    ],
)
def test_wrong_names_get_the_nearest(words, message) -> None:
    done = trifold(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_table_names_what_tools_take() -> None:
    from trifold.corpora.mock.registry import TWINS
    from trifold.serve.command import MODULES

    assert set(TOOLS["make"].parts) == {"synthetic", *TWINS}
    assert TOOLS["serve"].parts == tuple(MODULES)


@pytest.mark.parametrize("words", [["score", "--help"], ["--version"], ["serve"], ["scroe"]])
def test_help_loads_nothing_large(words) -> None:
    code = (
        "import sys; sys.argv = ['trifold', *sys.argv[1:]]\n"
        "from trifold.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "large = {'torch', 'hydra', 'numpy', 'pandas', 'aiohttp'} & set(sys.modules)\n"
        "sys.exit(str(large) if large else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", ["--help", "train --help", "serve --help"])
def test_a_reader_who_has_heard_enough_is_no_error(words: str) -> None:
    line = f"{sys.executable} -m trifold {words} | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.stdout
    assert done.stderr == ""
