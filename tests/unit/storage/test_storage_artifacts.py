"""Model and preprocessor files: plain data out, and nothing hostile in."""

import os
import pickle
import resource
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch

from DataFoundry.errors import ArtifactError, UntrustedArtifactError
from DataFoundry.storage.artifacts import load_model, load_preprocessor, save_model, save_preprocessor

PAYLOAD = {"weights": torch.arange(6.0).reshape(2, 3), "config": {"layers": [1, 2], "name": "x", "none": None}}
STATE = {"edges": np.arange(3.0), "grid": np.ones((2, 3), "f4", order="F"), "words": ["a", None, 1.5, (True, 2)]}


class Evil:
    """Touches a file when it is unpickled without care."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.canary),)


def test_a_model_comes_back_and_opens_with_plain_torch(root: Path) -> None:
    save_model(root / "model.pth", PAYLOAD)
    for loaded in (load_model(root / "model.pth"), torch.load(root / "model.pth", weights_only=True)):
        assert torch.equal(loaded["weights"], PAYLOAD["weights"])
        assert loaded["config"] == PAYLOAD["config"]


def test_a_view_is_saved_without_the_rest_of_its_storage(root: Path) -> None:
    save_model(root / "model.pth", {"view": torch.zeros(1_000_000)[:3]})
    assert (root / "model.pth").stat().st_size < 5_000


def test_a_preprocessor_comes_back_and_opens_with_plain_joblib(root: Path) -> None:
    save_preprocessor(root / "p.joblib", STATE)
    for loaded in (load_preprocessor(root / "p.joblib"), joblib.load(root / "p.joblib")):
        np.testing.assert_array_equal(loaded["edges"], STATE["edges"])
        np.testing.assert_array_equal(loaded["grid"], STATE["grid"])
        assert loaded["words"] == STATE["words"]


@pytest.mark.parametrize("value", [np.array(["a"], dtype=object), {1, 2}, object()])
def test_only_plain_data_is_written(root: Path, value: object) -> None:
    with pytest.raises(UntrustedArtifactError):
        save_preprocessor(root / "p.joblib", {"value": value})
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("form", ["plain", "compressed", "in an array"])
def test_a_hostile_preprocessor_runs_nothing(root: Path, form: str) -> None:
    evil: object = Evil(root / "canary")
    value = np.array([evil, 1], dtype=object) if form == "in an array" else evil
    joblib.dump({"a": value}, root / "p.joblib", compress=3 if form == "compressed" else 0)
    with pytest.raises(ArtifactError):
        load_preprocessor(root / "p.joblib")
    assert not (root / "canary").exists()


def test_an_array_that_claims_more_than_the_file_holds_is_refused(root: Path) -> None:
    joblib.dump({"a": np.arange(3, dtype="i8")}, root / "p.joblib")
    content = (root / "p.joblib").read_bytes()
    claimed = (200).to_bytes()
    assert content.count(b"K\x03\x85") == 1  # the shape (3,)
    (root / "p.joblib").write_bytes(content.replace(b"K\x03\x85", b"K" + claimed + b"\x85"))
    with pytest.raises(UntrustedArtifactError, match="larger than the file"):
        load_preprocessor(root / "p.joblib")


def test_a_small_file_cannot_unfold_into_endless_work(root: Path) -> None:
    value: list[Any] = [1]
    for _ in range(35):
        value = [value, value]
    (root / "p.joblib").write_bytes(pickle.dumps({"a": value}))
    assert set(load_preprocessor(root / "p.joblib")) == {"a"}


def test_a_hostile_model_runs_nothing(root: Path) -> None:
    torch.save({"a": Evil(root / "canary")}, root / "model.pth")
    with pytest.raises(UntrustedArtifactError):
        load_model(root / "model.pth")
    assert not (root / "canary").exists()


@pytest.mark.parametrize(
    "tensor", [torch.zeros(1).expand(10**11), torch.eye(3).to_sparse(), torch.tensor([float("nan")])]
)
def test_a_tensor_that_is_not_honest_is_refused(root: Path, tensor: torch.Tensor) -> None:
    torch.save({"a": tensor}, root / "model.pth")
    with pytest.raises(ArtifactError):
        load_model(root / "model.pth")


def test_a_packed_model_is_refused_before_it_is_unpacked(root: Path) -> None:
    torch.save({"a": torch.zeros(1_000_000)}, root / "plain.pth")
    with (
        zipfile.ZipFile(root / "plain.pth") as plain,
        zipfile.ZipFile(root / "model.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    with pytest.raises(UntrustedArtifactError, match="packed"):
        load_model(root / "model.pth")


def with_pickle(path: Path, content: bytes, twice: bool = False) -> None:
    """A model file whose pickle is `content`."""
    torch.save({"a": torch.zeros(1)}, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, old in members.items():
            if twice and name.endswith("data.pkl"):
                archive.writestr(name, old)
            archive.writestr(name, content if name.endswith("data.pkl") else old)


GADGETS = {
    "memory": b"cbuiltins\nbytearray\nI100000000000\n\x85R.",
    "memory by its old name": b"c__builtin__\nbytearray\nI100000000000\n\x85R.",
    "system": b"cos\nsystem\nVtrue\n\x85R.",
    "eval": b"cbuiltins\neval\nV1\n\x85R.",
    "getattr": b"cbuiltins\ngetattr\n.",
    "by instance": b"(Vtrue\nios\nsystem\n.",
    "by object": b"(cos\nsystem\nVtrue\no.",
    "by stack": b"\x8c\x02os\x8c\x06system\x93.",
    "new object": b"ccollections\nOrderedDict\n)\x81.",
    "nested name": b"\x8c\x05torch\x8c\x0bhub.os.open\x93.",
    "registered": b"\x82\x01.",
    "persistent": b"Pevil\n.",
    "wrapper": b"ctorch._utils\n_rebuild_wrapper_subclass\n.",
    "meta": b"ctorch._utils\n_rebuild_meta_tensor_no_storage\n.",
    "numpy": b"cnumpy._core.multiarray\n_reconstruct\n.",
    "dunder storage": b"ctorch.storage\n_load_from_bytes\n.",
    "bytes": b"\x96" + (10**11).to_bytes(8, "little") + b".",
    "many bytes": b"\x8e" + (10**11).to_bytes(8, "little") + b".",
    "many letters": b"\x8d" + (10**11).to_bytes(8, "little") + b".",
    "long number": b"\x8b\xff\xff\xff\x7f.",
}


@pytest.mark.parametrize("name", GADGETS)
def test_every_gadget_is_refused_and_takes_no_memory(root: Path, name: str) -> None:
    with_pickle(root / "model.pth", b"\x80\x02" + GADGETS[name])
    (root / "p.joblib").write_bytes(b"\x80\x05" + GADGETS[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for file, load in (("model.pth", load_model), ("p.joblib", load_preprocessor)):
        with pytest.raises(ArtifactError, match=file):
            load(root / file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KB


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_model_with_two_pickles_of_one_name_is_refused(root: Path) -> None:
    """One reader may see the first, another the second."""
    with_pickle(root / "model.pth", b"\x80\x02}.", twice=True)
    with pytest.raises(UntrustedArtifactError, match="packed"):
        load_model(root / "model.pth")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_half_a_file_is_told(root: Path, share: float) -> None:
    save_model(root / "model.pth", {"a": torch.zeros(1000)})
    save_preprocessor(root / "p.joblib", {"a": np.zeros(1000)})
    for name, load in (("model.pth", load_model), ("p.joblib", load_preprocessor)):
        content = (root / name).read_bytes()
        (root / name).write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ArtifactError, match=name):
            load(root / name)
