"""How the program runs: its socket, server, logs and keys. Knows nothing of routes, and imports nothing heavy."""
