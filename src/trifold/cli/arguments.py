"""Command lines as people write them, turned into what Hydra's grammar means by the same.

A path or free text is its own value, whatever signs are in it: brackets, commas, ``=``, quotes,
``${x}``. Everything else is Hydra's: lists, null, sweeps, ``+key``, ``~key``. An output may hold
``${hydra:…}``, and with ``-m`` an input that does not exist as written may be a sweep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from trifold.cli.settings import Setting, setting_of
from trifold.errors import InputError, TrifoldError, unknown

RESOLVER = "literal"
SWEEPS = ("-m", "--multirun")
TAKES_A_VALUE = (
    "-cn",
    "--config-name",
    "-cp",
    "--config-path",
    "-cd",
    "--config-dir",
    "-c",
    "--cfg",
    "-i",
    "--info",
    "-p",
    "--package",
)
_PLAIN = re.compile(r"[^\\$'\x00-\x1f\x7f\ud800-\udfff]*")
_FROM_HYDRA = re.compile(r"(\$\{hydra:[^{}]*\})")


def prepared(words: Sequence[str], command: str) -> list[str]:
    """The words of a command line with every path and free text quoted for Hydra.

    Args:
        words: after ``python -m src.NAME``.
        command: ``NAME``.

    Raises:
        InputError: for a word that is no ``key=value``.
    """
    _register()
    sweep = any(word in SWEEPS for word in words)
    flags = {n + 1 for n, word in enumerate(words) if word in TAKES_A_VALUE}
    return [
        word if n in flags or word.startswith("-") else _prepared(word, command, sweep)
        for n, word in enumerate(words)
    ]


def _prepared(word: str, command: str, sweep: bool) -> str:
    key, equals, value = word.partition("=")
    if not equals and not key.startswith("~"):
        raise InputError(expected="key=value", got=repr(word))
    setting = setting_of(key.lstrip("+").partition("@")[0], command)
    if setting is None or not equals or key.startswith("~"):
        return word
    if setting.kind == "list" and not sweep and not value.startswith("[") and value != "null":
        return f"{key}=[{value}]"
    if not setting.literal or (setting.optional and value == "null"):
        return word
    if sweep and setting.kind != "output" and _is_sweep(word, value):
        return word
    return f"{key}={literal(value, setting)}"


def _is_sweep(word: str, value: str) -> bool:
    """Whether Hydra reads several values, and no file of that name says otherwise."""
    try:
        return (
            not Path(value).exists()
            and OverridesParser.create().parse_override(word).is_sweep_override()
        )
    except (HydraException, OSError, ValueError):
        return False


def literal(value: str, setting: Setting) -> str:
    """Hydra's way to write a text, with ``${hydra:…}`` left alone in outputs."""
    parts = _FROM_HYDRA.split(value) if setting.kind == "output" else [value]
    return (
        "'"
        + "".join(
            part if n % 2 else _escaped(part, alone=len(parts) == 1) for n, part in enumerate(parts)
        )
        + "'"
    )


def _escaped(text: str, *, alone: bool) -> str:
    """The text itself, or in hexadecimal where Hydra or OmegaConf would see a meaning in it."""
    if _PLAIN.fullmatch(text) and not (alone and text == "???"):
        return text
    return f"${{{RESOLVER}:x{text.encode('utf-8', 'surrogatepass').hex()}}}"


def _register() -> None:
    if not OmegaConf.has_resolver(RESOLVER):
        OmegaConf.register_new_resolver(
            RESOLVER, lambda x: bytes.fromhex(x[1:]).decode("utf-8", "surrogatepass")
        )


def flat(config: DictConfig, *, resolve: bool = True) -> dict[str, object]:
    """Dotted name to value; lists are values, missing values are ``???``."""
    return dict(_leaves(OmegaConf.to_container(config, resolve=resolve), ""))


def _leaves(node: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(node, Mapping) and (node or not name):
        for key, value in node.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, node


def explained(
    error: Exception, words: Sequence[str], known: Callable[[str], list[str]]
) -> TrifoldError:
    """What Hydra or OmegaConf complains about, in one line with the nearest names.

    Args:
        error: of a composition.
        words: of the command line, prepared.
        known: names that could have been meant by a wrong one.
    """
    if isinstance(error, MissingConfigException) and error.options:
        group, _, name = str(error.missing_cfg_file).rpartition("/")
        return unknown(name, error.options, what=group)
    if isinstance(error, OverrideParseException):
        key, _, value = error.override.partition("=")
        return InputError(expected="a value such as 3, name, [a,b] or null", got=value, where=key)
    first = str(error).splitlines()[0]
    given = {w.partition("=")[0]: w.partition("=")[2] for w in words}
    plain = {key: re.escape(key.lstrip("+~").partition("@")[0]) for key in given}
    named = (key for key, name in plain.items() if re.search(rf"(?<![\w.]){name}(?![\w.])", first))
    wrong = next(named, None)
    if wrong is None:
        return InputError(expected="settings that fit together", got=first)
    if "mbiguous value" in first:
        return InputError(
            expected="one value, a list [a,b], or -m to sweep over several",
            got=given[wrong],
            where=wrong,
        )
    name = wrong.lstrip("+~").partition("@")[0]
    names = known(name)
    if name in names:
        return InputError(expected="settings that fit together", got=first)
    parent, _, last = name.rpartition(".")
    inner = [other for other in names if other.endswith(f".{name}")]
    beside = [other.rpartition(".")[2] for other in names if other not in inner]
    return unknown(
        last,
        [other for other in beside if other != "_target_"],
        what=f"settings of {parent}" if parent else "settings",
        meant=inner,
    )


ERRORS = (HydraException, OmegaConfBaseException)
