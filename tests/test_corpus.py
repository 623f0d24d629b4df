"""The corpus benchmark judges by the public contract: right, wrong with a reason, rejected."""

import json
from pathlib import Path

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
