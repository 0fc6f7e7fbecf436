"""From votes to labels: which aggregator is chosen, the label models, calibration, hand labels."""
