"""How much must be seen before something counts as a rule."""

MOST_EXCEPTIONS = 0.01  # of the rows that could break it: beyond, it is no rule
MOST_DIRTY = 0.06  # the same where chance alone would break many times as many: a table with errors still has rules
FEWEST_ROWS = 20  # that could have broken it
FEWEST_BROKEN_BY_CHANCE = 10  # rows that would break it if the columns had nothing to do with each other
