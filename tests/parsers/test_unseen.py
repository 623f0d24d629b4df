"""What logs of strangers taught: each case came out wrong once, in a log that nobody had tried."""

from datetime import datetime

import pytest

from tests.parsers.unseen import JSON, found


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("type=SYSCALL msg=audit(1767323045.678:501): arch=c000003e", "03:04:05.678000"),
        ("node=web7 type=LOGIN msg=audit(1767323045.678:7): pid=7", "03:04:05.678000"),
        ("Jan 2 03:04:05 web7 sshd: started", "03:04:05"),
        ("Fri Jan 2 03:04:05 2026 [pid 7] CONNECT", "03:04:05"),
        ("2026/01/02 03:04:05,026709003121,AUTH", "03:04:05"),
        ("2026/01/02 03:04:05,026709003 seven", "03:04:05.026709"),
        ("1767323045.678901234 MX84 flows src=192.0.2.7", "03:04:05.678901"),
        ("Info: 1767323045.678 ready", "03:04:05.678000"),
        ("WARN: [Jan  2 03:04:05] slow", "03:04:05"),
        ("Thu Jan  1 22:04:05 2026 -05:00", "03:04:05"),
        ("[02-Jan-2026 04:04:05 Europe/Berlin] PHP Warning:  a in /b.php", "03:04:05"),
        ("[02-Jan-2026 03:04:05 Europe/Nowhere] PHP Warning:  a in /b.php", "03:04:05"),
        ("2026:01:02-03:04:05 utm ulogd[7]: dropped", "03:04:05"),
        ("2026-01-02\t03:04:05\tslow", "03:04:05"),
        ("2026-1-2 03:04:05 INFO ready", "03:04:05"),
        ("Jan-02 03:04:05.678 [main] DEBUG a.b - ready", "03:04:05.678"),
        ("(Engine pid=7) ERROR 01-02 03:04:05 [core.py:12] no", "03:04:05"),
        ('7 1767323045.678901 execve("/bin/a") = 0', "03:04:05.678901"),
        ("Jan  2 03:04:05 web7 syslogd 1.4.1: restart.", "03:04:05"),
        ("<189>date=2026-01-02 time=03:04:05 devname=a b c", "03:04:05"),
        ('date=2026-01-02 time=04:04:05 tz="+0100" level=notice', "03:04:05"),
        ("@40000000695735af287735f2 starting", "03:04:05.678901"),
        ("I0102 03:04:05.678901       7 main.go:1] ready", "03:04:05.678901"),
        ("[02Jan2026 03:04:05.678] [main/INFO] [mixin/]: ready", "03:04:05.678"),
        ("2026-01-02 [03:04:05] [Server thread/INFO]: ready", "03:04:05"),
        ("2 Jan 03:04:05 - [info] ready", "03:04:05"),
        ("   712:20260102:030405.678 agent #0 started [main process]", "03:04:05.678"),
        ("[arm-1] [INFO] [1767323045.678901234] [arm.node]: ready", "03:04:05.678901"),
        ("[7] 2/1/2026 -- 03:04:05 - (runmodes.c:1) <Info> (Main) -- ready", "03:04:05"),
        ("20260102T030405.678Z INFO ready", "03:04:05.678"),
        ("[712:0102/030405.678:ERROR:gpu_host.cc(9)] exited", "03:04:05.678"),
        ("[712:713:0102/030405.678901:WARNING:gpu_host.cc(9)] slow", "03:04:05.678901"),
    ],
)
def test_a_time_is_read(line: str, time: str) -> None:
    (event,) = found(line)

    assert event.time
    assert datetime.fromisoformat(f"2026-01-02T{time}+00:00") == datetime.fromisoformat(event.time)


def test_records_of_sudo_are_not_joined_though_it_pads_names() -> None:
    said = ": TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/bin/ls"

    events = found(
        *(f"Jan  2 03:04:05 web7 sudo: {' ' * 5}{name} {said}" for name in ("ann", "bob"))
    )

    assert [f"{name} {said}" for name in ("ann", "bob")] == [each.message for each in events]


def test_structured_data_without_a_message_is_a_record() -> None:
    events = found(*(f'<11>1 2026-01-02T03:04:05Z fw FLOW - EV [a@1 b="{n}"]' for n in "12"))

    assert [("error", True)] * 2 == [(each.severity.label, each.parsed) for each in events]
    assert 'b="2"' in events[1].message


