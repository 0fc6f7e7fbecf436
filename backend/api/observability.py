"""To be seen from outside: an id for every request, one log line about it, and counts for Prometheus."""

import logging
import re
import time
import uuid
from collections.abc import Iterator

import structlog
from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from jobs import service

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_QUIET = {"/health", "/ready", "/metrics"}  # asked every few seconds by what watches over the service
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1200)

logger = logging.getLogger("api.requests")


class Metrics:
    """What is counted, in a registry of its own; routes are told apart by their rule, never by what was asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "datafoundry_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "datafoundry_request_seconds",
            "Seconds until the answer begins",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.running = Gauge("datafoundry_requests_running", "Requests worked on now", registry=self.registry)
        ProcessCollector(registry=self.registry)
        self.registry.register(_Jobs())


class _Jobs(Collector):
    """The queue, counted when it is asked for."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("datafoundry_jobs", "Jobs that are not over", labels=["state"])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for family in self.describe():
            for state, jobs in service.runner().store.counts().items():
                family.add_metric([state], jobs)
            yield family


def register(app: Flask) -> None:
    """Watch every request of `app`, from before it is checked until its answer is sent."""
    app.extensions["metrics"] = Metrics()
    app.before_request(_begin)
    app.after_request(_answer)
    app.teardown_request(_end)


def metrics() -> Metrics:
    """The current application's counts."""
    found: Metrics = current_app.extensions["metrics"]
    return found


def request_id() -> str:
    """The current request's id: the client's own where it is a plain word, else a new one."""
    if "request_id" not in g:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if _SANE.fullmatch(sent) else uuid.uuid4().hex
    name: str = g.request_id
    return name


def _begin() -> None:
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())
    metrics().running.inc()


def _answer(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    method = request.method if request.method in _METHODS else "other"
    route = request.url_rule.rule if request.url_rule else "none"
    seconds = time.perf_counter() - g.began
    metrics().requests.labels(method, route, response.status_code).inc()
    metrics().seconds.labels(method, route).observe(seconds)
    key = g.get("api_key")
    logger.log(
        logging.DEBUG if route in _QUIET else logging.INFO,
        "%s %s %d in %.3f s",
        method,
        route,
        response.status_code,
        seconds,
        extra={
            "method": method,
            "route": route,
            "status": response.status_code,
            "seconds": round(seconds, 6),
            "client": key.name if key else request.remote_addr,
        },
    )
    return response


def _end(_error: BaseException | None) -> None:
    if "began" in g:
        metrics().running.dec()
    structlog.contextvars.clear_contextvars()
