"""DataFoundry: label raw tables, train generative models on them, draw synthetic rows, find what is wrong.

Four modules are the whole surface: `labeler`, `trainer`, `generator`, `evaluator`. They are imported by name, so that
labeling does not pay for torch.
"""

import os

# torch's threads wait for each other by spinning, by default so long that two trainings on the same cores take thirty
# times as long as one. So short a spin costs one alone 6 %. It counts only if set before torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

__version__ = "1.0.0"
