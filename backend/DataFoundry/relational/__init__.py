"""Several tables that name one another's rows: their keys and relations, and synthetic ones that keep them."""
