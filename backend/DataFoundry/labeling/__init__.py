"""Weak supervision: labeling functions in, probabilistic labels out.

The way of the data is table -> columns that the functions read -> votes -> summary -> aggregator -> labels:

- `functions.read_functions(items) -> list[LabelingFunction]`: parse `{"name", "code"}` items, refuse what cannot run.
- `apply.votes(functions, table) -> Votes`: the (n, m) int8 matrix of a whole table, with each function's first fault.
  `apply.Applier(functions, columns)` does it block by block in a `with` block: `.votes(frame)`, `.faults`, `.nones`,
  `.explain()`. A vote is a class number, or -1 to abstain.
- `ways.Runner` runs one function: `columnar` on whole columns where that is exact, else in the `sandbox`, once for each
  distinct combination of the values it reads.
- `summary.VoteSummary.of(patterns_of(votes), cardinality)`: counts that add up (`a + b`), all that label models need.
- `vote_model.fit(summary, known) -> VoteModel`: the default aggregator, a `latent_class` model of the votes whose
  `dependence` and `misfit` decide what it looks like and how far it is believed.
- `choice.choose(wish, summary) -> Choice`: a fitted aggregator and why. An aggregator has a `name`, `features` (columns
  it looks at besides the votes) and `predict_proba(votes, frame) -> (n, k)`, never NaN;
  `aggregators.hard_labels(probabilities, votes)` makes labels of that.
- `hand_labels.read_hand_labels(table, functions, columns)`, `supervised.fit(hand, summary, columns, seed)`: what hand
  labels teach; its `held_out` are probabilities of rows that the fit did not see.
- `run.summarise` and `run.write_labels` are the two passes over a table, in constant memory.
- `analysis`, `advice` and `report` are what a person wants to see.

Only `sandbox` runs code that came in a request.
"""
