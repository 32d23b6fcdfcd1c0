"""The endpoint; in a checkout ``python -m serve.start`` is ``trifold serve start``."""

import sys
from pathlib import Path

if __name__ == "serve":  # not as a part of the installed package
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
