"""``trifold studio home=DIR``: the studio in a browser, on this machine or for a team.

    trifold studio                              folder ``studio``, this machine alone
    trifold studio home=DIR port=8700
    trifold studio home=DIR database=postgresql://… address=https://studio.example.org

    trifold studio folders=/srv/interviews,/srv/study models=/srv/models

``folders`` may be pointed to for recordings, and ``models`` for models, instead of uploading them.
The first start prints a link that makes the first account. It needs the extra ``studio``
(``pip install 'trifold[studio]'``). Ctrl-C ends it; jobs that it was doing go on at the next start.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from trifold.errors import InputError
from trifold.runtime.endings import BAD_INPUT, code_of, run_main, tell, values_of
from trifold.runtime.fast_imports import large_imports

DEFAULTS: dict[str, Any] = {
    "home": "studio",
    "database": None,
    "host": "127.0.0.1",
    "port": 8600,
    "address": None,
    "proxy": None,
    "language": "en",
    "sign_on": None,
    "deployment": None,
    "session_h": 12.0,
    "idle_h": 2.0,
    "largest_gb": 8.0,
    "folders": "",
    "models": "",
    "workers": 1,
}


def main() -> NoReturn:
    """Run it until Ctrl-C."""
    words = sys.argv[1:]
    if words and words[0] in ("-h", "--help"):
        tell((__doc__ or "").strip())
    try:
        import sqlalchemy  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        print(
            f"error: {error.name} is not installed: pip install 'trifold[studio]'", file=sys.stderr
        )
        sys.exit(BAD_INPUT)
    run_main(lambda words: code_of(_serve, words, __doc__ or ""))


def _serve(words: Sequence[str]) -> list[str]:
    with large_imports():
        from trifold.studio.server import serve
        from trifold.studio.settings import StudioSettings

    given = DEFAULTS | values_of(words, known=DEFAULTS)
    given["home"] = home = Path(str(given["home"])).resolve()
    if home.exists() and not home.is_dir():
        raise InputError(expected="a folder for home, or a new name", got="a file", where=home)
    for name in ("sign_on", "deployment"):
        given[name] = given[name] and Path(str(given[name]))
    for name in ("session_h", "idle_h", "largest_gb"):
        given[name] = _number(name, given[name])
    for name in ("folders", "models"):
        parts = [part.strip() for part in str(given[name]).split(",")]
        given[name] = tuple(Path(part).resolve() for part in parts if part)
    for name in ("port", "workers"):
        given[name] = int(_number(name, given[name]))
    serve(StudioSettings(**given))
    return []


def _number(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise InputError(expected=f"a number for {name}", got=repr(value)) from error
