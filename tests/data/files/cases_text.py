"""Text tables: delimiters, quotes, encodings, numbers, missing values, headers, faults."""

import bz2
import gzip
import io
import zipfile

import pyarrow as pa
from building import refused, right

PEOPLE = "id,name,age\n01234,Zoë,31\n00042,Ann,44\n"
PEOPLE_COLUMNS = "id:text | name:text | age:int64"
PEOPLE_ROWS = [["01234", "Zoë", 31], ["00042", "Ann", 44]]


def people(name, content, **more):
    return right(name, content, PEOPLE_COLUMNS, PEOPLE_ROWS, **more)


def zipped(*names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), PEOPLE)
    return packed.getvalue()


DELIMITERS = [
    people("comma.csv", PEOPLE, reading={"delimiter": ",", "encoding": "utf-8", "header_row": 1}),
    people("semicolon.csv", PEOPLE.replace(",", ";"), reading={"delimiter": ";"}),
    people("tab.csv", PEOPLE.replace(",", "\t"), reading={"delimiter": "\t"}),
    people("tab.tsv", PEOPLE.replace(",", "\t")),
    people("tab.txt", PEOPLE.replace(",", "\t")),
    people("pipe.txt", PEOPLE.replace(",", "|"), reading={"delimiter": "|"}),
    people("caret.csv", PEOPLE.replace(",", "^"), options={"delimiter": "^"}),
    people("sep_line.csv", "sep=;\r\n" + PEOPLE.replace(",", ";").replace("\n", "\r\n"), notes=["sep=;"]),
    people("sep_line_tab.csv", "sep=\t\n" + PEOPLE.replace(",", "\t")),
    right("sep_line_rare.csv", 'sep=~\n"a"~"b"\n1~x\n', "a:int64 | b:text", [[1, "x"]], reading={"delimiter": "~"}),
    right(
        "list_like_cells.csv",
        "id;cost;group\n1;62.25;['345']\n2;54.00;['112', '112']\n3;13.27;['510']\n",
        "id:int64 | cost:float64 | group:text",
        [[1, 62.25, "['345']"], [2, 54.0, "['112', '112']"], [3, 13.27, "['510']"]],
        reading={"delimiter": ";", "decimal": "."},
    ),
    right(
        "labels_with_pipes.csv",
        "flow,country,value\nBP|Current,DE|Germany,1.5\nBP|Capital,FR|France,2.5\nBP,AT|Austria,3\n",
        "flow:text | country:text | value:float64",
        [["BP|Current", "DE|Germany", 1.5], ["BP|Capital", "FR|France", 2.5], ["BP", "AT|Austria", 3.0]],
        reading={"delimiter": ","},
    ),
    right(
        "comma_numbers_no_header.csv",
        "1,5;2,5\n3,5;4,5\n5,5;6,5\n",
        "column_1:float64 | column_2:float64",
        [[1.5, 2.5], [3.5, 4.5], [5.5, 6.5]],
        reading={"delimiter": ";", "decimal": ",", "header_row": 0},
    ),
    right("one_column.csv", "n\n3\n4\n", "n:int64", [[3], [4]]),
    right("one_column_gap.csv", "n\n3\n\n4\n", "n:float64", [[3.0], [None], [4.0]]),
]

