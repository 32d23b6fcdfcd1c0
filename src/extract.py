"""``python -m src.extract`` from a checkout: the same as ``trifold extract``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("extract")
