"""JSON in the shapes in which programs write tables."""

import gzip

from building import refused, right

AB = "a:int64 | b:text"
ROWS = [[1, "x"], [2, "y"]]

CASES = [
    right("records.json", '[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]', AB, ROWS),
    right("pretty.json", '[\n  {\n    "a": 1,\n    "b": "x"\n  },\n  {\n    "a": 2,\n    "b": "y"\n  }\n]\n', AB, ROWS),
    right("lines.jsonl", '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', AB, ROWS),
    right("lines.ndjson", '{"a": 1, "b": "x"}\r\n\r\n{"a": 2, "b": "y"}', AB, ROWS),
    right("lines.json", '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', AB, ROWS),
    right("columns.json", '{"a": [1, 2], "b": ["x", "y"]}', AB, ROWS, notes=["Each key holds a column"]),
    right("columns_by_row.json", '{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', AB, ROWS, notes=["column"]),
    right("names_and_rows.json", '{"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]}', AB, ROWS),
    right("lists.json", '[["a", "b"], [1, "x"], [2, "y"]]', AB, ROWS),
    right("under_a_key.json", '{"count": 2, "results": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}', AB, ROWS, notes=["under 'results'; count beside it was left out"]),
    right("under_two_keys.json", '{"success": true, "result": {"records": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}}', AB, ROWS, notes=["under 'result.records'"]),
    right("table_schema.json", '{"schema": {"fields": [{"name": "a"}]}, "data": [{"a": 1, "b": "x"}]}', AB, ROWS[:1], notes=["under 'data'; schema beside it was left out"]),
    right("single.json", '{"a": 1, "b": "x"}', AB, ROWS[:1], notes=["one object"]),
    right("single_with_lists.jsonl", '{"tags": ["p", "q"], "n": 1}\n', "tags:object of list | n:int64", [[["p", "q"], 1]]),
    right("bom.json", '[{"a": 1, "b": "x"}]'.encode("utf-8-sig"), AB, ROWS[:1]),
    right("utf16.json", '[{"a": 1, "b": "Zoë"}]'.encode("utf-16"), AB, [[1, "Zoë"]], reading={"encoding": "utf-16"}),
    right("packed.jsonl.gz", gzip.compress(b'{"a": 1, "b": "x"}\n', mtime=0), AB, ROWS[:1]),
    right("missing_keys.jsonl", '{"a": 1}\n{"b": "y"}\n', "a:float64 | b:text", [[1.0, None], [None, "y"]]),
    right("large_ints.jsonl", '{"n": 9007199254740993}\n{"n": null}\n', "n:Int64", [[9007199254740993], [None]]),
    right("huge_ints.json", '[{"n": 123456789012345678901}]', "n:object of int", [[123456789012345678901]]),
    right("zeros.json", '[{"zip": "01234", "n": 1.0}]', "zip:text | n:float64", [["01234", 1.0]]),
    right("nested.json", '[{"a": [1, 2], "o": {"k": 1}}, {"a": null, "o": null}]', "a:object of list | o:object of dict", [[[1, 2], {"k": 1}], [None, None]]),
    right("truth.json", '[{"a": true}, {"a": null}]', "a:object of bool", [[True], [None]]),
    right("line_separators.jsonl", '{"a": 1, "b": "x\u2028y"}\n', AB, [[1, "x\u2028y"]]),
    refused("broken.jsonl", '{"a": 1}\n{"a": \n', "not JSON in line 2", "correct it", line=2),
    refused("broken.json", '[\n {"a": 1},\n {"a": 2\n]\n', "not JSON in line 4", "correct it", line=4),
    refused("cut_off.json", '{"a": [1, 2]', "not JSON in line 1", "correct it", line=1),
    refused("words.json", '["a", "b"]', "not a list of objects", "write one object a row"),
    refused("number_in_lines.jsonl", '{"a": 1}\n7\n', "no object in line 2", "write one object a line", line=2),
    refused("columns_uneven.json", '{"a": [1, 2], "b": [1], "c": [1, 2]}', "1 values in column 'b' where the others have 2", "complete it"),
    refused("two_lists.json", '{"p": [{"a": 1}], "q": [{"b": 2}]}', "2 lists of objects (p, q)", "keep one table in a file"),
    refused("same_key_twice.jsonl", '{"a": 1}\n{"a": 1, "a": 2}\n', "two values of 'a' in line 2", "keep one", line=2),
    refused("latin1.json", '[{"a": 1},\n{"a": "é"}]'.encode("latin-1"), "not in UTF-8 in line 2", "save it in UTF-8", line=2),
    refused("empty.json", b"", "empty", "one object a row"),
]
