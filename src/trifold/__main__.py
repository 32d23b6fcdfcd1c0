"""``python -m trifold COMMAND …``."""

from trifold.cli.main import main

if __name__ == "__main__":
    main()
