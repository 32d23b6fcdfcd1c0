"""``python -m serve.rollout`` from a checkout: the same as ``trifold serve rollout``."""

from trifold.serve.command import run

if __name__ == "__main__":
    run("rollout")
