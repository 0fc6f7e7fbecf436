"""Real database servers and an S3 server for tests, each in a folder of its own, run by a user that is not root."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from processes import free_port, until

PASSWORD = "s3cr3t/w0rd:that@nobody?sees"  # with everything that a URL must escape


def program(*names: str) -> str | None:
    """The first of the programs that is installed, also where Debian keeps PostgreSQL's."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *folders])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def _user(wanted: str) -> str | None:
    """Whom to run a server as: nobody else unless we are root, whom servers refuse."""
    if os.getuid() != 0:
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return wanted if wanted in names else "nobody"


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="datafoundry-"))
    folder.chmod(0o755)
    if user is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextmanager
def postgresql() -> Iterator[int]:
    """The port of a PostgreSQL with the database `shop` of the user `keeper`."""
    user, port = _user("postgres"), free_port()
    with _folder(user) as folder:
        (folder / "password").write_text(PASSWORD)
        made = ["-D", folder / "data", "-U", "keeper", "--pwfile", folder / "password", "-A", "scram-sha-256", "-N"]
        initdb, server = program("initdb"), program("postgres")
        subprocess.run([initdb, *made, "-E", "UTF8"], user=user, check=True, capture_output=True, cwd=folder)
        options = ["-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-c", "fsync=off"]
        process = subprocess.Popen([server, *options], user=user, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            until(lambda: _postgresql_answers(port))
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _postgresql_answers(port: int) -> bool:
    import psycopg

    with suppress(psycopg.OperationalError):
        given = {"host": "127.0.0.1", "port": port, "user": "keeper", "password": PASSWORD}
        with psycopg.connect(dbname="postgres", autocommit=True, **given) as connection:
            connection.execute("CREATE DATABASE shop")
            return True
    return False


@contextmanager
def mariadb() -> Iterator[int]:
    """The port of a MariaDB with the database `shop` of the user `keeper`."""
    import pymysql

    user, port = _user("mysql"), free_port()
    with _folder(user) as folder:
        data = folder / "data"
        common = ["--no-defaults", f"--datadir={data}"]
        install = [program("mariadb-install-db"), *common, "--auth-root-authentication-method=normal"]
        subprocess.run([*install, "--skip-test-db"], user=user, check=True, capture_output=True, cwd=folder)
        options = [f"--port={port}", f"--socket={folder}/s", "--bind-address=127.0.0.1", f"--pid-file={folder}/pid"]
        quick = ["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--innodb-flush-method=nosync"]
        process = subprocess.Popen(
            [program("mariadbd"), *common, *options, *quick], user=user, stderr=subprocess.DEVNULL, cwd=folder
        )
        try:
            until(lambda: _listens(port))
            with pymysql.connect(unix_socket=f"{folder}/s", user="root") as connection, connection.cursor() as cursor:
                cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
                for host in ("localhost", "127.0.0.1"):
                    cursor.execute(f"CREATE USER keeper@'{host}' IDENTIFIED BY '{PASSWORD}'")
                    cursor.execute(f"GRANT ALL ON shop.* TO keeper@'{host}'")
            yield port
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def s3() -> Iterator[int]:
    """The port of an S3 server with the bucket `shop`."""
    import boto3

    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port))
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="keeper",
            aws_secret_access_key=PASSWORD,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="shop")
        yield port
    finally:
        process.terminate()
        process.wait(30)


class Cutter:
    """A way to a server that breaks off once so many bytes have passed from it, or to it."""

    def __init__(self, port: int, from_server: int | None = None, to_server: int | None = None) -> None:
        self._target, self._most = port, (from_server, to_server)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, most in ((server, client, self._most[0]), (client, server, self._most[1])):
                threading.Thread(target=self._pass, args=(source, sink, most), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, most: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while content := source.recv(2**14):
                passed += len(content)
                if most is not None and passed > most:
                    break
                sink.sendall(content)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        self._listener.close()
