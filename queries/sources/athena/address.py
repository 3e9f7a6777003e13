"""The address of a CloudTrail table, and the user's terms of price and freshness."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.model import NO_BUDGETS, Budgets
from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.roles import checked_role

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The catalog that every account has. Source: "Use AWS Glue Data Catalog", Athena User Guide.
GLUE_CATALOG: Final = "AwsDataCatalog"
_PART: Final = r'("(?:[^"]|"")+"|[^".]+)'
_TABLE: Final = re.compile(rf"(?:{_PART}\.)?{_PART}\.{_PART}")
_FORM: Final = "write it like DATABASE.TABLE or CATALOG.DATABASE.TABLE; quote names with dots"
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_OUTPUT: Final = re.compile(r"s3://[a-zA-Z0-9.\-_]{3,63}(/.*)?")


@dataclass(frozen=True, slots=True)
class Address:
    """A table and how to reach it; None leaves a value to AWS's own configuration."""

    database: str
    table: str
    catalog: str = GLUE_CATALOG
    profile: str | None = None
    region: str | None = None
    workgroup: str | None = None
    output: str | None = None
    """`s3://BUCKET/PREFIX/` for results, if the workgroup has none."""
    owner: str | None = None
    """Account id that has to own the bucket of the results; None for any."""
    encryption: str | None = None
    """How results are encrypted: `SSE_S3`, or the id or ARN of a KMS key; None leaves it to the workgroup."""
    role_arn: str | None = None
    """A role that is assumed first."""
    external_id: str | None = None
    """What the role's owner asks for when it is assumed."""

    @property
    def shown_table(self) -> str:
        """The table as the user wrote it; may be hostile."""
        prefix = "" if self.catalog == GLUE_CATALOG else f"{self.catalog}."
        return f"{prefix}{self.database}.{self.table}"


def address_of(
    table: str,
    *,
    catalog: str | None = None,
    profile: str | None = None,
    region: str | None = None,
    workgroup: str | None = None,
    output: str | None = None,
    owner: str | None = None,
    encryption: str | None = None,
    role_arn: str | None = None,
    external_id: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Address:
    """The address for `DB.TABLE` and the options; the environment fills in missing options.

    Raises UsageError.
    """
    env = environment or {}
    found = _TABLE.fullmatch(table.strip())
    if found is None:
        raise UsageError(f"{table!r} is not a table name: {_FORM}.")
    in_name, database, name = (_unquoted(part) if part else None for part in found.groups())
    assert database is not None
    assert name is not None
    output = output or env.get("AWS_ATHENA_S3_STAGING_DIR") or None
    if output is not None and not _OUTPUT.fullmatch(output):
        raise UsageError(f"The output location {output!r} is not valid: write it like s3://BUCKET/PREFIX/.")
    if external_id is not None and role_arn is None:
        raise UsageError("An external id goes with a role: name it with --role-arn.")
    if owner is not None and not _ACCOUNT.fullmatch(owner):
        raise UsageError(f"The bucket owner {owner!r} is not valid: write the twelve digits of an account.")
    return Address(
        database,
        name,
        in_name or catalog or GLUE_CATALOG,
        profile or env.get("AWS_PROFILE") or None,
        region or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or None,
        workgroup or env.get("AWS_ATHENA_WORK_GROUP") or None,
        output if output is None or output.endswith("/") else f"{output}/",
        owner,
        encryption,
        None if role_arn is None else checked_role(role_arn),
        external_id,
    )


def table_text(*parts: str) -> str:
    """Catalog, database and table, or the last two, as `address_of` reads them."""
    return ".".join('"' + part.replace('"', '""') + '"' if set(part) & {".", '"'} else part for part in parts)


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


@dataclass(frozen=True, slots=True)
class AthenaTerms:
    """The user's terms of price and freshness."""

    price: float = plan.PRICE
    """Dollars per terabyte scanned."""
    ask_above: float = 1.0
    """Dollars above which a scan needs approval."""
    reuse_minutes: int = 0
    """Maximum age in minutes of earlier results that may be reused; 0 for none."""
    open_minutes: int = 15
    """Maximum age in minutes of the copy of an open day."""
    recheck_days: int = 0
    """Number of last days to read again once per run although they are stored."""
    max_price: float | None = None
    """Dollars that a run may cost at all; None for no cap."""
    delete_results: bool = False
    """Whether the files of a result are deleted after they were read."""
    budgets: Budgets = NO_BUDGETS
    """Dollars that the caller may spend a day and a month."""
