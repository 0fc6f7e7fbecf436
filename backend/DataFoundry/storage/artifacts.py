"""`model.pth` and `preprocessor.joblib`: plain data that opens with plain `torch.load` and `joblib.load`.

What is written is dictionaries of builtins with dense tensors or numeric arrays, and nothing else. What is read may
have been made by anyone: no code runs, nothing is unpacked, and no tensor or array may claim more elements than the
file holds. A model's pickle may name what a saved tensor needs and nothing else, since what torch itself lets pass can
still take memory without end (`bytearray(10**11)`). References: PyTorch's notes on `weights_only`, CVE-2025-32434 and
CVE-2026-24747 (fixed in 2.10) for torch; joblib 1.6 for a `NumpyUnpickler` whose `find_class` can be restricted.
"""

import io
import math
import os
import pickle
import pickletools
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import joblib
import numpy as np
import torch
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from DataFoundry.errors import ArtifactError, TooLargeError, UntrustedArtifactError, first_line
from DataFoundry.settings import limits
from DataFoundry.storage.files import whole_file, write_bytes
from DataFoundry.storage.paths import open_for_reading

_PLAIN = (str, int, float, bool, type(None))
_DEEPEST = 40
# What the pickle of tensors and plain data names, and the operations that only other pickles have.
_OF_A_TENSOR = re.compile(r"collections OrderedDict|torch\._utils _rebuild_tensor_v2|torch \w+Storage")
_CALLING = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID", "BYTEARRAY8"}
_RETRAIN = "train the model again with /api/training/train-model"


def save_model(path: Path, payload: Mapping[str, Any]) -> None:
    """Replace `path` by `payload`: builtins and dense tensors, each tensor with a storage of its own."""
    own = _map_leaves(payload, lambda leaf: leaf.detach().cpu().clone().contiguous() if torch.is_tensor(leaf) else leaf)
    _refuse_foreign(own, torch.Tensor, "model.pth")
    content = io.BytesIO()
    torch.save(own, content)
    write_bytes(path, content.getvalue())


def load_model(path: Path) -> dict[str, Any]:
    """What `save_model` wrote, on the CPU.

    Raises
    ------
    ArtifactError
        If it is damaged.
    UntrustedArtifactError
        If it holds anything but plain data, or tensors larger than their bytes.
    TooLargeError
    """
    with open_for_reading(path) as handle:
        _refuse_packed(handle, path, _refuse_size(handle, path))
        try:
            payload = torch.load(handle, map_location="cpu", weights_only=True)
        except Exception as error:  # the weights-only unpickler raises many kinds; all of them mean: not ours
            raise UntrustedArtifactError(
                f"{path.name} is not a model of DataFoundry ({first_line(error, 120)}); {_RETRAIN}."
            ) from None
    return _checked(payload, torch.Tensor, path)


def save_preprocessor(path: Path, state: Mapping[str, Any]) -> None:
    """Replace `path` by `state`: builtins and numeric arrays, uncompressed."""
    own = _map_leaves(state, lambda leaf: np.ascontiguousarray(leaf) if isinstance(leaf, np.ndarray) else leaf)
    _refuse_foreign(own, np.ndarray, "preprocessor.joblib")
    with whole_file(path) as handle:
        joblib.dump(own, handle, compress=0)


def load_preprocessor(path: Path) -> dict[str, Any]:
    """What `save_preprocessor` wrote.

    Raises
    ------
    ArtifactError, UntrustedArtifactError, TooLargeError
    """
    with open_for_reading(path) as handle:
        size = _refuse_size(handle, path)
        try:
            state = _PlainUnpickler(handle, size).load()
        except UntrustedArtifactError as error:
            raise UntrustedArtifactError(f"{path.name} was refused. {error.message}") from None
        except Exception as error:
            raise ArtifactError(f"{path.name} is damaged ({first_line(error, 120)}); {_RETRAIN}.") from None
    return _checked(state, np.ndarray, path)


class _PlainDtype:
    """Stands for `numpy.dtype` while a file is read: numbers and booleans only, whatever state is put into it."""

    def __init__(self, code: str, *_: object) -> None:
        if not (isinstance(code, str) and re.fullmatch(r"[biuf][1248]", code)):
            raise UntrustedArtifactError(f"It holds an array that is not of numbers; {_RETRAIN}.")
        self.code = code
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        self.order = ">" if state[1] == ">" else "<"

    def resolve(self) -> "np.dtype[Any]":
        return np.dtype(self.order + self.code)


class _PlainArray(NumpyArrayWrapper):
    """joblib's array header, refused when it claims more bytes than the file has."""

    dtype: Any

    def read(self, unpickler: "_PlainUnpickler", ensure_native_byte_order: bool) -> np.ndarray:
        shape = self.shape
        self.dtype = self.dtype.resolve()
        plain = isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape)
        if not plain or math.prod(shape) * self.dtype.itemsize > unpickler.size:
            raise UntrustedArtifactError(f"It holds an array larger than the file; {_RETRAIN}.")
        return self.read_array(unpickler, ensure_native_byte_order)


