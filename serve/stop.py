"""``python -m serve.stop`` from a checkout: the same as ``trifold serve stop``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("stop")