def test_an_empty_line_of_a_traceback_in_syslog_is_part_of_it() -> None:
    texts = ("Traceback (most recent call last):", '  File "/srv/a.py", line 1, in a', "")

    events = found(*(f"Jan  2 03:04:05 web7 app[7]: {text}" for text in (*texts, "ValueError: no")))

    assert 4 == events[0].lines


def test_the_heads_of_all_versions_of_apache_begin_a_record_each() -> None:
    time = "Fri Jan 02 03:04:05.123456 2026"

    events = found(
        f"[{time}] [core:error] [pid 7:tid 8] a",
        f"[{time}] [error] [pid 7:tid 8] b",
        f"[{time}] [:error] [pid 7] c",
        "[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.7] d",
        f"[{time}] [rewrite:trace3] [pid 7:tid 8] e",
    )

    assert ["error"] * 4 + ["debug"] == [each.severity.label for each in events]


def test_what_is_no_json_in_a_log_of_json_is_plain_text() -> None:
    events = found(
        *[JSON] * 4,
        "Traceback (most recent call last):",
        '  File "/srv/app.py", line 3, in main',
        "ValueError: no",
        '{"broken":',
        "[ERROR] it ends",
        JSON,
    )

    assert [("plain", "error", 3), ("json", "info", 1), ("plain", "error", 1)] == [
        (each.format, each.severity.label, each.lines) for each in events[4:-1]
    ]
    assert [True, False, True] == [each.parsed for each in events[4:-1]]


def test_the_word_for_a_level_counts_more_than_its_number() -> None:
    (event,) = found('{"log_timestamp":"2026-01-02T03:04:05Z","levelName":"INFO","level":2}')

    assert ("info", "2026-01-02T03:04:05+00:00") == (event.severity.label, event.time)


def test_a_word_behind_a_comma_is_a_part_of_the_sentence() -> None:
    """HAProxy's src/check.c: what a failed check says besides its reason."""
    (event,) = found('Server app/s1 is DOWN, reason: Layer4, info: "refused", check duration: 0ms.')

    assert event.level is None


def test_no_line_of_syslog_goes_on_with_what_another_program_wrote() -> None:
    lines = (
        "app[7]: INFO:shop:one",
        "sshd[9]: Accepted publickey for ann",
        "app[7]: ERROR:shop:two",
        "app[7]: Traceback (most recent call last):",
        'app[7]:   File "/srv/a.py", line 1, in a',
        "CRON[11]: (root) CMD (x)",
        "app[7]: KeyError: 1",
        "app[7]: INFO:shop:three",
    )

    events = found(*(f"Jan  2 03:04:05 web7 {line}" for line in lines))

    assert ["python", "plain", "python", "plain", "python"] == [each.format for each in events]
    assert [1, 1, 4, 1, 1] == [each.lines for each in events]


def test_a_line_of_syslog_without_a_level_is_a_record() -> None:
    lines = ("Error: broken", "Info: Login", "Logged out", "Error: again")

    events = found(*(f"Jan  2 03:04:05 mail dovecot: imap: {line}" for line in lines))

    assert ["error", "info", "info", "error"] == [each.severity.label for each in events]


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        # Not Redis's mark behind the time, nor the letter of a thread.
        ("[7] 2/1/2026 -- 03:04:05 - (log.c:1) <Error> (Main) -- full", "error"),
        ("2026-01-02 03:04:05.678 T:2261766352   ERROR: no such file", "error"),
        ("2026-01-02 03:04:05.678 T:1844    debug <general>: found", "debug"),
        ("[03:04:05][VV][preferences:036]: loaded", "debug"),
        ("01/25/26 03:04:05.678901 web_php[7].ERR [192.0.2.7] [Login denied] at /a.php", "error"),
        ("[2026-01-02 03:04:05,678] web-1.example/ERROR/stderr: KeyboardInterrupt", "error"),
        ("ERROR - 2026-01-02 03:04:05 --> Severity: Notice --> Undefined a /b.php 3", "error"),
        ('2026-01-02 03:04:05 type="system" status="failure" level="notice" a b', "notice"),
        ("Jan  2 03:04:05 router daemon.err dnsmasq[7]: no lease", "error"),
        ("Fri Jan  2 03:04:05 2026 local7.warning dnsmasq[7]: no lease", "warning"),
        ("Jan  2 03:04:05 bigip1 notice mcpd[7]: 01070417:5: loaded", "notice"),
        ("2026-01-02T03:04:05.678Z esx1 Hostd: warning hostd[7] [Originator@6876] slow", "warning"),
        ("Jan  2 03:04:05: %ASA-session-3-106014: Deny inbound", "error"),
        ("02 Jan 03:04:05 * ready", "notice"),
        ("shop:debug 2026-01-02 03:04:05: ready", "debug"),
        (f"2026-01-02 03:04:05 fw a={'b' * 200} c d priority=Critical e", "critical"),
        ("2026-01-02 03:04:05 [http] ERROR: upstream failed", "error"),
        ("2026-01-02 03:04:05 E:12 drive x", "error"),
        # None of these is a level: parts of an address, a name, a path, an error's number.
        ("2026-01-02 03:04:05 mount /dev/sda1 as (FAT) ok", "info"),
        ("2026-01-02 03:04:05 data/ERROR/x.csv moved", "info"),
        ("[2026-01-02 03:04:05] shop/ERROR/x.log rotated", "info"),
        ("2026-01-02 03:04:05 spec.containers[0].DEBUG must be a string", "info"),
        ("2026-01-02 03:04:05 a MAC=00:EE:aa:bb:cc:dd:EE:ff:01 b", "info"),
        ("2026-01-02 03:04:05 a user=<error> b", "info"),
        ("2026-01-02 03:04:05 a (SSL: error:0A00006C:SSL routines::bad)", "info"),
        ("2026-01-02 03:04:05 a /srv/db.trc: b", "info"),
    ],
)
def test_a_level_is_read_where_levels_stand(line: str, severity: str) -> None:
    (event,) = found(line)

    assert severity == event.severity.label


