"""Labeling functions run on whole columns: their syntax tree is walked once a block, with numpy arrays for values.

Nothing that a user sent is executed. Every step either gives, for each row, exactly what plain Python gives (a value,
or that it raises), or says NotColumnarError, and then the function is run in the sandbox instead.

- `vector`: a value for each row: its kind, its numbers or coded strings, and where it is None.
- `operators`: arithmetic and comparisons; `strings`: tests and methods of strings, once for each distinct string;
  `patterns`: regular expressions that cannot take long, the same.
- `texts`: what has no array form (splitting, comprehensions, any and all, f-strings), once for each distinct value;
  `closures`: how such an expression is run, `loops`: what its loops give, `bounds`: what it may take.
- `expressions`: expressions, evaluated for the rows that reach them; `statements`: assignments, if, return; the entry.
"""
