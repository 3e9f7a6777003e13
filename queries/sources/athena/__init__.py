"""Athena, the main road: any CloudTrail table, each folder day scanned once.

The pure half, without boto3:

* `tables.described(metadata, database, catalog, samples)` reads `GetTableMetadata` or Glue's `GetTable` into a `Table`:
  how each raw value is had, how days are written (`Table.days`), whether they are days of delivery
  (`Table.is_delivery`), how far a projection reaches (`Table.reach(today)`), which partition columns need values
  (`Table.needs`, given by `Table.with_values`), the day of a listed partition (`Table.day_of`), what the user has to be
  told (`Table.warnings`).
* `statements.extraction(table, first, last)` gives the statements that fetch a stretch of days: `Extraction.sql`, whose
  answer has the columns `EXTRACTION_COLUMNS` (RAW_COLUMNS, then `partition_day`), all varchar. A day is whole when the
  answers of all statements that name it have arrived. `statements.explained(sql)` is its free `EXPLAIN`.
* `founding.founding(table, name, scope, ...)` gives the console queries `calls`, `pairs`, `usage` for the console
  and for `verify`: `ConsoleQuery.sql`, with `columns`, `keys`, `compared`, `notes`.
* `ddl.create_table(...)` gives a `CREATE EXTERNAL TABLE` with partition projection.

No statement takes parameters; its `%` are for `date_format`, so it is sent as it is.

The running half, the only place that imports boto3 and PyAthena, and only in workers:

* `client.connected(address)` proves credentials and region; `errors.translated` makes sentences of refusals.
* `source.AthenaSource` fulfils `ssmtrail.queries.sources.base.DaySource`: `plan` says which days in which queries,
  `catalog` what the catalog and the bucket tell for nothing, `fetching` runs up to four queries at a time.
* `runs` follows one query: written down before it starts, its token makes it the same query after a crash; `results`
  brings what it answers.
"""
