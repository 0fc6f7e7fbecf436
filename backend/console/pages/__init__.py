"""The pages, one file each: read the form, ask the service, show the answer."""

from console.pages import ask, clean, generate, home, jobs, label, login, tables, train

BLUEPRINTS = (
    home.blueprint,
    login.blueprint,
    tables.blueprint,
    label.blueprint,
    train.blueprint,
    generate.blueprint,
    clean.blueprint,
    ask.blueprint,
    jobs.blueprint,
)
