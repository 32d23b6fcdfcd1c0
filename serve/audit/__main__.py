"""``trifold serve audit`` from a checkout: the same as ``trifold serve audit``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("audit")
