"""One scan for many literals."""

import subprocess
import sys

import pytest

from rules.multimatch import MultiMatch, Needle


def hits(raw, *needles):
    return sorted(zip(*MultiMatch(needles).scan(raw), strict=True))


def test_every_occurrence_is_reported_with_where_it_ends():
    assert hits(b"abcd..abcd", Needle(b"abcd", 7)) == [(7, 4), (7, 10)]


def test_two_needles_may_report_the_same_number():
    assert hits(b"recv() send()", Needle(b"recv()", 1), Needle(b"send()", 1)) == [(1, 6), (1, 13)]


def test_equal_needles_report_each_of_their_numbers():
    assert hits(b"abcd", Needle(b"abcd", 1), Needle(b"abcd", 2)) == [(1, 4), (2, 4)]


def test_nothing_in_a_needle_is_special():
    assert hits(b"a.*$\\(b", Needle(b".*$\\(", 1)) == [(1, 6)]


def test_case_counts_unless_it_is_said_not_to():
    assert hits(b"Error ERROR", Needle(b"error", 1)) == []
    assert hits(b"Error ERROR", Needle(b"error", 1, caseless=True)) == [(1, 5), (1, 11)]


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\n" * 100])
def test_any_bytes_can_be_scanned(raw):
    assert hits(raw, Needle(b"abcd", 1)) == []


def test_no_needles_find_nothing():
    assert MultiMatch([]).scan(b"abc") == ([], [])


def test_hyperscan_is_not_loaded_before_there_is_something_to_scan_for():
    program = "import sys, rules.match; sys.exit('hyperscan' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
