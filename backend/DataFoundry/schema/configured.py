"""What a table is, as far as a training's configuration says."""

from dataclasses import replace

from DataFoundry.config import TrainingConfig
from DataFoundry.schema.discovery import discover
from DataFoundry.schema.table_schema import Rule, TableSchema
from DataFoundry.sources.table import Table


def schema_by(table: Table, config: TrainingConfig | None) -> TableSchema:
    """What is found in a table, with what a configuration says of its columns and rules."""
    if config is None or not config.columns:
        return discover(table)
    said = {
        name: {"kind": choice.kind, "format": choice.format, "personal": choice.personal}
        for name, choice in config.columns.items()
        if name in table.columns
    }
    kept = [rule for rule in config.rules if set(rule.columns) <= set(table.columns)]
    return replace(discover(table, said), rules=tuple(Rule.from_dict(rule.model_dump()) for rule in kept))
