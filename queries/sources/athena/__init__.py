"""Athena: any CloudTrail table, with each folder day scanned once.

Without boto3: `tables` and `columns` read a table's description, `statements` makes the SQL that fetches days,
`console_queries` the SQL for the console and for `verify`, `ddl` a `CREATE EXTERNAL TABLE` with partition projection.
Statements take no parameters: `literals` writes every value.

With boto3 and PyAthena, only in workers: `client` connects, `catalog` reads free facts, `source` implements
`ssmtrail.queries.sources.base.DaySource`, `fetch` runs queries, `answers` reads small results, `results` large ones.
"""
