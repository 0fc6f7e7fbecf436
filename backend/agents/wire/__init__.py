"""The orchestrator on port 8000, in the shapes of NVIDIA NeMo Agent Toolkit's `nat serve` (1.9.0)."""
