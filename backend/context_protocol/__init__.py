"""The Model Context Protocol: the service's tools, files and recipes for agents, over HTTP and over stdio."""
