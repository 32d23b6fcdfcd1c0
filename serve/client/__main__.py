"""``trifold serve client`` from a checkout: the same as ``trifold serve client``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("client")
