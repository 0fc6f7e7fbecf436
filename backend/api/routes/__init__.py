"""Views: parse, one library call, reply. One file a group."""

from api.routes import cleaning, dataset, files, generation, health, jobs, labeling, service, training, uploads

BLUEPRINTS = (
    health.blueprint,
    dataset.blueprint,
    labeling.blueprint,
    training.blueprint,
    generation.blueprint,
    cleaning.blueprint,
    files.blueprint,
    uploads.blueprint,
    service.blueprint,
    jobs.blueprint,
)
