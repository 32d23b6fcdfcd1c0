"""``python -m src.check`` from a checkout: the same as ``trifold check``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("check")
