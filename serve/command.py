"""``trifold serve [COMMAND] setting=value …``: the endpoint.

    trifold serve bundle=demo/run   an archive of this bundle, served until Ctrl-C
    trifold serve start             archives in models=DIR, served
    trifold serve archive           a bundle to an archive of TorchServe
    trifold serve stop              what serves in out=DIR stops
    trifold serve callers           who may call: keys, scopes, folders
    trifold serve rollout           the next version of a model, without a pause
    trifold serve client            files to scores through a running endpoint
    trifold serve audit             a log of requests, verified
    trifold serve watch             keeps a detached endpoint up

``trifold serve COMMAND --help`` tells its settings. All of it needs the extra ``serve``
(``pip install 'trifold[serve]'``).
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

from trifold.errors import unknown
from trifold.runtime.endings import BAD_INPUT, run_main, tell

MODULES = {
    "start": "trifold.serve.operations.start",
    "archive": "trifold.serve.operations.archive",
    "stop": "trifold.serve.operations.stop",
    "callers": "trifold.serve.access.callers",
    "rollout": "trifold.serve.operations.rollout",
    "client": "trifold.serve.client.command",
    "audit": "trifold.serve.audit.log",
    "watch": "trifold.serve.operations.watch",
}


def main() -> NoReturn:
    """Run the command that the first word names; ``bundle=DIR`` alone archives and starts."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        tell((__doc__ or "").strip(), 0 if words else BAD_INPUT)
    if "=" in words[0]:
        run_main(_archive_and_start)
    del sys.argv[1]
    run(words[0])


def run(name: str) -> NoReturn:
    """Run one command with the words of ``sys.argv``."""
    if name not in MODULES:
        print(unknown(name, MODULES, what="commands of trifold serve"), file=sys.stderr)
        sys.exit(BAD_INPUT)
    try:
        module = import_module(MODULES[name])
    except ModuleNotFoundError as error:
        if (error.name or "trifold").startswith("trifold"):
            raise
        print(
            f"error: {error.name} is not installed: pip install 'trifold[serve]'", file=sys.stderr
        )
        sys.exit(BAD_INPUT)
    run_main(module.main)


def _archive_and_start(words: list[str]) -> int:
    """An archive of ``bundle=DIR`` in ``models=DIR``, then the endpoint with the other settings."""
    from trifold.serve.operations import archive, start

    models = next((w.partition("=")[2] for w in words if w.startswith("models=")), "")
    models = models or str(archive.DEFAULTS["out"])
    bundles = [word for word in words if word.startswith("bundle=")]
    if bundles and (code := archive.main([*bundles, f"out={models}"])):
        return code
    others = [word for word in words if not word.startswith(("bundle=", "models="))]
    return start.main([f"models={models}", *others])