QUOTES = [
    right("quoted.csv", 'a,b\n"x, y",1\n"say ""hi""",2\n', "a:text | b:int64", [["x, y", 1], ['say "hi"', 2]]),
    right("quoted_newline.csv", 'a,b\n"x\ny",1\nz,2\n', "a:text | b:int64", [["x\ny", 1], ["z", 2]]),
    right("quoted_crlf.csv", 'a,b\r\n"x\r\ny",1\r\nz,2\r\n', "a:text | b:int64", [["x\r\ny", 1], ["z", 2]]),
    right("quoted_header_newline.csv", '"first\nname",b\nx,1\ny,2\n', "first\nname:text | b:int64", [["x", 1], ["y", 2]]),
    right(
        "quoted_newlines_semicolon.csv",
        'Field1;Field2;Text\n1;a;"F\ni,e,l,d\n,3"\n2;b;"g,\nh"\n',
        "Field1:int64 | Field2:text | Text:text",
        [[1, "a", "F\ni,e,l,d\n,3"], [2, "b", "g,\nh"]],
        reading={"delimiter": ";"},
    ),
    right("quoted_all.csv", '"id","n"\n"007","1"\n"008","2"\n', "id:text | n:int64", [["007", 1], ["008", 2]]),
    right(
        "single_quotes.csv",
        "'name','city'\n'Ann','Berlin, Mitte'\n'Bob','Rom'\n",
        "name:text | city:text",
        [["Ann", "Berlin, Mitte"], ["Bob", "Rom"]],
        reading={"quote": "'"},
        notes=["single quotes"],
    ),
    right("single_quotes_even.csv", "id,'name'\n1,'x'\n2,'y'\n", "id:int64 | name:text", [[1, "x"], [2, "y"]]),
    right(
        "single_quotes_few.csv",
        "id,name\n1,'x, y'\n2,z\n3,w\n",
        "id:int64 | name:text",
        [[1, "x, y"], [2, "z"], [3, "w"]],
        reading={"quote": "'"},
    ),
    right(
        "apostrophes.csv",
        "id,title\n1,'tis late\n2,rock 'n' roll\n3,O'Hara\n",
        "id:int64 | title:text",
        [[1, "'tis late"], [2, "rock 'n' roll"], [3, "O'Hara"]],
        reading={"quote": '"'},
    ),
    right(
        "backslash_quotes.csv",
        'a,b\n"say \\"hi\\", Bob",1\n"plain",2\n',
        "a:text | b:int64",
        [['say "hi", Bob', 1], ["plain", 2]],
        notes=["backslash"],
    ),
    right(
        "backslash_quotes_even.csv",
        'a,b\n"say \\"hi\\" now",1\n"plain",2\n',
        "a:text | b:int64",
        [['say "hi" now', 1], ["plain", 2]],
    ),
    right("backslash_delimiter.txt", "a|b\nx\\|y|1\nz|2\n", "a:text | b:int64", [["x|y", 1], ["z", 2]]),
    right(
        "windows_paths.csv",
        'path,n\n"C:\\data\\",1\n"C:\\new\\",2\n',
        "path:text | n:int64",
        [["C:\\data\\", 1], ["C:\\new\\", 2]],
    ),
    right(
        "space_before_quote.csv",
        'name, city, n\n"Ann", "Berlin, Mitte", 1\n"Bob", "Rom", 2\n',
        "name:text | city:text | n:int64",
        [["Ann", "Berlin, Mitte", 1], ["Bob", "Rom", 2]],
        notes=["Blanks behind a delimiter"],
    ),
    right("space_before_one_quote.csv", 'a,b\n0, "a, b"\n', "a:int64 | b:text", [[0, "a, b"]]),
    right("inch_sign.csv", 'part,n\nscrew 5" long,1\nnail 3",2\n', "part:text | n:int64", [['screw 5" long', 1], ['nail 3"', 2]]),
    right("quote_in_json_cell.csv", 'id,j\n1,"{""a"": 1, ""b"": 2}"\n', "id:int64 | j:text", [[1, '{"a": 1, "b": 2}']]),
    right("no_quotes.tsv", 'a\tb\n"x\t1\ny"\t2\n', "a:text | b:int64", [['"x', 1], ['y"', 2]], options={"quote": ""}),
    right("empty_quoted.csv", 'a,b\n"",1\nx,2\n', "a:text | b:int64", [[None, 1], ["x", 2]]),
]

