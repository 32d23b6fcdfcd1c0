"""``python -m serve.start`` from a checkout: the same as ``trifold serve start``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("start")
