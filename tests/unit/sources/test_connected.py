"""Tables of real databases and of an object store are read, written whole or not at all, and tell no secret."""

import pickle
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest

import databases
from DataFoundry import evaluator, labeler
from DataFoundry.errors import (
    DataFoundryError,
    ForbiddenPathError,
    ImpossibleError,
    MissingFileError,
    OutputIsInputError,
    PathTextError,
    SourceError,
    TableError,
)
from DataFoundry.roots import confined_to
from DataFoundry.settings import OUTPUT_FOLDER, SOURCES_VARIABLE
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.addresses import Address, check_sources
from DataFoundry.storage.paths import input_path, output_path

SECRET = quote(databases.PASSWORD, safe="")
SERVERS = {"postgresql": ("initdb", "postgres"), "mysql": ("mariadb-install-db", "mariadbd")}
ALL = ["postgresql", "mysql", "sqlite", "duckdb", "s3"]
FUNCTION = [{"name": "old", "code": "def old(x):\n    return 1 if x.age > 40 else 0"}]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, int]]:
    """The port of each server that has been asked for; they stop at the end."""
    with ExitStack() as stack:

        class Started(dict[str, int]):
            def __missing__(self, kind: str) -> int:
                lacking = [each for each in SERVERS.get(kind, ()) if databases.program(each) is None]
                if lacking:
                    pytest.skip(f"{lacking[0]} is not installed")
                make = {"postgresql": databases.postgresql, "mysql": databases.mariadb, "s3": databases.s3}[kind]
                self[kind] = stack.enter_context(make())
                return self[kind]

        yield Started()


def url_of(kind: str, root: Path, servers: dict[str, int], port: int | None = None) -> str:
    if kind in ("sqlite", "duckdb"):
        return f"{kind}:///{root}/shop.db?write=yes"
    port = port or servers[kind]
    if kind == "s3":
        return f"s3://keeper:{SECRET}@shop/{root.parent.name}?endpoint_url=http://127.0.0.1:{port}&write=yes"
    return f"{kind}://keeper:{SECRET}@127.0.0.1:{port}/shop?write=yes"


@pytest.fixture(params=ALL)
def kind(request) -> str:
    return request.param


@pytest.fixture
def shop(kind, root, servers, monkeypatch) -> str:
    """A source that may be written."""
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop={url_of(kind, root, servers)}")
    return kind


def table_in(shop: str, name: str) -> str:
    return f"source://shop/{name}.parquet" if shop == "s3" else f"source://shop/{name}"


def hidden() -> set[Path]:
    return {each for each in OUTPUT_FOLDER.glob(".*") if each.name != ".state"} if OUTPUT_FOLDER.exists() else set()


@pytest.fixture
def leftovers() -> Callable[[], set[Path]]:
    """What a test has left in the output folder so far, whatever a process that was killed before it left there."""
    before = hidden()
    return lambda: hidden() - before


@pytest.fixture
def varied() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [39, 50, 38],
            "share": [0.1, np.nan, -1e300],
            'word; "d': ['Zoë, "quoted"\nline', None, "x' OR 1=1; --"],
            "truth": [True, False, True],
            "when": np.array(["2024-02-29T12:30:00.123456", "NaT", "1969-12-31T23:59:59"], "datetime64[us]"),
            "big": [2**62, -(2**62), 0],
        }
    )


def test_a_table_goes_there_and_comes_back(shop, root, varied, leftovers):
    varied.to_parquet(root / "t.parquet")
    told = evaluator.convert_dataset(str(root / "t.parquet"), table_in(shop, "varied"))
    assert told["output_path"] == table_in(shop, "varied") and told["num_rows"] == 3
    back = open_table(input_path(table_in(shop, "varied"), "data")).read()
    if shop == "sqlite":  # which has no moments
        back["when"] = back["when"].astype("datetime64[us]")
    back["truth"] = back["truth"].astype(bool)  # of MySQL, whose truth values are numbers
    pd.testing.assert_frame_equal(back, varied, check_dtype=False)
    assert back["big"].tolist() == varied["big"].tolist() and back["age"].dtype.kind == "i"
    del told
    assert not leftovers()


