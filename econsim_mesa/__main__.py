"""``python -m econsim_mesa``: the command line without its script on the path."""

from __future__ import annotations

import sys

from econsim_mesa.cli import main

if __name__ == "__main__":
    sys.exit(main())
