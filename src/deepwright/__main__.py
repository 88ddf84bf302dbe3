"""``python -m deepwright`` is ``deepwright``."""

import sys

from deepwright.cli import main

if __name__ == "__main__":
    sys.exit(main())
