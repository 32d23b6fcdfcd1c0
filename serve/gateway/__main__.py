"""``python -m trifold.serve.gateway``; a package's, so that no worker loads it again."""

import sys

from trifold.serve.gateway.app import main

sys.exit(main(sys.argv[1:]))
