"""``python -m serve.watch`` from a checkout: the same as ``trifold serve watch``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("watch")