def test_what_stands_below_a_time_by_itself_is_said_of_that_time() -> None:
    events = found(
        *("# Time: 2026-01-02T03:04:05.678901Z", "# User@Host: a[a] @  [192.0.2.7]  Id:     8"),
        *("# Query_time: 2.000123  Lock_time: 0.000000", "SET timestamp=1767323045;", "select 1;"),
        *("# Time: 2026-01-02T03:04:06.678901Z", "# User@Host: a[a] @  [192.0.2.7]  Id:     8"),
        *("SET timestamp=1767323046;", "select 2;"),
    )

    assert [5, 4] == [each.lines for each in events]
    assert "2026-01-02T03:04:06.678901+00:00" == events[1].time


def test_a_level_below_a_time_is_the_level_of_both() -> None:
    """java.util.logging's SimpleFormatter, also in a log that has one record."""
    lines = (
        "Jan 02, 2026 3:04:05 AM org.shop.Till close",
        "SEVERE: no",
        "a.b.NoError: x",
        "\tat a.b",
    )

    (event,) = found(*lines)

    assert ("error", "2026-01-02T03:04:05+00:00") == (event.severity.label, event.time)


def test_who_wrote_a_record_of_java_is_no_level() -> None:
    """SimpleFormatter with another time; `e` is what an obfuscator has left of a class."""
    lines = ("2026-01-02 03:04:05 e a", "WARNING: slow", "2026-01-02 03:04:06 a.b.c a", "INFO: no")

    events = found(*lines)

    assert [("warning", 2), ("info", 2)] == [(each.severity.label, each.lines) for each in events]


def test_a_report_of_erlang_is_all_that_stands_below_its_head() -> None:
    events = found(
        *("=INFO REPORT==== 2-Jan-2026::03:04:05 ===", "accepting AMQP connection <0.1.7>", ""),
        *("=ERROR REPORT==== 2-Jan-2026::03:04:06 ===", "closing", "{amqp_error,frame_error,"),
    )

    assert [("info", 3), ("error", 3)] == [(each.severity.label, each.lines) for each in events]


def test_the_parts_of_an_error_of_postgresql_belong_to_it_whatever_the_prefix() -> None:
    """Processes without a session leave out `user@database` (`%q`)."""
    time = "2026-01-02 03:04:05.678 UTC"

    events = found(
        *[f"{time} [7] LOG:  ready"] * 4,
        *(f"{time} [8] a@b FATAL:  no", f"{time} [8] a@b DETAIL:  why", "\tand where"),
    )

    assert [1, 1, 1, 1, 3] == [each.lines for each in events]


def test_times_that_are_the_only_ones_of_their_line_do_not_take_in_lines_with_a_level() -> None:
    """A script that calls date(1)."""
    events = found("Fri Jan  2 03:04:05 UTC 2026", "copying", "ERROR: no space", "done")

    assert ["info", "error"] == [each.severity.label for each in events]