# What a pickle may name. Nothing in it can be called to any effect; `ndarray` is only ever compared with.
_ALLOWED: dict[tuple[str, str], object] = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _PlainArray,
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): _PlainDtype,
}


class _PlainUnpickler(NumpyUnpickler):
    """joblib's unpickler that can make dictionaries, lists, numbers, strings and numeric arrays, and nothing else."""

    dispatch = dict(NumpyUnpickler.dispatch)

    def __init__(self, handle: BinaryIO, size: int) -> None:
        super().__init__("", handle, ensure_native_byte_order=True)
        self.size = size

    def load_bytearray8(self) -> None:
        """Python takes the memory that a length promises before it looks whether so many bytes are there."""
        raise UntrustedArtifactError(f"It holds a bytearray, which no file of DataFoundry does; {_RETRAIN}.")

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def find_class(self, module: str, name: str) -> object:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise UntrustedArtifactError(
                f"It asks for {module}.{name}, which no file of DataFoundry does; {_RETRAIN}."
            ) from None


def _checked(value: object, array: type, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ArtifactError(f"{path.name} does not hold what DataFoundry writes; {_RETRAIN}.")
    _refuse_foreign(value, array, path.name)
    return value


def _refuse_foreign(value: object, array: type, name: str) -> None:
    """Refuse everything but nested builtins and honest, finite arrays of one kind.

    A container that is referred to twice is looked at once, so that a small file cannot unfold into endless work.
    """
    seen: set[int] = set()
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, (dict, list, tuple)):
            if depth > _DEEPEST:
                raise UntrustedArtifactError(f"{name} is nested too deeply; {_RETRAIN}.")
            if id(each) not in seen:
                seen.add(id(each))
                inner = [*each, *each.values()] if isinstance(each, dict) else each
                waiting += [(one, depth + 1) for one in inner]
        elif isinstance(each, array):
            _refuse_array(each, name)
        elif type(each) not in _PLAIN:
            raise UntrustedArtifactError(f"{name} holds a {type(each).__name__}, which is not plain data; {_RETRAIN}.")


def _refuse_array(value: Any, name: str) -> None:
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise UntrustedArtifactError(f"{name} holds an array that is not of numbers; {_RETRAIN}.")
        return
    dense = type(value) is torch.Tensor and value.layout == torch.strided and not value.is_quantized
    if not dense or value.is_meta or value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise UntrustedArtifactError(f"{name} holds a tensor larger than its bytes; {_RETRAIN}.")
    if value.is_floating_point() and not bool(torch.isfinite(value).all()):
        raise ArtifactError(f"{name} holds weights that are not finite; {_RETRAIN}.")


def _refuse_size(handle: BinaryIO, path: Path) -> int:
    size = os.fstat(handle.fileno()).st_size
    if size > limits().max_artifact_bytes:
        raise TooLargeError(f"{path.name} has {size} bytes, more than the limit of {limits().max_artifact_bytes}.")
    return size


def _refuse_packed(handle: BinaryIO, path: Path, size: int) -> None:
    """torch.save stores its zip members uncompressed; a deflated one could unpack to any size."""
    try:
        with zipfile.ZipFile(handle) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            honest = stored and len(names) == len(members) and sum(member.file_size for member in members) <= size
            pickles = [archive.read(name) for name in names if name.endswith(".pkl")] if honest else []
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ArtifactError(f"{path.name} is not a model file ({first_line(error, 120)}); {_RETRAIN}.") from None
    if not honest:
        raise UntrustedArtifactError(f"{path.name} is packed in a way that DataFoundry never writes; {_RETRAIN}.")
    for content in pickles:
        _refuse_names(content, path)
    handle.seek(0)


def _refuse_names(content: bytes, path: Path) -> None:
    """Look a pickle through without running it."""
    try:
        for operation, argument, _ in pickletools.genops(content):
            asked = str(argument) if operation.name == "GLOBAL" else operation.name
            if operation.name in _CALLING or operation.name == "GLOBAL" and not _OF_A_TENSOR.fullmatch(asked):
                raise UntrustedArtifactError(
                    f"{path.name} asks for {asked[:100]}, which no file of DataFoundry does; {_RETRAIN}."
                )
    except (ValueError, IndexError, UnicodeError) as error:
        raise ArtifactError(f"{path.name} is damaged ({first_line(error, 120)}); {_RETRAIN}.") from None


def _map_leaves(value: Any, change: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _map_leaves(inner, change) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_map_leaves(inner, change) for inner in value)
    return change(value)