def test_a_table_is_replaced_and_an_empty_one_keeps_its_columns(shop, root, varied):
    for rows in (3, 0):
        varied.head(rows).to_parquet(root / "t.parquet")
        evaluator.convert_dataset(str(root / "t.parquet"), table_in(shop, "again"))
        table = open_table(input_path(table_in(shop, "again"), "data"))
        assert (table.num_rows, table.columns) == (rows, list(varied.columns))


def test_empty_texts_are_not_missing_ones(shop, root):
    pd.DataFrame({"only": ["", None, "a"]}).to_parquet(root / "t.parquet")
    evaluator.convert_dataset(str(root / "t.parquet"), table_in(shop, "empty"))
    assert open_table(input_path(table_in(shop, "empty"), "data")).read()["only"].tolist() == ["", None, "a"]


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_labels_from_there_to_there_are_those_of_a_file(shop, root, adult):
    rows = adult.head(2000)
    rows.to_parquet(root / "adult.parquet")
    evaluator.convert_dataset(str(root / "adult.parquet"), table_in(shop, "adult"))
    labeler.create_labels(str(root / "adult.parquet"), FUNCTION, str(root / "labeled.parquet"), seed=1)
    told = labeler.create_labels(table_in(shop, "adult"), FUNCTION, table_in(shop, "labeled"), seed=1)
    assert told["num_rows"] == 2000 and Path(told["report_path"]).is_file()
    Path(told["report_path"]).unlink()
    expected = pd.read_parquet(root / "labeled.parquet")
    found = open_table(input_path(table_in(shop, "labeled"), "data")).read()
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    tried = labeler.try_functions(table_in(shop, "adult"), FUNCTION, max_rows=100)
    assert tried["num_rows_tried"] == 100 and tried["num_rows"] in (None, 2000)


def test_what_is_not_there_or_not_allowed_is_told(shop, root, monkeypatch):
    with pytest.raises(MissingFileError, match="shop"):
        open_table(input_path(table_in(shop, "nothing"), "data"))
    with pytest.raises(ForbiddenPathError, match="knows no source 'other'.*shop"):
        input_path("source://other/t", "data")
    for text in ("source://shop/../t", "source://shop/a//b", "source://shop/a\x00b"):
        with pytest.raises(PathTextError):
            input_path(text, "data")
    pd.DataFrame({"a": [1]}).to_csv(root / "t.csv", index=False)
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop={url_of(shop, root, {shop: 1}).replace('write=yes', 'write=no')}")
    with pytest.raises(ForbiddenPathError, match="read only.*write=yes"):
        evaluator.convert_dataset(str(root / "t.csv"), table_in(shop, "t"))
    with pytest.raises(OutputIsInputError):
        evaluator.convert_dataset(table_in(shop, "t"), table_in(shop, "t"))


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "s3"])
@pytest.mark.parametrize("way", ["from_server", "to_server"])
def test_a_connection_that_breaks_in_the_middle_leaves_what_was_there(
    kind, way, shop, root, servers, leftovers, monkeypatch
):
    rows = pd.DataFrame({"age": range(20_000), "word": [f"word {place}" for place in range(20_000)]})
    rows.to_parquet(root / "t.parquet")
    evaluator.convert_dataset(str(root / "t.parquet"), table_in(kind, "broken"))
    rows.assign(word="new" + rows["word"]).to_parquet(root / "new.parquet")
    cutter = databases.Cutter(servers[kind], **{way: 20_000 if kind == "s3" else 60_000})
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop={url_of(kind, root, servers, cutter.port)}")
    with pytest.raises(SourceError, match="broke off|failed") as caught:
        if way == "from_server":
            evaluator.convert_dataset(table_in(kind, "broken"), str(root / "out.parquet"))
        else:
            evaluator.convert_dataset(str(root / "new.parquet"), table_in(kind, "broken"))
    cutter.close()
    refuse_secrets(caught.value)
    assert not (root / "out.parquet").exists() and not leftovers()
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop={url_of(kind, root, servers)}")
    assert open_table(input_path(table_in(kind, "broken"), "data")).read()["word"].tolist() == rows["word"].tolist()


