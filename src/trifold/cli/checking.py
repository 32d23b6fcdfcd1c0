"""A composed configuration against the table of settings and against what it is by default."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict

from trifold.cli.arguments import ERRORS, SWEEPS, explained, flat
from trifold.cli.settings import setting_of
from trifold.cli.values import check
from trifold.errors import InputError, TrifoldError, unknown
from trifold.shipped import CONFIGS


def checked(words: Sequence[str], command: str) -> DictConfig:
    """The configuration that a command line makes, if every setting of it can be right.

    Args:
        words: prepared, perhaps with ``-m`` among them.
        command: such as ``score``.

    Raises:
        InputError: naming the setting, what it may be, and what came.
    """
    sweep = any(word in SWEEPS for word in words)
    words = [word for word in words if word not in SWEEPS]
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            single = without_sweeps(words) if sweep else words
            config = compose(command, overrides=single, return_hydra_config=True)
            HydraConfig.instance().set_config(config)
            with open_dict(config):
                config.pop("hydra")
            check_command(config, single, command, sweep=sweep)
    except ERRORS as error:
        raise wrong(error, words, command) from error
    return config


def wrong(error: Exception, words: Sequence[str], command: str) -> TrifoldError:
    """What Hydra or OmegaConf complains about, as an error of ours."""
    return explained(error, words, lambda name: known_names(command, words, name))


def check_command(
    config: DictConfig, words: Sequence[str], command: str, *, sweep: bool = False
) -> None:
    """Refuse what cannot be right, before anything is done.

    Args:
        config: composed from ``words``.
        words: ``key=value`` as Hydra has them.
        command: such as ``score``.
        sweep: settings that are swept over are left out of ``words``, so some may be missing.

    Raises:
        InputError: naming the setting, what it may be, and what came.
    """
    _no_new_parts(words, command)
    values = flat(config)
    check({k: v for k, v in values.items() if not (sweep and v == "???")}, command)
    _same_kinds(values, words, command)
    streams, encoders = values.get("streams"), config.get("encoders")
    for name in streams if isinstance(streams, list) and encoders else ():
        if name not in encoders:
            raise unknown(name, list(encoders), what="streams")


def without_sweeps(words: Sequence[str]) -> list[str]:
    """The words of one job of a sweep, the first value for each that has several.

    Raises:
        InputError: when a file of a group that is swept over is not there.
    """
    parser = OverridesParser.create()
    overrides = [parser.parse_override(word) for word in words]
    found = []
    for word, override in zip(words, overrides, strict=True):
        if not override.is_sweep_override():
            found.append(word)
        elif override.is_choice_sweep():
            names = sorted(path.stem for path in (CONFIGS / key_of(word)).glob("*.yaml"))
            finds = override.value_type == ValueType.GLOB_CHOICE_SWEEP  # only what is there
            values = names if finds else list(override.sweep_string_iterator())
            for value in values:
                if is_group(word) and value not in names:
                    raise unknown(value, names, what=key_of(word))
            found.append(f"{word.partition('=')[0]}={values[0]}")
    return found


def key_of(word: str) -> str:
    """The dotted name, or the group, that a word is about."""
    return word.partition("=")[0].lstrip("+~").partition("@")[0]


def is_group(word: str) -> bool:
    """Whether a word chooses a file of a group."""
    return (CONFIGS / key_of(word)).is_dir()


def default_values(command: str, words: Sequence[str]) -> dict[str, object]:
    """Every setting of a command with the groups that ``words`` choose, at its default."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        try:
            config = compose(command, overrides=[word for word in words if is_group(word)])
        except HydraException:  # one of the choices is what is wrong
            config = compose(command)
    return flat(config, resolve=False)


def known_names(command: str, words: Sequence[str], wrong: str) -> list[str]:
    """Names that could have been meant: those beside the wrong one, groups, and inner settings.

    ``path`` finds ``corpora.path``.
    """
    names = [*default_values(command, words), *top_names(command)]
    depth = wrong.count(".")
    all_parts = dict.fromkeys(".".join(name.split(".")[: depth + 1]) for name in names)
    parent = wrong.rpartition(".")[0]
    beside = [name for name in all_parts if name.rpartition(".")[0] == parent]
    inner = [name for name in names if name.endswith(f".{wrong}")]
    return list(dict.fromkeys([*beside, *inner] or names))


def top_names(command: str) -> list[str]:
    """Settings and groups that stand in a command's own file."""
    content = yaml.safe_load((CONFIGS / f"{command}.yaml").read_text(encoding="utf-8"))
    groups = [key for line in content.pop("defaults", []) if isinstance(line, dict) for key in line]
    return [*content, *(g.removeprefix("optional ") for g in groups if g != "hydra")]


def _no_new_parts(words: Sequence[str], command: str) -> None:
    """``+key`` may add to a part of the configuration, but nothing reads a part of its own."""
    known = top_names(command)
    for word in words:
        name = key_of(word).replace("/", ".").partition(".")[0]
        if word.startswith("+") and name not in known and name != "hydra":
            raise unknown(name, known, what="settings")


def _same_kinds(values: dict[str, object], words: Sequence[str], command: str) -> None:
    """A number stays a number and a switch a switch, also where the table has no line."""
    given = [key_of(word) for word in words if "=" in word and not is_group(word)]
    unlisted = [name for name in given if setting_of(name, command) is None and name in values]
    defaults = default_values(command, words) if unlisted else {}
    for name in unlisted:
        default, value = defaults.get(name), values[name]
        wanted = bool if isinstance(default, bool) else (int, float)
        fits = isinstance(value, wanted) and isinstance(value, bool) == isinstance(default, bool)
        if isinstance(default, int | float) and value is not None and not fits:
            what = "true or false" if wanted is bool else f"a number such as {default}"
            raise InputError(expected=what, got=repr(value), where=name)


def plain(config: DictConfig) -> dict[str, object]:
    """Resolved, with nothing of OmegaConf left."""
    found = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    return dict(found)
