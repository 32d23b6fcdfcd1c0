"""``python -m src.score`` from a checkout: the same as ``trifold score``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("score")
