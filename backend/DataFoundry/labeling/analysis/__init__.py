"""What a person who labels wants to see: each function, conflicts, warnings, the report, a trial."""
