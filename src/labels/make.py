"""``python -m src.labels.make`` from a checkout: the same as ``trifold judgements``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("judgements")
