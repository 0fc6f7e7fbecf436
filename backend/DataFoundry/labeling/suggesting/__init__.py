"""Labeling functions out of hand-labeled rows.

`examples` are the rows, `rules` what functions are made of, `words` the words of texts that tell classes apart,
`mining` finds rules and keeps those that add something, `goal` reads which columns and values somebody named,
`suggested` measures what was found on rows that it was not found on.
"""
