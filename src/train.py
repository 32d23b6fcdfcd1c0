"""``python -m src.train`` from a checkout: the same as ``trifold train``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("train")
