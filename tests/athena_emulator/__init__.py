"""An emulator of Athena, S3, Glue and STS on the wire, for tests that speak with a real server.

It proves the protocol, not the SQL: statements are translated for DuckDB. It binds to 127.0.0.1 and listens to no
credentials.
"""

from tests.athena_emulator.emulator import Emulator
from tests.athena_emulator.tables import EmulatedTable, trail_table

__all__ = ["EmulatedTable", "Emulator", "trail_table"]
