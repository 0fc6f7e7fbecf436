"""Heavy work in processes of its own: what can be asked for, who runs it, what is known of it.

operations  a name for each piece of work, the function behind it, and the sentence that tells its result
work        runs one operation here and turns what comes of it into JSON; all that a worker process does
host        a small process that has everything imported and forks a worker for each job
launch      starts workers and listens to them: of a host, of `spawn` where there is no fork
remote      the same for Celery workers, with `DATAFOUNDRY_BROKER_URL`
store       every job in SQLite
finished    results that a worker wrote down before anybody heard of them
runner      the queue: submit, wait, cancel, close
lane        the threads that take jobs from the queue one by one
remembered  answers about files that have not changed since
service     the one runner of a server process
"""
