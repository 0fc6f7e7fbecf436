"""Spreadsheets, parquet, feather and Arrow files."""

import datetime
import zipfile
from decimal import Decimal

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import xlsxwriter
from building import refused, right

LARGE = 9007199254740993
DAY = datetime.datetime(2024, 1, 2, 3, 4, 5)


def parquet(table, **options):
    return lambda path: pq.write_table(table, path, **options)


def arrow_stream(table):
    def write(path):
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)

    return write


def workbook(fill):
    def write(path):
        with xlsxwriter.Workbook(str(path)) as book:
            book.set_properties({"created": datetime.datetime(2024, 1, 1)})
            fill(book)

    return write


def rows_of(*rows):
    def fill(book):
        sheet = book.add_worksheet("Data")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def with_dates(book):
    sheet = book.add_worksheet("Data")
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, ["when", "ok", "id", "big"])
    sheet.write_datetime(1, 0, DAY, day)
    sheet.write_boolean(1, 1, True)
    sheet.write_string(1, 2, "00042")
    sheet.write_number(1, 3, 4_000_000_000)
    sheet.write_datetime(2, 0, datetime.datetime(1990, 5, 1), day)
    sheet.write_boolean(2, 1, False)
    sheet.write_string(2, 2, "00043")
    sheet.write_number(2, 3, 1)


def two_sheets(book):
    for name, rows in (("Cover", [["Report of May"]]), ("Rows", [["a", "b"], [1, "x"], [2, "y"]])):
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


def first_empty(book):
    book.add_worksheet("Empty")
    sheet = book.add_worksheet("Data")
    sheet.write(0, 0, "a")
    sheet.write(1, 0, 1)


def formulas(book):
    sheet = book.add_worksheet("Data")
    sheet.write_row(0, 0, ["n", "double"])
    sheet.write_number(1, 0, 2)
    sheet.write_formula(1, 1, "=A2*2", None, 4)


def opendocument(*rows):
    """A spreadsheet of the Open Document Format with texts and numbers, as small as it can be."""

    def cell(value):
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    names = " ".join(
        f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Data">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )

    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )

    def write(path):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in (("mimetype", kind), ("content.xml", content), ("META-INF/manifest.xml", manifest)):
                archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)

    return write


PEOPLE = [["00042", "Zoë", "1990-05-01T00:00:00", 12.5], ["00043", "Ann", None, 3.0]]
PEOPLE_COLUMNS = "id:text | name:text | born:datetime64[ns] | price:float64"

