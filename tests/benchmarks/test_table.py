"""What is printed and what is kept."""

import json

from benchmarks.table import Row, machine, show, write

ROWS = [
    Row("language", "Assay 1", 90.04, "MB/s", 24.0, rounds={"cpu": [0.2, 0.3]}),
    Row("language", "peer 2", 5.6, "MB/s", 5.0, 16.07, ">= 15x", True, "the same"),
    Row("start", "Assay 1", 6.0, "s", aim="< 5 s", met=False),
]


def test_the_table_says_whether_aims_are_met(capsys):
    show("Title", ROWS)
    printed = capsys.readouterr().out
    assert "Title" in printed
    lines = [
        [cell.strip() for cell in line.split("│")] for line in printed.splitlines() if line.startswith("│")
    ]
    assert lines[0][1:-1] == ["language", "Assay 1", "24.0", "90.0 MB/s", "", "", ""]
    assert lines[1][1:-1] == ["", "peer 2", "5.0", "5.60 MB/s", "16.1x", ">= 15x ✓", "the same"]
    assert lines[2][1:-1] == ["start", "Assay 1", "", "6.00 s", "", "< 5 s ✗", ""]


def test_all_rounds_are_kept(tmp_path):
    path = tmp_path / "runs" / "results.json"
    write(path, ROWS)
    kept = json.loads(path.read_text())
    assert kept["rows"][0]["rounds"] == {"cpu": [0.2, 0.3]}
    assert kept["machine"] == machine()
    assert kept["machine"]["cpus"] >= 1
