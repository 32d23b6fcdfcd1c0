"""Runs Python as its command line does, in children of a process that has loaded what is large.

Reads lines of JSON ``{words, folder}`` with the words after ``python``, answers each with
``{returncode, stdout, stderr}``. Saves the seconds that PyTorch and Lightning take to load, every
time.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
from pathlib import Path

HEARD = 1 << 24  # bytes of an output that are handed on


def child(order: dict, out: int, err: int) -> None:
    """In the child: never returns."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(order["folder"])
    code = 0
    try:
        run(order["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(words: list[str]) -> None:
    """``-m MODULE …``, ``-c CODE …`` or ``FILE …``."""
    match words:
        case ["-m", module, *rest]:
            sys.path.insert(0, os.getcwd())
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *rest]:
            sys.path.insert(0, os.getcwd())
            sys.argv = ["-c", *rest]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
        case [path, *rest]:
            sys.argv = [path, *rest]
            runpy.run_path(path, run_name="__main__")


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
            texts = [os.pread(f.fileno(), HEARD, 0).decode(errors="replace") for f in (out, err)]
        told = {"returncode": code, "stdout": texts[0], "stderr": texts[1]}
        print(json.dumps(told), flush=True)
    os._exit(0)  # to take down what was loaded would take seconds


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "src")]
    main()
