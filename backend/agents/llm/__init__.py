"""Any OpenAI-compatible language model, by HTTP."""
