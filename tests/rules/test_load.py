"""Packs from disk: which, in what order, and what happens to bad ones."""

import pytest

from rules.load import SHIPPED, load
from tests.rules.packs import loaded, pack, rule


def said(result):
    return [finding.what for finding in result.findings]


def test_the_shipped_packs_load_without_a_finding():
    assert [finding.render() for finding in load().findings] == []


def test_shipped_packs_are_read_in_the_order_of_their_names():
    paths = [place.pack.document.path for place in load().places.values()]

    assert paths == sorted(paths, key=lambda path: path.split("/"))
    assert paths[0].startswith(f"{SHIPPED.name}/ceph/")


def test_files_of_a_folder_are_read_in_the_order_of_their_names(tmp_path):
    for name in ("b", "a", "c"):
        pack(tmp_path, rule(f"x.{name}"), name=f"{name}.yaml")

    result = load([tmp_path], shipped=False)

    assert [each.id for each in result.rules] == ["x.a", "x.b", "x.c"]


def test_a_users_rules_answer_before_the_shipped_ones(tmp_path):
    result = load([pack(tmp_path, rule("x.own"))])

    assert result.rules[0].id == "x.own"
    assert len(result.rules) > 1


def test_a_file_with_an_error_is_left_out_and_the_others_stay(tmp_path):
    pack(tmp_path, rule("x.good"), name="good.yaml")
    (tmp_path / "bad.yaml").write_text("rules: [{id: x.bad}]\n")

    result = load([tmp_path], shipped=False)

    assert [each.id for each in result.rules] == ["x.good"]
    assert {finding.path for finding in result.findings} == {str(tmp_path / "bad.yaml")}


def test_an_id_used_twice_is_an_error_that_names_the_first(tmp_path):
    result = loaded(tmp_path, rule("x.a"), rule("x.a"))

    assert said(result) == [f"rule id x.a is taken by {tmp_path / 'pack.yaml'}:2"]


def test_a_shipped_id_is_not_taken_over_by_accident(tmp_path):
    shipped = load().rules[0].id

    result = load([pack(tmp_path, rule(shipped))])

    assert len(result.findings) == 1
    assert result.findings[0].path == str(tmp_path / "pack.yaml")
    assert f"`replaces: {shipped}`" in result.findings[0].fix


@pytest.mark.parametrize("keep_id", [True, False])
def test_replaces_puts_a_users_rule_in_the_place_of_a_shipped_one(tmp_path, keep_id):
    shipped = load().rules[0].id
    own = shipped if keep_id else "x.own"

    result = load([pack(tmp_path, rule(own, replaces=shipped))])

    assert result.findings == ()
    assert result.rules[0].id == own
    assert sum(each.id == shipped for each in result.rules) == keep_id


def test_replacing_what_is_not_shipped_is_an_error(tmp_path):
    result = load([pack(tmp_path, rule("x.own", replaces=load().rules[0].id + "x"))])

    assert "names no shipped rule" in said(result)[0]


def test_a_missing_folder_is_a_finding(tmp_path):
    assert said(load([tmp_path / "none"], shipped=False)) == ["no such folder of rules"]


def test_an_unreadable_file_is_a_finding(tmp_path):
    """A folder named like a pack cannot be read by anybody, not even by root."""
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "folder.yaml").mkdir()

    assert load([tmp_path], shipped=False).rules == ()


def test_a_file_that_is_not_utf8_is_a_finding(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"rules: \xe9\n")

    assert said(load([tmp_path], shipped=False)) == ["is not UTF-8 (byte 7)"]


def test_both_endings_of_yaml_files_are_read(tmp_path):
    pack(tmp_path, rule("x.a"), name="a.yml")

    assert len(load([tmp_path], shipped=False).rules) == 1


@pytest.mark.parametrize("key", ["cause", "check", "remedy"])
def test_every_shipped_rule_says_why_and_what_to_do(key):
    assert [each.id for each in load().rules if not getattr(each, key)] == []
