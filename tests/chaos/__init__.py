"""Everything goes wrong at once, by dice, on one machine: `python -m tests.chaos`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))  # as pytest does it
