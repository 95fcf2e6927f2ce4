"""How fast a usage log is loaded and analysed, beside what DuckDB itself takes."""
