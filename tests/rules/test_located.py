"""Reading YAML strictly, with the place of everything."""

from collections.abc import Collection

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rules import located
from rules.located import read
from rules.positions import Position


def what(text: str, *, quoted: Collection[str] = ()) -> list[str]:
    return [finding.what for finding in read(text, "x.yaml", quoted=quoted).findings]


def test_every_scalar_stays_text():
    document = read("a: 1\nb: true\nc: null\nd: 2026-01-02\ne: ~\nf: 1e3\n", "x.yaml")

    assert document.content == {
        "a": "1", "b": "true", "c": "null", "d": "2026-01-02", "e": "~", "f": "1e3",
    }  # fmt: skip


def test_only_nothing_at_all_is_none():
    assert read("a:\nb: ''\n", "x.yaml").content == {"a": None, "b": ""}


def test_an_empty_file_is_none_without_a_finding():
    document = read("", "x.yaml")

    assert (document.content, document.findings) == (None, [])


def test_values_know_line_column_width_and_the_line():
    document = read("rules:\n  - id: a\n    severity: eror\n", "x.yaml")

    position = document.positions.of(("rules", 0, "severity"))

    assert position == Position(3, 15, 4, "    severity: eror")


def test_keys_know_their_place_too():
    document = read("a: 1\nbb: 2\n", "x.yaml")

    assert document.positions.of_key(("bb",)) == Position(2, 1, 2, "bb: 2")


def test_a_missing_value_stands_where_its_parent_does():
    document = read("rules:\n  - id: a\n", "x.yaml")

    assert document.positions.of(("rules", 0, "match", "x")).line == 2


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("m: 'abc'\n", 2, 1, 7),
        ("m: 'it''s'\n", 3, 1, 9),
        ("m: abc\n", 1, 1, 5),
        ("m: |-\n  ab\n  cd\n", 4, 3, 4),
        ('m: "a\\tb"\n', 2, 1, 4),
        ("m: >-\n  ab\n  cd\n", 4, 1, 4),
    ],
    ids=["single", "doubled quote", "bare", "block", "double: its start", "folded: its start"],
)
def test_a_character_inside_a_text_is_found(text, offset, line, column):
    position = read(text, "x.yaml").positions.inside(("m",), offset)

    assert (position.line, position.column) == (line, column)


def test_a_duplicate_key_names_the_line_of_the_first():
    assert what("a: 1\nb: 2\na: 3\n") == ["key `a` stands twice; the first is in line 1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\n", "an anchor (`&x`)"),
        ("a: *x\n", "an alias (`*x`)"),
        ("a: !!int 1\n", "a tag (`!!int`)"),
        ("a: !own 1\n", "a tag (`!own`)"),
        ("<<: {a: b}\n", "a merge key (`<<`)"),
        ("a: [&x 1]\n", "an anchor (`&x`)"),
        ("a: &x {b: c}\n", "an anchor (`&x`)"),
    ],
)
def test_what_yaml_would_expand_is_refused(text, expected):
    assert what(text) == [expected]


def test_a_quoted_text_may_begin_with_the_same_characters():
    assert what("a: '&x'\nb: '*x'\nc: '!x'\n'<<': d\n") == []


@pytest.mark.parametrize("value", ["'a # b'", '"a"', "|-\n  a", ">-\n  a"])
def test_quotes_and_blocks_are_accepted_where_they_are_demanded(value):
    assert what(f"match: {value}\n", quoted=["match"]) == []


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_a_bare_text_is_refused_where_quotes_are_demanded(monkeypatch, loader):
    """The loaders disagree on the style of a bare scalar: None and an empty string."""
    monkeypatch.setattr(located, "_LOADER", loader)

    assert what("a: [{match: b}]\n", quoted=["match"]) == [
        "`match` is neither in quotes nor a block"
    ]


def test_what_is_no_yaml_has_no_content():
    document = read("a: [1\nb: 2\n", "x.yaml")

    assert document.content is None
    assert len(document.findings) == 1


def test_deep_nesting_is_refused_before_the_stack_ends():
    assert what("[" * 100_000) == ["YAML: this is nested too deeply"]


def test_a_byte_order_mark_does_not_move_the_columns():
    assert read("\ufeffa: b\n", "x.yaml").positions.of(("a",)).column == 4


def test_windows_line_ends_do_not_reach_the_values():
    document = read("a: b\r\nc: d\r\n", "x.yaml")

    assert document.content == {"a": "b", "c": "d"}
    assert document.positions.of(("c",)).text == "c: d"


@given(st.text(alphabet=st.sampled_from("ab:-'\"|>&*!{}[]#,?%@ \n\t\x00é\u2028"), max_size=40))
def test_no_text_whatever_raises(text):
    document = read(text, "x.yaml", quoted=["a"])

    assert all(finding.line >= 1 for finding in document.findings)
    assert all(finding.render() for finding in document.findings)


@given(st.dictionaries(st.text("abc", min_size=1), st.text(), max_size=4))
def test_what_pyyaml_writes_is_read_back(content):
    text = yaml.safe_dump(content, default_style='"', allow_unicode=False)

    document = read(text, "x.yaml")

    assert document.findings == []
    assert (document.content or {}) == content
