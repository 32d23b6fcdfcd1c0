"""``python -m src.label`` from a checkout: the same as ``trifold label``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("label")
