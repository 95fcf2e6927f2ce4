"""Queries that nobody honest writes: what is refused by its form, and what only a limit stops."""

SECRET = "/etc/passwd"

# What is refused before anything is looked up, by what it wants.
REFUSED = {
    "a file": f"""
        SELECT * FROM '{SECRET}'
        SELECT * FROM "{SECRET}"
        FROM '{SECRET}'
        TABLE "{SECRET}"
        SELECT * FROM 'log.csv'
        SELECT * FROM log, '*.parquet'
        SELECT * FROM read_csv('{SECRET}')
        SELECT * FROM READ_CSV_AUTO('{SECRET}')
        SELECT * FROM "read_text"('{SECRET}')
        SELECT * FROM read_blob('{SECRET}')
        SELECT * FROM read_json('{SECRET}')
        SELECT * FROM read_ndjson_objects('{SECRET}')
        SELECT * FROM read_parquet('/**/*.parquet')
        SELECT * FROM parquet_scan('part-0.parquet')
        SELECT * FROM parquet_metadata('part-0.parquet')
        SELECT * FROM parquet_kv_metadata('part-0.parquet')
        SELECT * FROM sniff_csv('{SECRET}')
        SELECT * FROM glob('/*')
        SELECT * FROM read_duckdb('other.db')
        SELECT * FROM main.read_csv('{SECRET}')
        SELECT * FROM log WHERE model IN (SELECT content FROM read_text('{SECRET}'))
        WITH x AS (SELECT * FROM read_text('{SECRET}')) SELECT * FROM x
        SELECT (SELECT max(size) FROM glob('/etc/*'))
        SELECT list_transform([1], lambda x: (SELECT count(*) FROM glob('/*')))
        SELECT [getenv(x) FOR x IN ['HOME']]
        SELECT 1 ORDER BY (SELECT count(*) FROM glob('/*'))
        SELECT 1 LIMIT (SELECT count(*) FROM glob('/*'))
        SELECT count(*) FILTER (getenv('HOME') IS NULL) FROM log
        SELECT sum(1) OVER (ORDER BY getenv('HOME')) FROM log
        FROM log PIVOT (max(getenv('HOME')) FOR model IN ('a'))
        SELECT CASE WHEN true THEN read_text('{SECRET}') END
    """,
    "a setting": """
        SELECT getenv('HOME')
        SELECT 'HOME'.getenv()
        SELECT current_setting('memory_limit')
        SELECT CURRENT_SETTING('temp_directory')
        SELECT main.current_setting('memory_limit')
        SELECT getvariable('x')
        SELECT current_schema
        SELECT current_user
        SELECT "USER" FROM log
        SELECT current_database()
        SELECT version()
        SELECT * FROM duckdb_settings()
        SELECT * FROM duckdb_settings
        SELECT * FROM duckdb_secrets()
        SELECT * FROM which_secret('s3://x', 's3')
        SELECT * FROM duckdb_tables
        SELECT * FROM duckdb_views()
        SELECT * FROM pragma_version()
        SELECT * FROM pragma_table_info('log')
        SELECT * FROM information_schema.tables
        SELECT * FROM pg_catalog.pg_class
        SELECT * FROM pg_class
        SELECT * FROM sqlite_master
        SELECT * FROM memory.main.log
        SELECT pg_catalog.version()
        SHOW TABLES
        DESCRIBE log
        SUMMARIZE log
        FROM (DESCRIBE log)
        SELECT * FROM test_all_types()
    """,
    "another query": """
        SELECT * FROM query('SELECT 1')
        SELECT * FROM query_table('log')
        SELECT * FROM json_execute_serialized_sql('{}')
        SELECT json_serialize_sql('SELECT 1')
        SELECT 1; SELECT 2
        SELECT 1; DROP VIEW log
        SELECT 1 /* ; */; COPY log TO 'x' -- and so on
        SELECT * FROM log WHERE model = $1
        SELECT ?
        EXECUTE anything
        PREPARE p AS SELECT 1
        EXPLAIN SELECT 1
        EXPLAIN ANALYZE SELECT * FROM log
        WITH duckdb_settings AS (FROM duckdb_settings) FROM duckdb_settings
        SELECT * FROM (WITH hidden AS (SELECT 1) FROM hidden), hidden
        WITH a AS (FROM b), b AS (SELECT 1) FROM a
        WITH hidden AS (FROM hidden) FROM hidden
        SELECT nextval('s')
        PIVOT log ON model USING sum(requests)
        WITH p AS (PIVOT log ON model USING count(*)) FROM p
        SELECT * FROM log AT (VERSION => 1)
        WITH w AS (SELECT 1) FROM w AT (VERSION => 1)
        SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
        SELECT list_reduce(['HOME', 'PATH'], lambda a, b: getenv(a))
        SELECT COLUMNS(lambda c: getenv(c) IS NULL) FROM log
        SELECT * REPLACE (getenv('HOME') AS model) FROM log
        SELECT * FROM log USING SAMPLE getenv('HOME')
        SELECT sum(1) OVER (ROWS getenv('x')::INT PRECEDING) FROM log
        SELECT * FROM log POSITIONAL JOIN read_csv('/etc/passwd')
        SELECT * FROM log, LATERAL (SELECT * FROM glob(log.model))
        SELECT * FROM duckdb_logs
        SELECT * FROM U&"lo\\0067"
    """,
    "to change something": """
        COPY log TO 'out.csv'
        COPY (SELECT * FROM log) TO '/tmp/out.parquet' (FORMAT parquet)
        COPY log FROM '/etc/passwd'
        EXPORT DATABASE '/tmp/out'
        IMPORT DATABASE '/tmp/out'
        ATTACH 'other.db' AS other
        ATTACH ':memory:' AS other
        DETACH memory
        USE memory
        INSTALL httpfs
        LOAD httpfs
        LOAD '/tmp/evil.duckdb_extension'
        SET memory_limit = '100GB'
        SET GLOBAL enable_external_access = true
        RESET memory_limit
        PRAGMA enable_profiling
        PRAGMA database_list
        CALL pragma_version()
        CALL enable_logging()
        SELECT * FROM enable_logging()
        CREATE TABLE t AS SELECT 1
        CREATE MACRO f(x) AS x
        CREATE SECRET s (TYPE s3)
        CREATE OR REPLACE VIEW log AS SELECT 1
        INSERT INTO log VALUES (1)
        UPDATE log SET model = 'x'
        DELETE FROM log
        WITH gone AS (DELETE FROM log RETURNING *) FROM gone
        DROP VIEW log
        ALTER VIEW log RENAME TO gone
        BEGIN TRANSACTION
        CHECKPOINT
        VACUUM
        SET VARIABLE x = 1
        SELECT write_log('x')
        SELECT setseed(0.5)
        SELECT sleep_ms(60000)
        SELECT pg_sleep(60)
    """,
}

