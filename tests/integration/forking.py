"""Runs commands as ``trifold`` does, in children of a process that has loaded what is large.

Reads lines of JSON ``{name, words, folder}`` or ``{code, folder}``, answers each with
``{code, out, err}``. Saves the seconds that PyTorch and Lightning take to load, every time.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
from pathlib import Path


def child(order: dict, out: int, err: int) -> None:
    """In the child: never returns."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(order["folder"])
    code = 0
    try:
        if "name" in order:
            sys.argv = ["trifold", *order["name"].split(), *order["words"]]
            runpy.run_module("trifold", run_name="__main__", alter_sys=True)
        else:
            exec(compile(order["code"], "example", "exec"), {"__name__": "__main__"})  # noqa: S102
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Until the input ends."""
    import lightning  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import pandas  # noqa: F401
    import sklearn.svm  # noqa: F401
    import transformers  # noqa: F401

    import trifold.features.extract
    import trifold.scoring.folder.run
    import trifold.training.results.numbers  # noqa: F401

    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                child(json.loads(line), out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            texts = [os.pread(f.fileno(), 1 << 20, 0).decode(errors="replace") for f in (out, err)]
        print(json.dumps({"code": code, "out": texts[0], "err": texts[1]}), flush=True)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "src")]
    main()
