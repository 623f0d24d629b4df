"""The corpus benchmark judges by the public contract: right, wrong with a reason, rejected."""

import json
from pathlib import Path

import pytest

from benchmarks import loghub, multiline
from benchmarks.corpus import MATERIALS, main, misses, report, rows

ACCESS = '192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET /a?b HTTP/1.1" 200 512 "-" "curl/8.9.1"'
ERROR = "2026/01/22 14:59:12 [error] 7#8: *9 failed, client: 192.0.2.7, server: _"
LINES = {
    "right": (ACCESS, {"remote_addr": "192.0.2.7", "path": "/a?b", "referer_dash": True}, False),
    "in syslog": (f"Jan 22 14:53:35 web nginx[7]: {ACCESS}", {"bytes": 512}, False),
    "time": (ACCESS, {"time": "2026-01-22T15:53:35+01:00", "http_version": "1.1"}, False),
    "wrong": (ACCESS, {"status": 404, "method": "GET"}, False),
    "rejected": ("no access line", {}, True),
    "not rejected": (ACCESS, {}, True),
}


def written(folder: Path) -> Path:
    each = [
        {"id": name, "raw": raw, "expected": expected, "reject": reject, "family": "nginx"}
        for name, (raw, expected, reject) in LINES.items()
    ]
    (folder / "access.jsonl").write_text("".join(json.dumps(row) + "\n" for row in each))
    return folder


@pytest.mark.timeout(120)  # every row chooses its format
def test_every_miss_is_listed_with_its_reason(tmp_path):
    material = MATERIALS[0]
    measured = rows(written(tmp_path), material)

    for named in (True, False):
        found = {miss.row: miss.reason for miss in misses(material, measured, named=named)}

        assert found == {
            "wrong": "status: 200 instead of 404",
            "not rejected": "parsed as nginx_access",
        }


def test_records_of_several_lines_are_rows_too(tmp_path):
    material = MATERIALS[1]
    expected = {"time": "2026-01-22T14:59:12", "level": "error", "cid": 9, "client": "192.0.2.7"}
    raw = ERROR.replace("failed", "FastCGI sent in stderr:\nPHP message: a")
    row = {"id": "several", "raw": raw, "expected": expected | {"level": 3}}
    (tmp_path / material.file).write_text(json.dumps(row) + "\n")

    assert report(material, tmp_path) == {"rows": 1, "named": 1.0, "auto": 1.0}


def test_a_folder_without_a_corpus_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["corpus", "--corpus", str(tmp_path)])

    assert main() == 1
    assert "has no access.jsonl, nginx_error.jsonl" in capsys.readouterr().err


def test_of_a_level_the_severity_and_the_time_are_judged(tmp_path):
    material = next(each for each in MATERIALS if each.file == "level.jsonl")
    lines = [
        {"id": "right", "raw": "2026-01-02 03:04:05 WARN low", "level": "warning"},
        {"id": "trace", "raw": "2026-01-02 03:04:05 TRACE low", "level": "trace"},
        {"id": "several", "raw": "ERROR failed\n  at a\nnext", "level": "error"},
        {"id": "unknown", "raw": "what", "level": None},
        {"id": "severity", "raw": "2026-01-02 03:04:05 WARN low", "level": "error"},
        {"id": "time", "raw": "WARN low", "level": "warning", "time": "2026-01-02T03:04:05"},
    ]
    (tmp_path / material.file).write_text("".join(json.dumps(line) + "\n" for line in lines))

    found = misses(material, rows(tmp_path, material), named=False)

    assert ["severity", "time"] == [miss.row for miss in found]
    assert found[0].reason.startswith("severity: 'warning' instead of 'error'; 2026-01-02")
    assert report(material, tmp_path) == {"rows": 5, "auto": 0.6}


def test_of_a_whole_log_the_lines_with_a_time_and_a_level_are_counted(tmp_path):
    folder = tmp_path / "loghub"
    folder.mkdir()
    line = "26/01/02 03:04:05 INFO storage.Block: found\n"
    (folder / "Spark_2k.log").write_text(line * 100)

    (path,) = loghub.logs(tmp_path)
    figures = loghub.report(path)

    assert figures.pop("lines_per_s", 0)
    assert figures == {
        "lines": 100,
        "records": 100,
        "times": 100,
        "levels": 100,
        "levels_stated": 100,
        "format": "spark",
    }


def test_of_records_of_several_lines_the_exact_groups_are_counted(tmp_path, capsys):
    record = "2026-01-02 03:04:05 ERROR failed\n  at a\n"
    lines = [
        {"id": "right", "raw": record * 2, "expected": {"groups": [record] * 2}},
        {"id": "wrong", "raw": record * 2, "expected": {"groups": [record * 2]}},
    ]
    path = tmp_path / multiline.FILE
    path.write_text("".join(json.dumps(line | {"kind": "java"}) + "\n" for line in lines))

    figures = multiline.report(path)

    assert figures == {"rows": 2, "auto": 0.5}
    said = capsys.readouterr().out
    assert "1 of 2 grouped exactly (50.0%)" in said
    assert "  wrong: 2 records instead of 1 (java, format " in said
    assert "from line 3: '2026-01-02 03:04:05 ERROR failed'" in said
