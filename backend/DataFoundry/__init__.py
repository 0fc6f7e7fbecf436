"""DataFoundry: label raw tables, train generative models on them, draw synthetic rows, find what is wrong.

Four modules are the whole surface: `labeler`, `trainer`, `generator`, `evaluator`. They are imported by name, so that
labeling does not pay for torch.
"""

__version__ = "1.0.0"
