"""Parts of the labeling pipeline: examples -> mined functions -> combiner -> cross-fitted measure -> diagnosis."""
