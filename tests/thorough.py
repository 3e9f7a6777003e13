"""How many seeds and examples tests try: few by default, many where SSMTRAIL_THOROUGH is 1."""

from __future__ import annotations

import os
from typing import Final

IS_THOROUGH: Final = os.environ.get("SSMTRAIL_THOROUGH") == "1"


def times(few: int, many: int) -> int:
    """`few`, or `many` in the thorough tests."""
    return many if IS_THOROUGH else few
