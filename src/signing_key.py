"""``python -m src.signing_key`` from a checkout: the same as ``trifold signing-key``."""

from trifold.cli.main import run

if __name__ == "__main__":
    run("signing-key")
