"""Pipelines that correct themselves, and the orchestrator one talks to. They call the library in process."""
