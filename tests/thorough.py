"""How much tests try: a few seeds, or some of many alike, by default; all of them where SSMTRAIL_THOROUGH is 1."""

from __future__ import annotations

import os
from typing import Final

IS_THOROUGH: Final = os.environ.get("SSMTRAIL_THOROUGH") == "1"


def times(few: int, many: int) -> int:
    """How many seeds or examples: `few`, or `many` where thoroughness is asked for."""
    return many if IS_THOROUGH else few
