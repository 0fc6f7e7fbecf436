"""Rows of a model, chunk by chunk, for conditions that only a finished row can answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from agents.orchestrator.resolve import ModelFiles
from DataFoundry.models.bundle import Bundle, load_bundle
from DataFoundry.models.sampling import CHUNK_ROWS, sample_chunks
from DataFoundry.storage.configs import load_config
from DataFoundry.storage.paths import input_path


@dataclass(frozen=True)
class Drawing:
    """A model that is open for drawing."""

    bundle: Bundle

    @classmethod
    def opened(cls, model: ModelFiles) -> "Drawing":
        config = load_config(input_path(model.config_path, "config_path", (".json",)))
        return cls(
            load_bundle(
                config,
                input_path(model.model_path, "model_path", (".pth",)),
                input_path(model.preprocessor_path, "preprocessor_path", (".joblib",)),
            )
        )

    def example(self) -> pd.DataFrame:
        """One chunk of rows: which columns and values the model makes."""
        return next(self.chunks(None, CHUNK_ROWS, 0))

    def chunks(self, label: Any, rows: int, seed: int) -> Iterator[pd.DataFrame]:
        """`rows` rows of a label, or of all labels as often as the training table had them."""
        labels = self.bundle.labels
        if labels is None:
            shares = np.ones(1)
        elif label is None:
            shares = labels.counts / labels.counts.sum()
        else:
            shares = np.zeros(len(labels.values))
            shares[labels.find(label)] = 1.0
        return sample_chunks(self.bundle, rows, shares, seed)
