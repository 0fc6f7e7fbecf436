"""`tabular_cvae`: one-hot tokens in, masked layers, and a standard normal prior that is refined after training."""

from DataFoundry.models.variational import VariationalModel


class TabularCVAE(VariationalModel):
    """The recommended type: every token has its own weights."""
