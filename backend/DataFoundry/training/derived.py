"""What of a training table follows from the rest, by the columns and rules of its configuration."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.config import ColumnChoice, RuleChoice, TrainingConfig, build_params
from DataFoundry.derivation.plan import Derivation, is_likely, plan
from DataFoundry.derivation.step import Planned
from DataFoundry.errors import ColumnError, ConfigError
from DataFoundry.making.columns import Made
from DataFoundry.making.kinds import MAKERS
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.rules import RULES, complaint
from DataFoundry.schema.table_schema import Column, Rule, TableSchema
from DataFoundry.schema.view import TableView
from DataFoundry.wording import number_of

_MOST_BREAK = 0.05  # of the rows: a rule that more break is not one of this table


def derivation_of(
    frame: pd.DataFrame, features: list[str], config: TrainingConfig, clock: str | None = None
) -> tuple[Derivation, list[str]]:
    """The plan by which the rules of the configuration are kept, and a sentence for each that the table breaks.

    `clock` is as for `derivation.plan.plan`.

    Raises
    ------
    ColumnError
        If a rule names a column that the table does not have.
    ConfigError
        If a kind of column or of rule is not known.
    """
    kinds = _columns(frame, config)
    rules = [rule_of(choice, frame) for choice in config.rules]
    drawn = {*features, *([config.label] if config.label else [])}
    out = drawn.union(config.model_params.feature_cols.made_cols)
    fixed = [name for name in config.model_params.condition_cols if name in frame.columns]
    table = Planned(
        frame,
        {name: (column.kind, column.format) for name, column in kinds.items()},
        drawn,
        fixed,
        TokenOptions.for_table(len(drawn), len(frame), config.training_params.rare_value_threshold).rare_threshold,
    )
    told = [rule for rule in rules if out.issuperset(rule.columns) and kinds.keys() >= set(rule.columns)]
    columns = [name for name in frame.columns if name in out and name != config.label]
    return plan(table, told, kinds, columns, clock)


def rows_that_keep(frame: pd.DataFrame, config: TrainingConfig) -> tuple[pd.DataFrame, list[str]]:
    """The rows that keep each rule that somebody gave, index 0..n-1, and a sentence for each that some break.

    A rule that more than a twentieth of the rows break takes none away; `derivation_of` tells of it.
    """
    kinds = _columns(frame, config)
    view, keep, told = TableView(frame, kinds), np.ones(len(frame), dtype=bool), []
    for rule in (rule_of(choice, frame) for choice in config.rules if not choice.support):
        if not kinds.keys() >= set(rule.columns):
            continue
        wrong = RULES[rule.kind].breaks(view, rule)
        if 0 < wrong.sum() <= _MOST_BREAK * len(frame):
            keep &= ~wrong
            many = f"{number_of(int(wrong.sum()), 'row')} of the table {'breaks' if wrong.sum() == 1 else 'break'}"
            told.append(
                f"{many} the rule {rule.sentence!r} and {'was' if wrong.sum() == 1 else 'were'} not learnt from."
            )
    return (frame if keep.all() else frame[keep].reset_index(drop=True)), told


def doubted(rules: Iterable[Rule]) -> list[str]:
    """A warning for each rule that some rows of the table break, so that synthetic rows may, too."""
    return [
        f"{rule.doubt}, so it is no promise and synthetic rows may break it, too"
        f"{', though they are worked out by it where they can be' if is_likely(rule) else ''}: repair the table first "
        "(check-table, apply-fixes), or give it in rules of create-config without support and exceptions; then rows "
        "that break it are not learnt from."
        for rule in rules
        if rule.exceptions and rule.kind != "unique"  # what repeats is drawn as it is
    ]


def made_of(frame: pd.DataFrame, derivation: Derivation, config: TrainingConfig) -> Made:
    """What is learnt of the columns that are made anew.

    Raises
    ------
    ConfigError
        If the configuration does not say what such a column is, or says that it is one that a network models.
    """
    names = config.model_params.feature_cols.made_cols
    refuse_modelled(names, config.kinds)
    known = [name for name in derivation.columns if name not in names] + ([config.label] if config.label else [])
    return Made.learn(frame, derivation.kinds or {}, names, known, config.label, derivation.rules)


def refuse_modelled(made: Collection[str], kinds: Mapping[str, str]) -> None:
    """Raise ConfigError for a column that is to be made anew, of a kind that is modelled or of none that is said."""
    for name in made:
        if kinds.get(name) not in MAKERS:
            is_ = repr(kinds[name]) if name in kinds else "not described in columns"
            raise ConfigError(
                f"made_cols names {name!r}, which is {is_}; the kinds that are made anew are {', '.join(MAKERS)}.",
                key="model_params.feature_cols.made_cols",
                column=name,
            )


def _columns(frame: pd.DataFrame, config: TrainingConfig) -> dict[str, Column]:
    """What the configuration says of each column of the table."""
    return {name: _column(name, choice) for name, choice in config.columns.items() if name in frame.columns}


def _column(name: str, choice: ColumnChoice) -> Column:
    if choice.kind not in KINDS:
        raise ConfigError(
            f"config.json says that {name!r} is a {choice.kind!r:.60}; the kinds are {', '.join(KINDS)}.",
            key=f"columns.{name}.kind",
        )
    return Column(name, choice.kind, choice.personal, dict(choice.format))


def rule_of(choice: RuleChoice, frame: pd.DataFrame) -> Rule:
    """The rule that a configuration names, for a table that has its columns.

    Raises
    ------
    ConfigError, ColumnError
        If there is no such rule, or no such column.
    """
    wrong = complaint(choice.kind, choice.columns, choice.details)
    if wrong is not None:
        raise ConfigError(f"config.json, rules: {wrong}.", key="rules")
    gone = [name for name in choice.columns if name not in frame.columns]
    if gone:
        raise ColumnError(f"A rule of config.json names {gone[0]!r}, which the table does not have.", missing=gone)
    sentence = choice.sentence or f"{choice.kind} of {', '.join(choice.columns)}"
    return Rule.from_dict(choice.model_dump() | {"sentence": sentence})


def chosen_rules(given: Sequence[Mapping[str, Any]] | str | None, schema: TableSchema) -> tuple[RuleChoice, ...]:
    """The rules found, or those given in their place, checked."""
    if given is None:
        return tuple(RuleChoice(**rule.as_dict() | {"columns": rule.columns}) for rule in schema.rules)
    if isinstance(given, str):
        if given != "none":
            raise ConfigError(f'rules: {given!r:.60} is neither a list of rules nor "none".', key="rules")
        return ()
    chosen = [build_params(RuleChoice, rule, "rules") for rule in given]
    for rule in chosen:
        wrong = complaint(rule.kind, rule.columns, rule.details)
        if wrong is not None:
            raise ConfigError(f"rules: {wrong}.", key="rules")
        unknown = [name for name in rule.columns if name not in schema.columns]
        if unknown:
            raise ColumnError(f"rules: the table has no column {unknown[0]!r}.", missing=unknown)
    return tuple(chosen)