def test_what_other_programs_write_between_the_lines_of_nginx_stands_for_itself() -> None:
    nginx = "2026/01/02 03:04:05 [notice] 7#7: start"
    quoting = '2026/01/02 03:04:05 [error] 7#7: *1 FastCGI sent in stderr: "a'

    events = found(
        *(nginx, "[02-Jan-2026 03:04:05] NOTICE: fpm is running, pid 7", nginx),
        *("Traceback (most recent call last):", '  File "/srv/a.py", line 1, in a', "KeyError: 1"),
        *(nginx, quoting, "2026-01-02 03:04:06 ERROR b", '" while reading upstream, client: x'),
    )

    assert [1, 1, 1, 3, 1, 3] == [each.lines for each in events]
    assert ["notice", "notice", "notice", "error", "notice", "error"] == [
        each.severity.label for each in events
    ]


def test_an_access_log_that_goes_wrong_is_unparsed_also_behind_a_stranger() -> None:
    good = '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 5 "-" "-"'

    events = found(good, good, good, good, "[02-Jan-2026 03:04:05] NOTICE: ready", "oops", good)

    assert ["plain", "nginx_access"] == [each.format for each in events[4:6]]
    assert [True, False, True] == [each.parsed for each in events[4:]]


def test_a_log_that_is_indented_as_a_whole_has_a_record_a_line() -> None:
    """Consul's, until 1.4, and that of log4j's `%5p [%t] %d`."""
    consul = found(
        *(f"    2026/01/02 03:04:05 [{level}] raft: a" for level in ("INFO", "ERR", "WARN"))
    )
    log4j = found(
        *("ERROR [main] 2026-01-02 03:04:05,678 (a.B) no", "a.NoError: b", "\tat a.B.c(B.java:7)"),
        *(f" INFO [main] 2026-01-02 03:04:0{second},678 (a.B) yes" for second in (6, 7)),
    )

    assert ["info", "error", "warning"] == [each.severity.label for each in consul]
    assert [("error", 3), ("info", 1), ("info", 1)] == [
        (each.severity.label, each.lines) for each in log4j
    ]


def test_an_indented_time_within_a_record_begins_none() -> None:
    events = found(
        *("2026-01-02 03:04:05 ERROR the step failed:", "    2026-01-02 03:04:04 INFO its log"),
        *("2026-01-02 03:04:06 INFO next", "2026-01-02 03:04:07 INFO next"),
    )

    assert [2, 1, 1] == [each.lines for each in events]


def test_one_blank_more_than_usual_indents_nothing_in_syslog() -> None:
    events = found(*(f"Jan  2 03:04:05 web7 sshd[7]:  Accepted password for {a}" for a in "ab"))

    assert [1, 1] == [each.lines for each in events]


def test_what_lambda_writes_around_a_function_stands_for_itself() -> None:
    said = "2026-01-02T03:04:05.678Z\t1b-2\tINFO\tready"

    events = found("START RequestId: 1b-2 Version: 7", said, "END RequestId: 1b-2", said)

    assert [1, 1, 1, 1] == [each.lines for each in events]


def test_a_backtrace_of_ruby_belongs_to_what_it_is_of() -> None:
    trace = "/usr/lib/ruby/a.rb:3:in `call'"

    events = found(f"2026-01-02T03:04:05.678Z pid=7 WARN: {trace}", trace, trace, "ready")

    assert 3 == events[0].lines


def test_the_year_that_a_record_leaves_out_is_that_of_the_frame() -> None:
    """Not that in which the file was written: the node may have been silent since."""
    klog = "I1231 23:59:59.678901       7 main.go:1] ready"
    dated = "2019-12-31 23:59:59 ERROR no"

    events = found(*(f"2024-01-01T00:00:00.1Z stderr F {text}" for text in (klog, dated)))

    assert ["2023-12-31T23:59:59", "2019-12-31T23:59:59"] == [
        str(each.time)[:19] for each in events
    ]


def test_records_that_begin_without_a_time_end_the_one_before() -> None:
    redis = "7:M 02 Jan 2026 03:04:05.678 * ready"
    signal = "7:signal-handler (1767323045) Received SIGTERM scheduling shutdown..."
    apache = "[Fri Jan 02 03:04:05.123456 2026] [core:notice] [pid 7:tid 8] AH00094: ready"

    events = [*found(redis, redis, signal), *found(apache, apache, "AH00558: httpd: no name")]

    assert [1] * 6 == [each.lines for each in events]
    assert "2026-01-02T03:04:05+00:00" == events[2].time
