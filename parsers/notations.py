"""How times are written: the shapes of dates and of bare times, by their numbers."""

# Dates before a clock such as `15:04:05`, the more telling first. `d` is a digit, `a` a letter, `b`
# a digit or a blank, `-` one of `-/.`, all else itself. What they mean is said in `moments.py`.
# Sources, as opened: BIND's lib/isc/time.c `02-Jan-2026 `; Spark's log4j2.properties.template
# `yy/MM/dd`; Redis's src/server.c `02 Jan 2026`; MariaDB 10.0's sql/log.cc and tornado's log.py
# `260102`; geth's log/logger_test.go `01-02`; glog's src/logging.cc `0102`, since 0.6 `20260102`,
# and CockroachDB's pkg/util/log/format_crdb_v2.go `260102`, behind their letters. Habits and
# standards: ISO 8601, strftime (`%Y/%m/%d`), CLF `02/Jan/2026:`, asctime(3), RFC 3164 `Jan  2`,
# RFC 5322 `2 Jan 2026`, Java's DateFormat `Jan 2, 2026`. Not opened: Windows's and Splunk's
# `01-02-2026`, WebSphere's `1/2/26`, logcat's `01-02`, Forge's `02Jan2026`.
DATES = (
    *("dddd-dd-dd", "aaa bd", "dd-aaa-dddd", "dd-dd-dddd", "dd aaa dddd", "aaa dd dddd"),
    *("aaa bd, dddd", "dddd aaa bd", "dd aaa", "d-aaa-dddd", "d aaa dddd", "aaa d, dddd"),
    *("aaa  d dddd", "dd-dd-dd", "dddddddd", "dddddd", "d-d-dddd", "dd-d-dddd", "d-dd-dddd"),
    *("d-d-dd", "dd-d-dd", "d-dd-dd", "dd-dd", "adddd"),
    *("adddddd", "adddddddd", "aaa d", "dddd:dd:dd"),
    *("dddd-d-dd", "dddd-dd-d", "dddd-d-d", "aaa-dd", "ddaaadddd", "d aaa"),
)
CLOCK_ONLY = len(DATES)
# Daemontools' and s6's: 2^62 and the seconds since 1970 in TAI, and nanoseconds, as hexadecimal
# digits (`h`; skalibs' src/include/skalibs/tai.h: TAI_MAGIC).
TAI64N = "@40000000hhhhhhhhhhhhhhhh"
# Times without `:mm:`, at the start of a line: HDFS `260102 030405`, seconds to nanoseconds since
# 1970 (squid, nagios, auditd), ISO 8601's basic form; behind the number of a process Zabbix's (its
# log.c: `%6li:%.4d%.2d%.2d:%.2d%.2d%.2d.%03ld`) and Chromium's (not opened:
# `[7:0102/030405.678:ERROR:a.cc(3)]`).
BEHIND_A_PROCESS = ("dddddddd:dddddd", "dddd/dddddd")
BARE = (
    *("dddddd dddddd", "dddddddd dddddd", "ddddddddTdddddd", "dddddddd-dddddd", *BEHIND_A_PROCESS),
    *("dddddddddd.d", "ddddddddddddddddddd", "dddddddddddddddd", "ddddddddddddd"),
    *("dddddddddd", TAI64N),
)
FIRST_BARE = CLOCK_ONLY + 1
ZABBIX = FIRST_BARE + BARE.index("dddddddd:dddddd")
YEARLESS = tuple(
    DATES.index(each) for each in ("aaa bd", "dd aaa", "dd-dd", "adddd", "aaa d", "aaa-dd", "d aaa")
)