def refuse_secrets(error: BaseException) -> None:
    told = "".join(traceback.format_exception(error)) + repr(getattr(error, "details", ""))
    for secret in (databases.PASSWORD, SECRET, "keeper", "wr0ng"):
        assert secret not in told


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "s3"])
def test_wrong_credentials_and_closed_ports_are_told_without_them(kind, root, servers, monkeypatch):
    right = url_of(kind, root, servers)
    closed = url_of(kind, root, servers, port=databases.free_port())
    for url in (right.replace(SECRET, "wr0ng"), closed):
        if kind == "s3" and url != closed:
            continue  # the test's server lets everybody in
        monkeypatch.setenv(SOURCES_VARIABLE, f"shop={url}")
        with pytest.raises(SourceError, match="credentials" if url != closed else "reached") as caught:
            open_table(input_path(table_in(kind, "t"), "data"))
        refuse_secrets(caught.value)


@pytest.mark.parametrize(("kind", "module"), [("postgresql", "psycopg"), ("mysql", "pymysql"), ("s3", "s3fs")])
def test_a_driver_that_is_not_installed_is_named(kind, module, root, monkeypatch):
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop={url_of(kind, root, {kind: 1})}")
    monkeypatch.setitem(sys.modules, module, None)
    for each in [name for name in sys.modules if name.startswith(f"{module}.")]:
        monkeypatch.setitem(sys.modules, each, None)
    with pytest.raises(SourceError, match="(?i)package.*install") as caught:
        open_table(input_path("source://shop/t", "data"))
    assert module in caught.value.message.lower()


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_files_of_databases_lie_in_data_roots(kind, root, tmp_path, monkeypatch):
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop={kind}:///{tmp_path}/outside.db?write=yes")
    pd.DataFrame({"a": [1]}).to_csv(root / "t.csv", index=False)
    for act in (
        lambda: open_table(input_path("source://shop/t", "data")),
        lambda: evaluator.convert_dataset(str(root / "t.csv"), "source://shop/t"),
    ):
        with pytest.raises(SourceError, match="outside the data roots"):
            act()
    assert not (tmp_path / "outside.db").exists()


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "sqlite", "duckdb"])
def test_the_operator_may_give_one_table_or_a_query(shop, root, servers, monkeypatch):
    pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}).to_parquet(root / "t.parquet")
    evaluator.convert_dataset(str(root / "t.parquet"), "source://shop/few")
    base = url_of(shop, root, servers).replace("write=yes", "")
    query = quote("SELECT b, a FROM few WHERE a > 1")
    monkeypatch.setenv(SOURCES_VARIABLE, f"one={base}table=few\nsome={base}query={query}")
    assert open_table(input_path("source://one", "data")).read()["a"].tolist() == [1, 2, 3]
    found = open_table(input_path("source://some/", "data")).read()
    assert found.to_dict("list") == {"b": ["y", "z"], "a": [2, 3]}
    with pytest.raises(ForbiddenPathError, match="one table only"):
        open_table(input_path("source://some/few", "data"))


