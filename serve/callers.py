"""``python -m serve.callers`` from a checkout: the same as ``trifold serve callers``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("callers")
