"""``python -m src.evaluate`` from a checkout: the same as ``trifold evaluate``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("evaluate")
