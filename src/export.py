"""``python -m src.export`` from a checkout: the same as ``trifold export``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("export")