ENCODINGS = [
    people("bom.csv", PEOPLE.encode("utf-8-sig"), reading={"encoding": "utf-8-sig"}),
    people("bom_quoted.csv", ('"id",' + PEOPLE[3:]).encode("utf-8-sig")),
    people("utf16.csv", b"\xff\xfe" + PEOPLE.encode("utf-16-le"), reading={"encoding": "utf-16"}),
    people("utf16_big.csv", b"\xfe\xff" + PEOPLE.encode("utf-16-be"), reading={"encoding": "utf-16"}),
    people("utf16_no_bom.csv", PEOPLE.encode("utf-16-le"), reading={"encoding": "utf-16-le"}),
    people("utf16_excel.txt", b"\xff\xfe" + PEOPLE.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le")),
    people("utf32.csv", b"\xff\xfe\0\0" + PEOPLE.encode("utf-32-le"), reading={"encoding": "utf-32"}),
    people("latin1.csv", PEOPLE.encode("latin-1"), notes=["not in UTF-8 and was read as cp1252"]),
    right(
        "cp1252.csv",
        "a,price\nx,5€\ny,“q”\n".encode("cp1252"),
        "a:text | price:text",
        [["x", "5€"], ["y", "“q”"]],
        reading={"encoding": "cp1252"},
    ),
    right("cp1251.csv", "город,n\nМосква,1\n".encode("cp1251"), "город:text | n:int64", [["Москва", 1]], options={"encoding": "cp1251"}),
    right("shift_jis.csv", "都市,n\n東京,1\n".encode("shift_jis"), "都市:text | n:int64", [["東京", 1]], options={"encoding": "shift_jis"}),
    right("emoji.csv", "a,b\n👍,1\n日本,2\n", "a:text | b:int64", [["👍", 1], ["日本", 2]]),
    right("line_separators.csv", "a,b\nx\u2028y,1\nz\u0085w,2\n", "a:text | b:int64", [["x\u2028y", 1], ["z\u0085w", 2]]),
    people("crlf.csv", PEOPLE.replace("\n", "\r\n")),
    people("old_mac.csv", PEOPLE.replace("\n", "\r")),
    people("no_last_newline.csv", PEOPLE.rstrip()),
    people("packed.csv.gz", gzip.compress(PEOPLE.encode(), mtime=0)),
    people("packed.csv.bz2", bz2.compress(PEOPLE.encode())),
    people("packed.csv.zst", pa.Codec("zstd").compress(PEOPLE.encode(), asbytes=True)),
    people("packed.zip", zipped("people.csv")),
    people("packed.csv.zip", zipped("__MACOSX/._people.csv", "people.csv")),
    refused("two_files.zip", zipped("a.csv", "b.csv"), "holds 2 files", "zip of one file"),
    refused("broken.csv.gz", b"\x1f\x8b" + b"x" * 20, "cannot be unpacked", "pack it again"),
    refused("wrong_encoding.csv", PEOPLE.encode("latin-1"), "not in utf-8", "read_options.encoding", options={"encoding": "utf-8"}),
]

NUMBERS = [
    right("decimal_comma.csv", "a;b\n1,5;x\n-2,25;y\n", "a:float64 | b:text", [[1.5, "x"], [-2.25, "y"]], reading={"decimal": ","}),
    right(
        "decimal_comma_quoted_semicolon.csv",
        'name;price\n"a; b";97100,7\n"c; d";3,5\n',
        "name:text | price:float64",
        [["a; b", 97100.7], ["c; d", 3.5]],
        reading={"decimal": ","},
    ),
    right(
        "decimal_comma_in_quotes.csv",
        'when,open\n30.07.2017 14:15:00,"2523,00"\n30.07.2017 14:30:00,"2524,50"\n',
        "when:text | open:float64",
        [["30.07.2017 14:15:00", 2523.0], ["30.07.2017 14:30:00", 2524.5]],
        reading={"delimiter": ",", "decimal": ","},
    ),
    right("decimal_comma.tsv", "a\tb\n0,125\t1\n0,250\t2\n", "a:float64 | b:int64", [[0.125, 1], [0.25, 2]], reading={"decimal": ","}),
    right(
        "thousands_dot.csv",
        "n;price\n1.234;1,5\n12.500;2,5\n",
        "n:text | price:float64",
        [["1.234", 1.5], ["12.500", 2.5]],
        notes=["Column 'n' has numbers such as '1.234' with a sign for thousands"],
    ),
    right(
        "thousands_dot_only.csv",
        "who;n\na;1.234\nb;12.500\n",
        "who:text | n:text",
        [["a", "1.234"], ["b", "12.500"]],
        notes=["'1.234' with a sign for thousands"],
    ),
    right(
        "thousands_dot_comma.csv",
        "n;m\n1.234,56;1,5\n7,80;2,5\n",
        "n:text | m:float64",
        [["1.234,56", 1.5], ["7,80", 2.5]],
        notes=["'1.234,56' with a sign for thousands"],
    ),
    right(
        "thousands_comma.csv",
        'n,price\n"1,234",1.5\n"12,500",2.5\n',
        "n:text | price:float64",
        [["1,234", 1.5], ["12,500", 2.5]],
        notes=["'1,234' with a sign for thousands"],
    ),
    right(
        "thousands_comma_tab.tsv",
        "n\tprice\n1,234\t1.5\n12,500\t2.5\n",
        "n:text | price:float64",
        [["1,234", 1.5], ["12,500", 2.5]],
        notes=["'1,234' with a sign for thousands"],
    ),
    right("thousands_comma_doubt.csv", "n;m\n1,234;a\n12,500;b\n", "n:text | m:text", [["1,234", "a"], ["12,500", "b"]]),
    right(
        "thousands_comma_said.csv",
        "n;m\n1,234;a\n12,500;b\n",
        "n:float64 | m:text",
        [[1.234, "a"], [12.5, "b"]],
        options={"decimal": ","},
    ),
    right(
        "points_and_commas.csv",
        "lat;price\n52.5201;1,5\n48.1372;2,25\n",
        "lat:float64 | price:float64",
        [[52.5201, 1.5], [48.1372, 2.25]],
    ),
    right(
        "points_semicolon.csv",
        "acid;sulphur;quality\n7.4;0.076;5\n7.8;0.098;5\n",
        "acid:float64 | sulphur:float64 | quality:int64",
        [[7.4, 0.076, 5], [7.8, 0.098, 5]],
        reading={"decimal": "."},
    ),
    right("leading_zeros.csv", "zip,n\n01234,1\n98765,2\n", "zip:text | n:int64", [["01234", 1], ["98765", 2]]),
    right("plus.csv", "phone,n\n+4930123,1\n+4930124,2\n", "phone:text | n:int64", [["+4930123", 1], ["+4930124", 2]]),
    right("huge.csv", "n,m\n12345678901234567890,1\n2,2\n", "n:text | m:int64", [["12345678901234567890", 1], ["2", 2]]),
    right("int64_ends.csv", "n\n9223372036854775807\n-9223372036854775808\n", "n:int64", [[9223372036854775807], [-9223372036854775808]]),
    right("large_missing.csv", "n,b\n9007199254740993,1\n,2\n", "n:Int64 | b:int64", [[9007199254740993, 1], [None, 2]]),
    right("large_and_decimals.csv", "n,b\n9007199254740993,1\n0.5,2\n", "n:text | b:int64", [["9007199254740993", 1], ["0.5", 2]]),
    right("exponents.csv", "n,m\n1e3,1\n2.5E-2,2\n", "n:float64 | m:int64", [[1000.0, 1], [0.025, 2]]),
    right("hexadecimal.csv", "n,m\n0x1F,1\n0xFF,2\n", "n:text | m:int64", [["0x1F", 1], ["0xFF", 2]]),
    right("underscores.csv", "n;m\n1_000;1,5\n2_000;2,5\n", "n:text | m:float64", [["1_000", 1.5], ["2_000", 2.5]]),
    right("spaced_numbers.csv", "n,m\n 1,2\n 3,4\n", "n:int64 | m:int64", [[1, 2], [3, 4]]),
    right("money.csv", 'n,m\n"$1,234.50",1\n$3.00,2\n', "n:text | m:int64", [["$1,234.50", 1], ["$3.00", 2]]),
    right("percent.csv", "n;m\n12,5 %;1\n3,0 %;2\n", "n:text | m:int64", [["12,5 %", 1], ["3,0 %", 2]]),
    right("mixed_column.csv", "n,m\n1,1\nabc,2\n", "n:text | m:int64", [["1", 1], ["abc", 2]]),
    right("truth.csv", "a,b\ntrue,TRUE\nfalse,\n", "a:bool | b:object of bool", [[True, True], [False, None]]),
    right("dates.csv", "d,t\n2024-01-02,10:30\n2024-12-31,23:59\n", "d:text | t:text", [["2024-01-02", "10:30"], ["2024-12-31", "23:59"]]),
]

MISSING = [
    right("na_country.csv", "country,n\nNA,1\nDE,2\nFR,3\nUS,4\n", "country:text | n:int64", [["NA", 1], ["DE", 2], ["FR", 3], ["US", 4]]),
    right("na_missing.csv", "name,n\nNA,1\nBerlin,NA\nParis,3\n", "name:text | n:float64", [[None, 1.0], ["Berlin", None], ["Paris", 3.0]], reading={"missing_spellings": ["", "NA"]}),
    right("na_beside_empty.csv", "a,b\nNA,1\n,2\nNorth,3\n", "a:text | b:int64", [["NA", 1], [None, 2], ["North", 3]]),
    right("missing_spellings.csv", "a,b,c,d\nNULL,N/A,nan,1\nx,2,#N/A,2\n", "a:text | b:float64 | c:float64 | d:int64", [[None, None, None, 1], ["x", 2.0, None, 2]]),
    right("dashes.csv", "n,t\n1,-\n-,x\n3,y\n", "n:float64 | t:text", [[1.0, "-"], [None, "x"], [3.0, "y"]], notes=["Column 't' has 1 cells '-'"]),
    right("none_is_a_word.csv", "veneer,n\nNone,1\nStone,2\nBrick,3\n", "veneer:text | n:int64", [["None", 1], ["Stone", 2], ["Brick", 3]]),
    right("missing_said.csv", "n,t\n-999,x\n3,-999\n", "n:float64 | t:text", [[None, "x"], [3.0, None]], options={"missing_spellings": ["-999"]}),
    right("empty_column.csv", "a,b\n,1\n,2\n", "a:float64 | b:int64", [[None, 1], [None, 2]]),
    right("no_rows.csv", "a,b\n", "a:float64 | b:float64", []),
]

HEADERS = [
    right("comments.csv", "# made by us\n# in 2024\na,b\n1,2\n3,4\n", "a:int64 | b:int64", [[1, 2], [3, 4]], reading={"header_row": 3}, notes=["comments or titles"]),
    right("comments_padded.csv", "# made by us,\n# in 2024,\na,b\n1,2\n", "a:int64 | b:int64", [[1, 2]], reading={"header_row": 3}),
    right("title.csv", "Sales of May\n\na,b\n1,2\n3,4\n", "a:int64 | b:int64", [[1, 2], [3, 4]], reading={"header_row": 3}),
    right("title_padded.csv", "Sales report;;;\n;;;\nid;who;n;m\n1;x;2;3\n4;y;5;6\n", "id:int64 | who:text | n:int64 | m:int64", [[1, "x", 2, 3], [4, "y", 5, 6]], reading={"header_row": 3}, notes=["titles"]),
    right("title_padded_narrow.csv", "Sales report;\nwho;n\nx;1\ny;2\n", "who:text | n:int64", [["x", 1], ["y", 2]], reading={"header_row": 2}),
    right("title_padded_texts.csv", "Staff,,\nname,city,role\nAnn,Rom,cook\nBob,Bern,smith\n", "name:text | city:text | role:text", [["Ann", "Rom", "cook"], ["Bob", "Bern", "smith"]]),
    right("hash_name.csv", "#id,b\n1,2\n3,4\n", "#id:int64 | b:int64", [[1, 2], [3, 4]]),
    right("no_header.csv", "1,x,2.5\n2,y,3.5\n", "column_1:int64 | column_2:text | column_3:float64", [[1, "x", 2.5], [2, "y", 3.5]], reading={"header_row": 0}, notes=["looks like data"]),
    right("no_header_said.csv", "x,y\nz,w\n", "column_1:text | column_2:text", [["x", "y"], ["z", "w"]], options={"header_row": 0}),
    right("header_row_said.csv", "x,1\na,b\n1,2\n", "a:int64 | b:int64", [[1, 2]], options={"header_row": 2}),
    right("years.csv", "who,2019,2020\nx,1,2\ny,3,4\n", "who:text | 2019:int64 | 2020:int64", [["x", 1, 2], ["y", 3, 4]]),
    right("index_column.csv", ",b\n0,x\n1,y\n", "column_1:int64 | b:text", [[0, "x"], [1, "y"]]),
    right("spaces_in_names.csv", " a , b c \n1,2\n", "a:int64 | b c:int64", [[1, 2]]),
    right("trailing_delimiter.csv", "a,b,c\n1,4,7,\n2,5,8,\n3,6,9,\n", "a:int64 | b:int64 | c:int64", [[1, 4, 7], [2, 5, 8], [3, 6, 9]], notes=["ends with a delimiter"]),
    right("trailing_delimiter_everywhere.csv", "a;b;\n1;x;\n2;y;\n", "a:int64 | b:text", [[1, "x"], [2, "y"]]),
    right("trailing_delimiter_no_header.txt", "1|2|3|\n4|5|6|\n", "column_1:int64 | column_2:int64 | column_3:int64", [[1, 2, 3], [4, 5, 6]]),
    right("blank_lines.csv", "\n\na,b\n1,2\n\n3,4\n\n", "a:int64 | b:int64", [[1, 2], [3, 4]], reading={"header_row": 3}),
    right("text_behind_blank_line.csv", "name,n\nx,1\ny,2\n\nz,3\n", "name:text | n:int64", [["x", 1], ["y", 2], ["z", 3]]),
]

FAULTS = [
    refused("empty.csv", b"", "empty", "line of column names"),
    refused("only_blank_lines.csv", b"\n\n\n", "empty", "line of column names"),
    refused("ragged_long.csv", "a,b\n1,2\n3,4\n5,6,7\n", "3 cells in line 4 where the names are 2", "correct the line", line=4),
    refused("ragged_short.csv", 'a,b,c\n"x\ny",2,3\n3,4\n', "2 cells in line 4 where the names are 3", "complete the line", line=4),
    refused("ragged_utf16.csv", b"\xff\xfe" + "a,b\n1,2\n3\n".encode("utf-16-le"), "1 cell in line 3", "complete the line", line=3),
    refused("ragged_space_before_quote.csv", 'a, b\n"x", "y, z"\n"x", "y", 3\n"x", "y"\n', "3 cells in line 3", "correct the line", line=3),
    refused("footer.csv", "who;n;m\na;1;2\nb;3;4\nTotal;4\n", "2 cells in line 4", "remove it if it is a total", line=4),
    refused("footer_note.csv", "who,n\na,1\nb,2\n\nSource: office\n", "1 cell in line 5", "a note", line=5),
    refused("two_tables.csv", "a,b\n1,2\n\nc,d,e\n1,2,3\n", "3 cells in line 4", "correct the line", line=4),
    refused("two_tables_even.csv", "a,b\n1,2\n3,4\n\nc,d\n5,6\n7,8\n", "second table in line 5", "its own file", line=5),
    refused("joined.csv", "a,b\n1,2\na,b\n3,4\n", "column names again in line 3", "remove it", line=3),
    refused("duplicate_names.csv", "a,b,a\n1,2,3\n", "two columns named 'a' in line 1", "rename one", line=1),
    refused("duplicate_names_title.csv", "Title\n\na;b;a\n1;2;3\n4;5;6\n", "two columns named 'a' in line 3", "rename one", line=3),
    refused("nul.csv", b"a,b\n1,2\nx\x00y,3\n", "NUL byte in line 3", "remove it", line=3),
    refused("trailing_filled.csv", "a,b,\n" + "1,2,\n" * 250 + "3,4,5\n", "a cell without a name at the end of line 252", "name its column in line 1", line=252),
    refused("header_row_beyond.csv", "a,b\n1,2\n", "no names in line 9", "correct read_options.header_row", options={"header_row": 9}),
]

OTHERS = [
    right("blanks.txt", "a b c\n1 2 3\n4 5 6\n", "a:int64 | b:int64 | c:int64", [[1, 2, 3], [4, 5, 6]], reading={"delimiter": " "}, notes=["parted by blanks"]),
    right("blanks_aligned.txt", "who    n   m\nAnn    2   3\nBarb   50  6\n", "who:text | n:int64 | m:int64", [["Ann", 2, 3], ["Barb", 50, 6]]),
    right("names_of_two_words.txt", "full name\nAnn Lee\nBob Ray\n", "full name:text", [["Ann Lee"], ["Bob Ray"]]),
    right("tilde.csv", "a~b\n1~x\n", "a:int64 | b:text", [[1, "x"]], reading={"delimiter": "~"}),
    right("sentences.csv", "review\nGood, cheap\nNot so good, but ok, really\nfine\n", "review:text", [["Good, cheap"], ["Not so good, but ok, really"], ["fine"]], notes=["there is one column"]),
    right("one_column_decimal_comma.csv", "preis\n1,5\n2,5\n", "preis:float64", [[1.5], [2.5]], reading={"decimal": ","}, notes=["there is one column"]),
    right("title_of_two_cells.csv", "Report,2024,\nname,n,m\nx,1,2\ny,3,4\n", "name:text | n:int64 | m:int64", [["x", 1, 2], ["y", 3, 4]], notes=["Line 1 is a comment or a title"]),
    right(
        "bank_statement.csv",
        "Kontoauszug;;;\r\nIBAN;DE89370400440532013000;;\r\n;;;\r\nBuchung;Empfänger;Betrag;Währung\r\n"
        "01.03.2024;Müller & Söhne;-1250,00;EUR\r\n02.03.2024;Café;-3,80;EUR\r\n".encode("cp1252"),
        "Buchung:text | Empfänger:text | Betrag:float64 | Währung:text",
        [["01.03.2024", "Müller & Söhne", -1250.0, "EUR"], ["02.03.2024", "Café", -3.8, "EUR"]],
        reading={"header_row": 4, "decimal": ","},
    ),
    right(
        "title_padded_blank.csv",
        "Staff,,\n,,\nname,city,role\nAnn,Rom,cook\nBob,Bern,smith\n",
        "name:text | city:text | role:text",
        [["Ann", "Rom", "cook"], ["Bob", "Bern", "smith"]],
    ),
    right(
        "logger.txt",
        "# logger 7 v1.2\n# columns: t T p\n0.0    21.5   1013.2\n0.5    21.6   1013.1\n1.0    21.6   1013.0\n",
        "column_1:float64 | column_2:float64 | column_3:float64",
        [[0.0, 21.5, 1013.2], [0.5, 21.6, 1013.1], [1.0, 21.6, 1013.0]],
        notes=["comments or titles"],
    ),
    right(
        "crystal_report.txt",
        b"\xff\xfe" + "Exported by Crystal\n\nsku\tqty\tprice\n'A-1'\t1\t0,99\n'A-2'\t12\t10,49\n".encode("utf-16-le"),
        "sku:text | qty:int64 | price:float64",
        [["A-1", 1, 0.99], ["A-2", 12, 10.49]],
        reading={"quote": "'", "decimal": ",", "header_row": 3},
    ),
    right(
        "dutch_shop.csv",
        '"id";"naam";"bedrag"\r\n"1";"d\'Hondt; J.";"€ 1.234,50"\r\n"2";"Van \'t Hof";"€ 12,00"\r\n',
        "id:int64 | naam:text | bedrag:text",
        [[1, "d'Hondt; J.", "€ 1.234,50"], [2, "Van 't Hof", "€ 12,00"]],
    ),
    right(
        "web_log.csv",
        'time,host,msg\n2024-01-01T00:00:00Z,web1,"GET /a?x=1,2 \\"curl\\""\n2024-01-01T00:00:01Z,web2,"POST /b"\n',
        "time:text | host:text | msg:text",
        [["2024-01-01T00:00:00Z", "web1", 'GET /a?x=1,2 "curl"'], ["2024-01-01T00:00:01Z", "web2", "POST /b"]],
    ),
    refused(
        "report_footer.csv",
        "a,b,c\n1,2,3\n4,5,6\nTotal,7,9\n\nGenerated 2024-05-01 by reportd\n",
        "1 cell in line 6",
        "a note",
        line=6,
    ),
    right("names_missing.csv", "a,,\n1,2,3\n", "a:int64 | column_2:int64 | column_3:int64", [[1, 2, 3]]),
    right("mysql_null.tsv", "a\tb\n1\t\\N\n\\N\tx\n", "a:float64 | b:text", [[1.0, None], [None, "x"]], reading={"missing_spellings": ["", "\\N"]}),
    right("only_names.csv", "a,b", "a:float64 | b:float64", []),
    right("only_one_row.csv", "1,2.5", "column_1:int64 | column_2:float64", [[1, 2.5]], notes=["looks like data"]),
    right("excel_text_formula.csv", 'a,b\n="00123",1\n="00456",2\n', "a:text | b:int64", [['="00123"', 1], ['="00456"', 2]]),
    right("thousands_apostrophe.csv", "n;m\n1'234.50;2\n12'000.00;3\n", "n:text | m:int64", [["1'234.50", 2], ["12'000.00", 3]], notes=["sign for thousands"]),
    refused("names_further_down.csv", "Station,Berlin\nLat,52.5\n\ndate,temp,rain\n2024-01-01,1.5,0\n", "3 cells in line 4", "read_options.header_row", line=4),
    right("names_further_down_said.csv", "Station,Berlin\nLat,52.5\n\ndate,temp,rain\n2024-01-01,1.5,0\n", "date:text | temp:float64 | rain:int64", [["2024-01-01", 1.5, 0]], options={"header_row": 4}),
    refused("web_page.csv", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "is a web page", "export the table as csv", line=1),
    refused("json_named.csv", '[{"a": 1}]', "holds JSON", "name it .json", line=1),
    refused("gzip_named.csv", gzip.compress(PEOPLE.encode(), mtime=0), "packed by gzip", "name it .csv.gz"),
    refused("spreadsheet_named.csv", b"PK\x03\x04\x14\0\0\0", "a spreadsheet", "name it .zip, .xlsx or .ods"),
    refused("text_named.xls", "a\tb\n1\t2\n", "not a readable spreadsheet", "name it .csv if it is text"),
    refused("open_quote.csv", 'a,b\n"x,1\ny,2\n', "1 cell in line 2", "complete the line", line=2),
]

CASES = [*OTHERS, *DELIMITERS, *QUOTES, *ENCODINGS, *NUMBERS, *MISSING, *HEADERS, *FAULTS]
