"""The LangGraph orchestrator: plan, verify, ask or refuse or execute, report."""
