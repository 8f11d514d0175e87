"""The command as a person runs it is where the commands' tests are."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "cli"))