@pytest.mark.parametrize("kind", ["postgresql"])
def test_types_of_postgresql(shop, root, servers):
    import psycopg

    given = {"host": "127.0.0.1", "port": servers[shop], "user": "keeper", "password": databases.PASSWORD}
    with psycopg.connect(dbname="shop", autocommit=True, **given) as connection:
        connection.execute(
            "CREATE TABLE kinds (i smallint, n numeric, p numeric(6,0), d date, z timestamptz, t text[], j jsonb, "
            "e text, b boolean); INSERT INTO kinds VALUES (1, 1.5, 7, '2024-02-29', '2024-01-01 02:00+02', "
            "'{a,\"b,c\"}', '{\"k\": [1]}', E'a\\\\tb\\\\N', true), "
            "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL)"
        )
    found = open_table(input_path("source://shop/public.kinds", "data")).read()
    first = found.iloc[0].to_dict()
    assert (first["i"], first["n"], first["p"]) == (1, 1.5, 7) and first["b"] is True
    assert first["d"] == pd.Timestamp(2024, 2, 29) and first["z"] == pd.Timestamp(2024, 1, 1, tz="UTC")
    assert (first["t"], first["j"], first["e"]) == ('{a,"b,c"}', '{"k": [1]}', "a\\tb\\N")
    assert found.iloc[1].drop("e").isna().all() and found.iloc[1]["e"] == ""
    for hidden in ("pg_catalog.pg_authid", "pg_authid", "information_schema.tables"):
        with pytest.raises(MissingFileError):
            open_table(input_path(f"source://shop/{hidden}", "data"))


@pytest.mark.parametrize("kind", ["mysql"])
def test_dates_and_decimals_of_mysql(shop, root, servers):
    import pymysql

    given = {"host": "127.0.0.1", "port": servers[shop], "user": "keeper", "password": databases.PASSWORD}
    with pymysql.connect(database="shop", autocommit=True, **given) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = ''")
        cursor.execute("CREATE TABLE kinds (u bigint unsigned, n decimal(8,2), w decimal(9,0), d date, x blob)")
        cursor.execute("INSERT INTO kinds VALUES (18446744073709551615, -1.25, 123, '2024-02-29', 0x00ff)")
        cursor.execute("INSERT INTO kinds VALUES (1, NULL, NULL, '0000-00-00', NULL)")
    found = open_table(input_path("source://shop/kinds", "data")).read()
    assert found["u"].tolist() == [2**64 - 1, 1] and found["n"].tolist()[0] == -1.25 and found["w"].tolist()[0] == 123
    assert found["d"].tolist()[0] == pd.Timestamp(2024, 2, 29) and found["d"].isna().tolist() == [False, True]
    assert found["x"].tolist() == ["00ff", None]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_column_of_sqlite_is_what_all_its_cells_are(shop, root):
    with sqlite3.connect(root / "shop.db") as connection:
        connection.execute("CREATE TABLE mixed (a, b, c, d INTEGER)")
        connection.executemany("INSERT INTO mixed VALUES (?, ?, ?, ?)", [(1, 1, 1, None), (2.5, "x", 2**62, None)])
        connection.execute("CREATE INDEX i ON mixed (a DESC, b, c, d)")
        connection.execute("INSERT INTO mixed VALUES (9, 'y', 0.5, 3)")
    found = open_table(input_path("source://shop/mixed", "data")).read()
    assert found["a"].tolist() == [1.0, 2.5, 9.0] and found["b"].tolist() == ["1", "x", "y"]
    assert found["c"].tolist() == ["1", str(2**62), "0.5"]
    assert found["d"].tolist()[2] == 3


