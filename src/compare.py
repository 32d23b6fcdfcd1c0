"""``python -m src.compare`` from a checkout: the same as ``trifold compare``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("compare")
