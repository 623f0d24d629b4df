"""nginx's sources while the agent runs: what is told, and what a change of nginx.conf does."""

import logging
import shutil
import time
from pathlib import Path

import pytest

from agent.commands.configuration import wants_nginx
from agent.config import Config, SourceConfig
from agent.nginx_live import LiveNginx
from agent.nginx_where import Machine
from agent.settings import read_config

WEB = "http { access_log /var/log/web.log; }"


class Site:
    """A configuration, and all that is told of it."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.conf = folder / "nginx.conf"
        self.live = LiveNginx(Machine(folder / "proc", [], "", {}, {}))
        self._caplog = caplog
        self.write(WEB)

    def write(self, text: str) -> None:
        # A file of its own each time, so that a change within one tick of the clock is one.
        new = self.conf.with_suffix(".new")
        new.write_text(text)
        new.replace(self.conf)

    def read(self) -> list[str]:
        self.live.read(str(self.conf))
        return self.told()

    def told(self) -> list[str]:
        told = [record.getMessage() for record in self._caplog.records]
        self._caplog.clear()
        return told

    def sources(self, config: Config | None = None) -> dict[str, SourceConfig]:
        return self.live.laid_under(config or Config()).sources

    def looks(self) -> list[bool]:
        return [self.live.changed(), self.live.changed()]


@pytest.fixture
def site(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Site:
    caplog.set_level(logging.INFO)
    return Site(tmp_path, caplog)


def test_each_source_is_told_in_one_line(site: Site) -> None:
    site.write("error_log /e.log; " + WEB)

    assert site.read() == [
        f"nginx source nginx: /var/log/web.log as combined ({site.conf}:1)",
        f"nginx source nginx_errors: /e.log as nginx_error ({site.conf}:1)",
    ]


def test_what_cannot_be_followed_is_told_once(site: Site) -> None:
    site.write("error_log stderr; " + WEB)

    told = site.read()

    assert told[-1] == (
        f"nginx: cannot be followed: error_log stderr ({site.conf}:1) goes to the standard error of"
        " nginx, not to a file; add a line beside it that names a file; nginx writes to all of them"
    )
    assert site.read() == []


def test_nothing_changed_is_no_change(site: Site) -> None:
    site.read()

    assert site.looks() == [False, False]
    assert site.told() == []


def test_a_change_is_told_in_one_line_and_makes_other_sources(site: Site) -> None:
    site.read()
    site.write("http { server { server_name shop; access_log /shop.log; } }")

    assert site.looks() == [False, True]
    assert site.told() == [
        f"nginx's configuration has changed ({site.conf}): new: shop (/shop.log); gone: nginx"
    ]
    assert list(site.sources()) == ["shop", "nginx_errors"]
    assert site.looks() == [False, False]


def test_a_change_while_it_is_being_written_is_waited_for(site: Site) -> None:
    site.read()
    site.write("http {")
    first = site.live.changed()
    site.write("http { access_log /other.log; }")

    assert [first, *site.looks()] == [False, False, True]
    assert site.sources()["nginx"].paths == ("/other.log",)


def test_a_file_that_comes_into_an_included_folder_is_a_change(site: Site) -> None:
    site.write("http { include sites/*.conf; }")
    site.read()
    (site.conf.parent / "sites").mkdir()
    (site.conf.parent / "sites/a.conf").write_text("server { server_name a; access_log /a.log; }")

    assert site.looks() == [False, True]
    assert "a" in site.sources()


def test_a_change_that_makes_no_other_sources_is_only_told(site: Site) -> None:
    site.read()
    site.write("worker_processes 4; " + WEB)

    assert site.looks() == [False, False]
    assert site.told() == [f"nginx's configuration has changed ({site.conf}), its logs have not"]


def test_a_broken_configuration_changes_nothing_and_is_told_in_one_line(site: Site) -> None:
    site.read()
    site.write("http { access_log /other.log; server {")

    assert site.looks() == [False, False]
    assert site.told() == [
        f"{site.conf}:1:31: the block `server` that opens here is never closed; the sources stay as"
        " they are until that is mended"
    ]
    assert site.sources()["nginx"].paths == ("/var/log/web.log",)
    assert site.looks() == [False, False]
    assert site.told() == []


def test_a_broken_configuration_that_is_mended_counts(site: Site) -> None:
    site.read()
    site.write("http { include gone.conf; }")
    site.looks()
    (site.conf.parent / "gone.conf").write_text("access_log /mended.log;")

    assert site.looks() == [False, True]
    assert site.sources()["nginx"].paths == ("/mended.log",)


def test_a_configuration_that_is_gone_changes_nothing_and_counts_when_it_is_back(
    site: Site,
) -> None:
    site.read()
    site.conf.unlink()

    assert site.looks() == [False, False]
    assert "cannot be read: no such file or directory" in site.told()[0]
    assert "nginx" in site.sources()

    site.write("http { access_log /back.log; }")

    assert site.looks() == [False, True]


def test_one_that_was_broken_from_the_start_is_taken_as_far_as_it_goes(site: Site) -> None:
    site.write("http { access_log /a.log; server {")
    site.read()
    site.write("http { access_log /b.log; server {")

    assert site.looks() == [False, True]
    assert site.sources()["nginx"].paths == ("/b.log",)


def test_a_changed_format_is_taken_beside_the_old_one(site: Site) -> None:
    """nginx writes the old one until it is reloaded."""
    form = "http { log_format m '%s'; access_log /a.log m; }"
    site.write(form % "$remote_addr $status")
    site.read()
    site.write(form % "$status $remote_addr")

    assert site.looks() == [False, True]
    assert site.sources()["nginx"].format == ("$status $remote_addr", "$remote_addr $status")
    assert site.told() == [
        f"nginx's configuration has changed ({site.conf}): nginx has another format; lines in the"
        " old one are understood as well"
    ]


def test_of_formats_that_change_again_and_again_only_the_last_is_kept(site: Site) -> None:
    form = "http { log_format m '%s'; access_log /a.log m; }"
    for text in ("$status", "$status $host", "$status $host $scheme"):
        site.write(form % text)
        site.read()

    assert site.sources()["nginx"].format == ("$status $host $scheme", "$status $host")


def test_a_path_that_moves_to_another_source_keeps_its_format(site: Site) -> None:
    site.read()
    site.write("http { server { server_name a; access_log /var/log/web.log; } }")
    site.read()

    assert site.sources()["a"].format == ("combined",)


def test_a_log_made_with_the_change_that_names_it_is_young_and_an_older_one_is_not(
    site: Site, tmp_path: Path
) -> None:
    site.read()
    site.live.changed()
    for name in ("old", "made"):
        (tmp_path / f"{name}.log").touch()
    site.write(
        f"http {{ server {{ server_name made; access_log {tmp_path}/made.log; }}"
        f" server {{ server_name later; access_log {tmp_path}/later.log; }} }}"
    )

    site.looks()

    assert site.live.young == {"made", "later"}

    site.live.wall_clock = lambda: time.time() + 60
    site.live.changed()
    site.write(f"http {{ server {{ server_name old; access_log {tmp_path}/old.log; }} }}")
    site.looks()

    assert site.live.young == set()


def test_sources_of_the_configuration_file_win(site: Site) -> None:
    site.write("error_log /var/log/error.log; " + WEB)
    site.read()
    own = {
        "nginx": SourceConfig(paths=("/mine.log",)),
        "errors": SourceConfig(paths=("/var/log/*error.log",)),
    }

    config = Config(sources=own)

    assert site.sources(config) == own


def test_one_path_of_a_source_may_be_somebody_elses(site: Site) -> None:
    logs = "access_log /a.log; location / { access_log /b.log; }"
    site.write(f"http {{ server {{ server_name a; {logs} }} }}")
    site.read()

    sources = site.sources(Config(sources={"mine": SourceConfig(paths=("/b.log",))}))

    assert sources["a"].paths == ("/a.log",)


@pytest.mark.parametrize(
    ("choice", "named", "sources", "wanted"),
    [
        ("auto", None, False, (True, None)),
        ("auto", None, True, (False, None)),
        ("on", None, True, (True, None)),
        ("off", None, False, (False, None)),
        ("/x/nginx.conf", None, True, (True, "/x/nginx.conf")),
        ("off", "y.conf", True, (True, "y.conf")),
    ],
)
def test_the_configuration_says_whether_nginx_is_followed(
    choice: str, named: str | None, sources: bool, wanted: tuple[bool, str | None]
) -> None:
    own = {"mine": SourceConfig(paths=("/b.log",))} if sources else {}

    assert wants_nginx(Config(sources=own, nginx=choice), named) == wanted


def test_nginx_is_a_word_or_a_whole_path() -> None:
    config, findings = read_config("nginx: nginx.conf\n", "c.yaml", {})

    assert config is None
    assert [finding.render() for finding in findings] == [
        'c.yaml:1:8: error: `nginx` is "nginx.conf"\n  | nginx: nginx.conf\n'
        "  |        ^^^^^^^^^^\n"
        "  fix: write one of: auto, on, off, or the whole path of an nginx.conf"
    ]


def test_a_folder_of_links_is_looked_at_through_them(site: Site, tmp_path: Path) -> None:
    """As in sites-enabled, whose links lead to sites-available."""
    (tmp_path / "available").mkdir()
    (tmp_path / "enabled").mkdir()
    target = tmp_path / "available/a"
    target.write_text("access_log /a.log;")
    (tmp_path / "enabled/a").symlink_to("../available/a")
    site.write("http { include enabled/*; }")
    site.read()
    target.write_text("access_log /a-new.log;")

    assert site.looks() == [False, True]

    shutil.rmtree(tmp_path / "available")

    assert site.looks() == [False, False]
    assert "cannot be read" in site.told()[-1]