KELVIN = "\u212a"  # a K to who folds its case
TRICKS = [
    f"WITH duc{KELVIN}db_settings AS (SELECT 1) SELECT * FROM duckdb_settings",
    "SELECT * FROM \uff52ead_csv('/etc/passwd')",  # a full-width letter
    "SELECT * FROM\u00a0read_csv('/etc/passwd')",
    "SELECT * FROM read_csv/**/('/etc/passwd')",
    "SELECT * FROM read_csv -- \n ('/etc/passwd')",
    "SEL\u200bECT 1",
    "SELECT 1 FROM log\x00; COPY log TO 'x'",
    "SELECT '\ud800'",
    "",
    ";",
    "-- nothing",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + "NOT " * 4000 + "true",
    "SELECT 1" + " + 1" * 4900,
    "SELECT '" + "x" * 30_000 + "'",
    *["SELECT " + "[" * depth + "1" + "]" * depth for depth in (600, 8000)],
]

STATEMENTS = [
    *((want, line.strip()) for want, lines in REFUSED.items() for line in lines.split("\n")),
    *(("a trick", text) for text in TRICKS),
]
STATEMENTS = [(want, text) for want, text in STATEMENTS if text or want == "a trick"]

# What is well formed, and must be stopped by a limit: of memory, of time, of the answer's size.
BOMBS = {
    "memory": """
        SELECT repeat('x', 2000000000)
        SELECT repeat(repeat('x', 100000), 100000)
        SELECT rpad('x', 2000000000, 'y')
        SELECT range(2000000000)
        SELECT list(range) FROM range(100000000)
        SELECT string_agg(repeat('x', 10000), '') FROM range(1000000)
        SELECT array_agg(repeat('x', 1000)) FROM range(100000000)
        SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(1000000000)
        SELECT list_transform(range(100000000), lambda x: repeat('y', 1000))
    """,
    "time": """
        WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
        SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7
        SELECT sum(hash(range)) FROM range(100000000000)
    """,
}
LARGE = [
    "SELECT range, repeat('x', 1000) FROM range(10000000)",
    "SELECT repeat('x', 50000000)",
    "SELECT range(1000000)",
    "FROM range(1000000000)",
]
