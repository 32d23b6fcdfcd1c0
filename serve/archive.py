"""``python -m serve.archive`` from a checkout: the same as ``trifold serve archive``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("archive")
