"""Whose event history is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.roles import checked_role

_ROLE_NAME: Final = re.compile(r"[\w+=,.@-]{1,64}")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")


@dataclass(frozen=True, slots=True)
class HistoryAddress:
    """Whose event history is read."""

    profiles: tuple[str, ...] = ()
    """AWS profiles, an account each; empty is AWS's own choice."""
    regions: tuple[str, ...] = ()
    """Empty is every region that an account has."""
    role_arn: str | None = None
    """A role that is assumed first."""
    organisation_role: str | None = None
    """The name of a role in every account of the organisation."""
    run_command: bool = False
    """Whether SendCommand is read too: there can be very many."""

    def checked(self) -> HistoryAddress:
        """The same address. Raises UsageError where its parts do not go together."""
        for region in self.regions:
            if _REGION.fullmatch(region) is None:
                raise UsageError(f"{region!r} is no region: write it like eu-central-1, or all.")
        if self.organisation_role is not None and _ROLE_NAME.fullmatch(self.organisation_role) is None:
            raise UsageError(f"{self.organisation_role!r} is no name of a role: write it like SecurityAudit.")
        if self.role_arn is not None:
            _ = checked_role(self.role_arn)
        if self.role_arn and self.organisation_role:
            raise UsageError("--role-arn and --organisation-role do not go together.")
        if len(self.profiles) > 1 and (self.role_arn or self.organisation_role):
            raise UsageError("One profile assumes a role: name one with --profile.")
        return self