SHEETS = [
    *(right(f"people.{each}", None, PEOPLE_COLUMNS, PEOPLE) for each in ("xlsx", "xls", "ods")),
    right("rows.xlsx", rows_of(["a", "b"], [1, "x"], [2, "y"]), "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("title.xlsx", rows_of(["Report of May"], [], ["a", "b"], [1, "x"], [2, "y"]), "a:int64 | b:text", [[1, "x"], [2, "y"]], reading={"header_row": 3}, notes=["titles"]),
    right("gaps.xlsx", rows_of(["a", "b"], [1, "x"], [], [None, "y"]), "a:float64 | b:text", [[1.0, "x"], [None, "y"]]),
    right("dates.xlsx", workbook(with_dates), "when:datetime64[ns] | ok:bool | id:text | big:int64", [["2024-01-02T03:04:05", True, "00042", 4000000000], ["1990-05-01T00:00:00", False, "00043", 1]]),
    right("sheet_said.xlsx", workbook(two_sheets), "a:int64 | b:text", [[1, "x"], [2, "y"]], options={"sheet": "Rows"}, reading={"sheet": "Rows"}),
    right("formulas.xlsx", workbook(formulas), "n:int64 | double:int64", [[2, 4]]),
    right("beyond_names.xlsx", rows_of(["a", "b"], [1, 2, "extra"], [3, 4]), "a:int64 | b:int64 | column_3:text", [[1, 2, "extra"], [3, 4, None]]),
    right("first_sheet_empty.xlsx", workbook(first_empty), "a:int64", [[1]], reading={"sheet": "Data"}, notes=["the others are Empty"]),
    right("no_header_numbers.xlsx", rows_of([1.5, 2], [3, 4]), "column_1:float64 | column_2:int64", [[1.5, 2], [3.0, 4]], reading={"header_row": 0}, notes=["looks like data"]),
    right("no_header_said.xlsx", rows_of(["x", 2], ["y", 4]), "column_1:text | column_2:int64", [["x", 2], ["y", 4]], options={"header_row": 0}),
    right("years.xlsx", rows_of(["who", 2019, 2020], ["x", 1, 2]), "who:text | 2019:int64 | 2020:int64", [["x", 1, 2]]),
    right("missing.xlsx", rows_of(["n", "c"], [1, "NA"], ["-", "DE"], [3, "N/A"]), "n:float64 | c:text", [[1.0, "NA"], [None, "DE"], [3.0, None]], reading={"missing_spellings": ["", "-", "N/A"]}),
    right("missing_said.xlsx", rows_of(["n", "c"], [1, "none"], ["?", "x"]), "n:text | c:text", [["1", None], ["?", "x"]], options={"missing_spellings": ["none"]}),
    right("mixed.xlsx", rows_of(["n"], [1], ["x"]), "n:text", [["1"], ["x"]]),
    right("rows.ods", opendocument(["a", "zip"], [1.5, "01234"], [2, "00042"]), "a:float64 | zip:text", [[1.5, "01234"], [2.0, "00042"]]),
    refused("no_such_sheet.xlsx", workbook(two_sheets), "no sheet 'Nope'", "it has Cover, Rows", options={"sheet": "Nope"}),
    refused("duplicate_names.xlsx", rows_of(["a", "a"], [1, 2]), "two columns named 'a' in line 1", "rename one", line=1),
    refused("broken.xlsx", b"PK\x03\x04 nothing", "not a readable spreadsheet", "save it again"),
]

KINDS = pa.table(
    {
        "money": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
        "zone": pa.array([DAY, None], pa.timestamp("us", tz="Europe/Berlin")),
        "took": pa.array([datetime.timedelta(seconds=90), None], pa.duration("s")),
        "day": pa.array([datetime.date(2024, 1, 2), None]),
        "large": pa.array(["x", None], pa.large_string()),
        "code": pa.array(["p", "q"]).dictionary_encode(),
        "ok": pa.array([True, False]),
        "small": pa.array([1, 255], pa.uint8()),
        "half": pa.array([0.5, None], pa.float32()),
    }
)
NESTED = pa.table(
    {
        "list": pa.array([[1, 2], None]),
        "struct": pa.array([{"k": "v"}, None]),
        "bytes": pa.array([b"\x00\xff", None]),
    }
)
INTS = pa.table(
    {
        "exact": pa.array([LARGE, None, -LARGE]),
        "unsigned": pa.array([2**64 - 1, None, 1], pa.uint64()),
        "small": pa.array([1, None, 3]),
        "full": pa.array([LARGE, 1, 2]),
    }
)
INT_COLUMNS = "exact:Int64 | unsigned:UInt64 | small:float64 | full:int64"
INT_ROWS = [[LARGE, 2**64 - 1, 1.0, LARGE], [None, None, None, 1], [-LARGE, 1, 3.0, 2]]
KIND_COLUMNS = (
    "money:object of decimal | zone:datetime64[us, Europe/Berlin] | took:timedelta64[s] | day:datetime64[ms] | "
    "large:text | code:category | ok:bool | small:uint8 | half:float32"
)
KIND_ROWS = [
    ["1.50", "2024-01-02T04:04:05+01:00", "P0DT0H1M30S", "2024-01-02T00:00:00", "x", "p", True, 1, 0.5],
    [None, None, None, None, None, "q", False, 255, None],
]
NESTED_COLUMNS = "list:object of list | struct:object of dict | bytes:object of bytes"
NESTED_ROWS = [[[1, 2], {"k": "v"}, "00ff"], [None, None, None]]
PLAIN = pa.table({"a": [1, 2], "b": ["x", "y"]})
MOMENTS = pa.table({"when": pa.array([DAY, None], pa.timestamp("ns"))})
FAR = pa.table({"when": pa.array([datetime.datetime(9999, 12, 31), None, datetime.datetime(1, 1, 1)], pa.timestamp("us"))})
NESTED_INTS = pa.table(
    {"list": pa.array([[LARGE, None], None]), "struct": pa.array([{"k": LARGE}, {"k": None}]), "n": pa.array([1, None])}
)
NESTED_INT_ROWS = [[[LARGE, None], {"k": LARGE}, 1.0], [None, {"k": None}, None]]

ARROW = [
    right("plain.parquet", parquet(PLAIN), "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("kinds.parquet", parquet(KINDS), KIND_COLUMNS, KIND_ROWS),
    right("nested.parquet", parquet(NESTED), NESTED_COLUMNS, NESTED_ROWS),
    right("nested_ints.parquet", parquet(NESTED_INTS), "list:object of list | struct:object of dict | n:float64", NESTED_INT_ROWS),
    right("nested_ints.feather", lambda path: feather.write_feather(NESTED_INTS, str(path)), "list:object of list | struct:object of dict | n:float64", NESTED_INT_ROWS),
    right("ints.parquet", parquet(INTS), INT_COLUMNS, INT_ROWS),
    right("ints_groups.parquet", parquet(INTS, row_group_size=1), INT_COLUMNS, INT_ROWS),
    right("ints_no_statistics.parquet", parquet(INTS.select(["exact"]), write_statistics=False), "exact:Int64", [[LARGE], [None], [-LARGE]]),
    right("int96.parquet", parquet(MOMENTS, use_deprecated_int96_timestamps=True), "when:datetime64[ns]", [["2024-01-02T03:04:05"], [None]]),
    right("int96_far.parquet", parquet(FAR, use_deprecated_int96_timestamps=True), "when:datetime64[us]", [["9999-12-31T00:00:00"], [None], ["0001-01-01T00:00:00"]]),
    right("far.parquet", parquet(FAR), "when:datetime64[us]", [["9999-12-31T00:00:00"], [None], ["0001-01-01T00:00:00"]]),
    right("packed.parquet", parquet(PLAIN, compression="zstd"), "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("no_rows.parquet", parquet(PLAIN.slice(0, 0)), "a:int64 | b:empty", []),
    right("pandas_index.parquet", parquet(PLAIN.append_column("__index_level_0__", pa.array([5, 6]))), "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("plain.feather", lambda path: feather.write_feather(PLAIN, str(path)), "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("first_version.feather", lambda path: feather.write_feather(PLAIN, str(path), version=1), "a:int64 | b:text", [[1, "x"], [2, "y"]], notes=["first version of Feather"]),
    right("ints.feather", lambda path: feather.write_feather(INTS, str(path)), INT_COLUMNS, INT_ROWS),
    right("kinds.feather", lambda path: feather.write_feather(KINDS, str(path)), KIND_COLUMNS, KIND_ROWS),
    right("nested.feather", lambda path: feather.write_feather(NESTED, str(path)), NESTED_COLUMNS, NESTED_ROWS),
    right("plain.arrow", arrow_stream(PLAIN), "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("ints.arrow", arrow_stream(INTS), INT_COLUMNS, INT_ROWS),
    right("view.arrow", arrow_stream(pa.table({"a": pa.array(["x", None], pa.string_view())})), "a:text", [["x"], [None]]),
    refused("broken.parquet", b"PAR1 nothing", "not a readable parquet file", "write it again"),
    refused("broken.feather", b"ARROW1 nothing", "not a readable Arrow file", "write it again"),
    refused("duplicate_names.parquet", parquet(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])), "two columns of one name", "rename one"),
]

CASES = [*SHEETS, *ARROW]
