"""A Python client of the service: each route a method, jobs awaited with their progress, DataFrames in and out.

It needs requests, and pandas only where DataFrames are given or asked for; nothing of the service itself is imported.
"""

from datafoundry_client.answers import Answer
from datafoundry_client.client import Client
from datafoundry_client.connection import JobProgress, ServiceError

__all__ = ["Answer", "Client", "JobProgress", "ServiceError"]
