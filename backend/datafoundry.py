"""What `pip install` gives besides the service: `from datafoundry import Client`, and the command `datafoundry`."""

from datafoundry_client import Answer, Client, JobProgress, ServiceError

__all__ = ["Answer", "Client", "JobProgress", "ServiceError"]
