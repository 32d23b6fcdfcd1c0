"""``trifold serve [COMMAND] setting=value …``: the endpoint.

    trifold serve bundle=demo/run   this bundle, served until Ctrl-C
    trifold serve start             the same, or archives in models=DIR
    trifold serve archive           a bundle to an archive, which one file is
    trifold serve stop              what serves in out=DIR stops
    trifold serve callers           who may call: keys, scopes, folders
    trifold serve rollout           the next version of a model, without a pause
    trifold serve client            files to scores through a running endpoint
    trifold serve audit             a log of requests, verified
    trifold serve watch             keeps a detached endpoint up
    trifold serve update            another gateway in the place of the one that runs
    trifold serve drift             whether who came is unlike the model's training
    trifold serve backup            keys, settings, log, what is kept and models to one file
    trifold serve restore           a folder of an endpoint from such a file
    trifold serve capacity          machines that so many interviews a day need

``trifold serve COMMAND --help`` tells its settings. All of it needs the extra ``serve``
(``pip install 'trifold[serve]'``); ``archive`` and ``start engine=torchserve`` need ``torchserve``.
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
    "audit": "trifold.serve.audit.command",
    "watch": "trifold.serve.operations.watch",
    "update": "trifold.serve.update.command",
    "drift": "trifold.serve.telemetry.command",
    "backup": "trifold.serve.backup.command",
    "restore": "trifold.serve.backup.restoring",
    "capacity": "trifold.serve.capacity.command",
}


def main() -> NoReturn:
    """Run the command that the first word names; ``start`` where that is a setting."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        tell((__doc__ or "").strip(), 0 if words else BAD_INPUT)
    if "=" in words[0]:
        run("start")
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
        extra = "torchserve" if name == "archive" else "serve"
        said = f"error: {error.name} is not installed: pip install 'trifold[{extra}]'"
        print(said, file=sys.stderr)
        sys.exit(BAD_INPUT)
    run_main(module.main)
