"""Files that requests wrote or may read."""

import os
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from apiflask.schemas import FileSchema
from flask import Response, send_file

from api.reply import succeeded
from api.responses import FilesListed
from api.schemas import DownloadFile
from api.security.headers import REPORT
from DataFoundry.storage import catalog

blueprint = APIBlueprint("files", __name__, url_prefix="/api/files", tag="Files")


@blueprint.get("/list")
@blueprint.output(FilesListed)
def list_files() -> dict[str, Any]:
    """List the data files under the output and testing folders, newest first."""
    files = catalog.list_files()
    return succeeded(f"{len(files)} files.", {"files": files})


@blueprint.get("/download")
@blueprint.input(DownloadFile, location="query", arg_name="asked")
@blueprint.output(FileSchema(), content_type="application/octet-stream", description="The file as an attachment.")
def download(asked: DownloadFile) -> Response:
    """Download one data file; Range and If-None-Match are honoured."""
    handle, name = catalog.open_file(asked.path)
    status = os.fstat(handle.fileno())
    descriptor = f"/dev/fd/{handle.fileno()}"
    response = send_file(
        # By its descriptor the server sends the very file that was checked, and knows its size.
        descriptor if Path(descriptor).exists() else handle,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=name,
        etag=f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}",
        last_modified=status.st_mtime,
    )
    response.headers["Content-Security-Policy"] = REPORT  # should a browser open it after all
    response.call_on_close(handle.close)
    return response
