"""Extraction set 2 at Athena: how long its statement is, which rows it brings, how the store grows.

The trail is a busy one: of its records one in thirty is an AssumeRole that no service made, one in two hundred a
CreateTags, one in a thousand a RunInstances with an answer of 10 kB, one in five hundred a StartSession.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.engine import connect
from ssmtrail.queries.sources.athena.results import as_columns, select_day
from ssmtrail.queries.sources.athena.statements import MOST_BYTES, extraction
from ssmtrail.queries.sources.athena.tables import described
from tests import records
from tests.athena_emulator import Emulator, trail_table
from tests.athena_emulator.results import csv_of
from tests.bench.figures import Figure, Group
from tests.queries.athena.kinds import KINDS
from tests.trails import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.figures import Sizes

_FIGURES: Final = (
    Figure("athena_set2_statement", "bytes", "<=", MOST_BYTES),
    Figure("athena_set2_rows", "per_1000_records"),
    Figure("athena_set1_rows", "per_1000_records"),
    Figure("athena_set2_result", "bytes_a_record"),
    Figure("athena_set2_store", "bytes_a_record"),
    Figure("athena_set1_store", "bytes_a_record"),
)
_DAY: Final = date(2026, 11, 12)
_EC2: Final = "ec2.amazonaws.com"


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    values["athena_set2_statement"] = max(
        len(each.sql.encode()) for kind in KINDS for each in extraction(kind.table, _DAY, _DAY + timedelta(days=6))
    )
    many = sizes.records // 10
    ROOT.mkdir(exist_ok=True)
    with Emulator() as emulator, tempfile.TemporaryDirectory(dir=ROOT) as folder:
        table = emulator.add_table(trail_table())
        emulator.deliver(table, _DAY, list(_trail(many)))
        (statement,) = extraction(described({"TableMetadata": table.metadata()}, "audit"), _DAY, _DAY)
        answer = emulator.engine.run(statement.sql)
        data = csv_of(answer)
        piece = Path(folder) / "result.csv"
        piece.write_bytes(data.partition(b"\n")[2])
        with closing(connect(Path(folder))) as connection:
            part = as_columns(connection, piece)
            for name, condition in (("set2", "true"), ("set1", "eventname IN ('StartSession', 'ResumeSession')")):
                stored = Path(folder) / f"{name}.parquet"
                connection.execute(
                    f"COPY (SELECT * FROM ({select_day([part], _DAY)}) WHERE {condition})"
                    f" TO '{stored}' (FORMAT parquet, COMPRESSION zstd)"
                )
                rows = connection.execute(f"SELECT count(*) FROM '{stored}'").fetchone()
                values[f"athena_{name}_rows"] = 1000 * (rows[0] if rows else 0) / many
                values[f"athena_{name}_store"] = stored.stat().st_size / many
    values["athena_set2_result"] = len(data) / many


def _trail(many: int) -> Iterator[dict[str, Any]]:
    """So many records of one day."""
    for number in range(many):
        time = f"{_DAY}T{number * 24 // many:02d}:{number % 60:02d}:00Z"
        if number % 1000 == 7:
            yield _launch(number, time)
        elif number % 500 == 11:
            yield records.start(time, f"jane-{_hex(number, 17)}", f"i-{_hex(number, 17)}", eventID=_id(number))
        elif number % 200 == 5:
            tags = [{"key": "Name", "value": f"web-{number}"}, {"key": "kubernetes.io/cluster/shop", "value": "owned"}]
            request = {"resourcesSet": {"items": [{"resourceId": f"i-{_hex(number, 17)}"}]}, "tagSet": {"items": tags}}
            yield records.call("CreateTags", time, eventSource=_EC2, requestParameters=request, eventID=_id(number))
        elif number % 30 == 3:
            who = records.assumed_role("ci", f"job-{number}", key=f"ASIA{_hex(number, 16)}")
            yield records.assume_role(time, f"deploy-{number}", f"ASIA{_hex(number + 1, 16)}", who, eventID=_id(number))
        else:
            yield records.call("DescribeInstances", time, eventSource=_EC2, eventID=_id(number))


def _launch(number: int, time: str) -> dict[str, Any]:
    one = {
        "instanceId": f"i-{_hex(number, 17)}", "imageId": "ami-1", "privateIpAddress": "10.0.0.1", "vpcId": "vpc-1",
        "subnetId": "subnet-1", "launchTime": 1794481200000, "tagSet": {"items": [{"key": "Name", "value": "web"}]},
        "networkInterfaceSet": {"items": [{"networkInterfaceId": f"eni-{each:017x}"} for each in range(200)]},
    }  # fmt: skip
    answer = {"reservationId": "r-1", "instancesSet": {"items": [one]}}
    return records.call("RunInstances", time, eventSource=_EC2, responseElements=answer, eventID=_id(number))


def _hex(number: int, length: int) -> str:
    """Digits that do not compress, as those of AWS do not."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:length]


def _id(number: int) -> str:
    return f"{_hex(number, 8)}-aaaa-4bbb-8ccc-{_hex(-number, 12)}"


SET_2: Final = Group(_FIGURES, _measure)
