"""`mixed_data_cvae`: as `tabular_cvae`, with categories as learnt embeddings; for columns of many categories."""

from DataFoundry.models.layers import EmbeddedTokenWeights
from DataFoundry.models.variational import VariationalModel


class MixedDataCVAE(VariationalModel):
    """Categories are embedded on the way in and on the way out."""

    token_weights = EmbeddedTokenWeights
