"""Values of columns that no network models, made anew: keys, names, contacts, numbers with check digits, free text.

A value is a function of an entity's number and a salt alone. So a customer who has several rows stays one customer, a
table of any length can be made block by block, and the same seed gives the same table.

Nothing of the training table is kept but what several of its rows share: forms, frequent beginnings, frequencies; and a
filter that says which values were there, to avoid them, and is wrong so often that it tells of nobody who was.
"""
