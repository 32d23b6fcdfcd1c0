"""``python -m src.probe`` from a checkout: the same as ``trifold probe``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("probe")
