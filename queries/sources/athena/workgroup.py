"""What a workgroup allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from queries.sources.athena.errors import AthenaError

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from queries.sources.athena.client import Aws

#: Older engines lack functions that the statements use, and never give a result again. Source: "Athena engine
#: versioning", Athena User Guide.
LEAST_ENGINE: Final = 3


@dataclass(frozen=True, slots=True)
class Workgroup:
    """As far as it may be looked at."""

    limit: int | None = None
    """Bytes after which a query is ended; unknown counts as none, the service tells in time."""
    refusal: str = ""
    """Why no earlier result can be given again, a sentence; empty where it can."""


def read_workgroup(aws: Aws, cancelled: threading.Event) -> Workgroup:
    """Look at the workgroup of an address. Raises AthenaError, Cancelled."""
    name = aws.address.workgroup
    try:
        found = aws.call("athena", "get_work_group", cancelled, WorkGroup=name)["WorkGroup"]
    except AthenaError as error:
        if not error.is_denied:
            raise
        return Workgroup(None, f"No result is reused: the workgroup {name} may not be looked at (athena:GetWorkGroup).")
    said: dict[str, Any] = found.get("Configuration", {})
    return Workgroup(said.get("BytesScannedCutoffPerQuery"), _refusal(said, name or "", aws.address.output))


def engine_of(said: Mapping[str, Any]) -> tuple[str, int | None]:
    """The version of the engine as the workgroup tells it, as a number where it is one."""
    version = str(said.get("EngineVersion", {}).get("EffectiveEngineVersion", ""))
    number = re.search(r"\d+", version)
    return version, int(number[0]) if number else None


def _refusal(said: Mapping[str, Any], name: str, output: str | None) -> str:
    """Source: "Reuse query results", considerations and limitations, Athena User Guide."""
    number = engine_of(said)[1]
    if number is not None and number < LEAST_ENGINE:
        return f"No result is reused: the workgroup {name} has an engine older than version {LEAST_ENGINE}."
    if said.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        return (
            f"No result is reused: Athena keeps those of the workgroup {name} itself, and reuses only what lies in S3."
        )
    if output and not said.get("EnforceWorkGroupConfiguration"):
        return "No result is reused: --results takes the place of the workgroup's own location, which ends reuse."
    return ""
