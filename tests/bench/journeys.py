"""How many keys an auditor's questions take, from the list of sessions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.apps import require_alive, require_screens, root
from tests.bench.figures import Figure, Group
from tests.journeys import JOURNEYS, SIZES, opened, play_all

if TYPE_CHECKING:
    from tests.bench.figures import Sizes


def _measure(_: Sizes, values: dict[str, float]) -> None:
    require_screens()
    with tempfile.TemporaryDirectory(dir=root()) as home, opened(Path(home)) as app:
        for size in SIZES:
            for number, keys in play_all(app, size, Path(home)).items():
                name = f"keys_journey_{number}"
                values[name] = max(values.get(name, 0), keys)
        require_alive(app)


JOURNEY_KEYS: Final = Group(
    [Figure(f"keys_journey_{journey.number}", "keys", "<=", journey.limit) for journey in JOURNEYS],
    _measure,
)
