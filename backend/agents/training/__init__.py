"""Parts of the training pipeline: what to predict, what to propose, one attempt, its diagnosis, the journal."""
