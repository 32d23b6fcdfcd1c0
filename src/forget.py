"""``python -m src.forget`` from a checkout: the same as ``trifold forget``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("forget")
