"""Fill in missing cells: what follows from a rule by the rule, the rest by what rows like this one have there.

`by_rules` computes what rules determine, `columns` learns one column from the others, `table` fills a table with both.
"""