@pytest.mark.parametrize("kind", ["s3"])
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_folder_of_parts_is_one_table_with_its_partition_columns(shop, root, servers, suffix):
    import s3fs

    store = s3fs.S3FileSystem(
        key="keeper",
        secret=databases.PASSWORD,
        endpoint_url=f"http://127.0.0.1:{servers['s3']}",
        use_listings_cache=False,
    )
    place = f"shop/{root.parent.name}/parts_{suffix}"
    for year, land in ((2023, "New%20Land"), (2024, "__HIVE_DEFAULT_PARTITION__")):
        part = pd.DataFrame({"a": [year, 1], "b": [f"{year},\n", "x"]})
        write = part.to_parquet if suffix == "parquet" else part.to_csv
        write(root / "part", index=False)
        store.put_file(str(root / "part"), f"{place}/year={year}/land={land}/part-0.{suffix}")
    store.pipe_file(f"{place}/_SUCCESS", b"")
    found = open_table(input_path(f"source://shop/parts_{suffix}", "data")).read()
    assert found["a"].tolist() == [2023, 1, 2024, 1] and found["b"].tolist() == ["2023,\n", "x", "2024,\n", "x"]
    assert found["year"].tolist() == [2023, 2023, 2024, 2024]
    assert found["land"].fillna("none").tolist() == ["New Land", "New Land", "none", "none"]
    store.pipe_file(
        f"{place}/year=2025/part-0.{suffix}", store.cat_file(f"{place}/year=2023/land=New%20Land/part-0.{suffix}")
    )
    with pytest.raises(TableError, match="partition"):
        open_table(input_path(f"source://shop/parts_{suffix}", "data"))
    store.put_file(str(root / "part"), f"shop/{root.parent.name}/notes.docx")
    with pytest.raises(ImpossibleError, match="notes.docx"):
        open_table(input_path("source://shop/notes.docx", "data"))


def test_operators_learn_what_is_wrong_with_their_sources(monkeypatch):
    for text in ("shop", "sh op=postgresql://x", "shop=postgresql:x", "shop=postgresql://x:${NOT_SET_ANYWHERE}@y"):
        monkeypatch.setenv(SOURCES_VARIABLE, text)
        with pytest.raises(ValueError):
            check_sources()
    monkeypatch.setenv(SOURCES_VARIABLE, "shop=ftp://me:s3cr3t@host/x")
    with pytest.raises(DataFoundryError) as caught:
        check_sources()
    assert "s3cr3t" not in str(caught.value)


def test_a_client_with_roots_of_its_own_uses_the_sources_that_are_among_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path / "operator"))
    (tmp_path / "operator").mkdir()
    (tmp_path / "team").mkdir()
    file = tmp_path / "operator" / "shop.db"
    with sqlite3.connect(file) as database:
        database.execute("create table people as select 1 as age union select 2")
    monkeypatch.setenv(SOURCES_VARIABLE, f"shop=sqlite:///{file}\npayroll=sqlite:///{file}")
    with confined_to([str(tmp_path / "team"), "source://shop"]):
        assert open_table(input_path("source://shop/people", "data_path")).read()["age"].tolist() == [1, 2]
        with pytest.raises(ForbiddenPathError, match="may use shop; ask") as refused:
            input_path("source://payroll/people", "data_path")
        with pytest.raises(ForbiddenPathError):
            input_path(str(file), "data_path")
    assert "payroll" not in str(refused.value.details)
    with confined_to([str(tmp_path / "team")]), pytest.raises(ForbiddenPathError, match="may use none"):
        input_path("source://shop/people", "data_path")


def test_a_password_may_come_from_a_variable_of_its_own(monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "a@b")
    monkeypatch.setenv(SOURCES_VARIABLE, "shop=postgresql://me:${SHOP_PASSWORD}@host/x")
    assert Address("source://shop/t")._url == "postgresql://me:a%40b@host/x"


def test_an_address_is_a_path_that_keeps_its_name(monkeypatch):
    monkeypatch.setenv(SOURCES_VARIABLE, "shop=sqlite:///x.db\nbucket=s3://b")
    address = Address("source://shop/public.adult")
    assert str(address) == "source://shop/public.adult" and pickle.loads(pickle.dumps(address)) == address
    assert (address.name, address.stem, address.suffix) == ("adult", "adult", ".parquet")
    assert address.with_name("a.html") == OUTPUT_FOLDER / "a.html" and not address.exists()
    assert Address("source://bucket/f/adult.csv").suffix == ".csv"
    for suffixes in ((".json",), (".parquet", ".csv", ".pth")):
        with pytest.raises(ImpossibleError):
            output_path("source://shop/t", "output", suffixes)
    with pytest.raises(ImpossibleError):
        input_path("source://shop/t", "config", (".json",))
