"""``python -m src.corpora.make`` from a checkout: the same as ``trifold make``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("make")
