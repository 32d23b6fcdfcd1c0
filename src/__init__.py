"""Commands of a checkout: ``python -m src.train`` is ``trifold train`` with the code beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
