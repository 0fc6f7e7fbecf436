"""Reading a request without a language model: scan -> phrases -> clauses -> steps."""
