"""
The heads that programs write before a message: a table entry each, with sample lines.

A head is read as `parsers/layout.py` says; how its text is written, `head_text.py` does. Entries of
one name are its variants; detection takes the one that most lines fit. `docs/formats.md` lists
them, and `tests/parsers/test_heads.py` reads every sample.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """One way in which a product begins its records."""

    name: str
    text: str
    # Lines of our own, in the form that the product writes.
    samples: tuple[str, ...]
    # Where the form is said.
    source: str
    # The level is one of Redis's marks.
    marks: bool = False
    # Lines of these levels continue the record before them, head and all.
    continues: tuple[str, ...] = ()


# A trace and a span, as Spring writes them.
_TRACE = "00112233445566778899aabbccddeeff-0011223344556677"
_COMMA = "{time:dddd-dd-dd dd:dd:dd,ddd}"
_DOT = "{time:dddd-dd-dd dd:dd:dd.ddd}"
# What PostgreSQL writes of one error, in one piece, each part with the prefix again (manual, Error
# Reporting and Logging; src/backend/utils/error/elog.c, send_message_to_server_log).
_POSTGRES_PARTS = ("DETAIL", "HINT", "QUERY", "CONTEXT", "LOCATION", "BACKTRACE", "STATEMENT")
HEADS = (
    Head(
        "gunicorn",
        "[{time:dddd-dd-dd dd:dd:dd _dddd}] [{process}] [{level}] {message}",
        ("[2026-01-02 03:04:05 +0000] [7] [INFO] Booting worker with pid: 8",),
        "gunicorn/glogging.py: error_fmt, datefmt",
    ),
    Head(
        "celery",
        "[" + _COMMA + ": {level}/{process}] {message}",
        (
            "[2026-01-02 03:04:05,678: WARNING/MainProcess] consumer: Cannot connect",
            "[2026-01-02 03:04:05,678: ERROR/ForkPoolWorker-1] shop.mail[6f2c]: no route",
        ),
        "celery/app/defaults.py: DEFAULT_PROCESS_LOG_FMT, DEFAULT_TASK_LOG_FMT",
    ),
    Head(
        "loguru",
        _DOT + " | {level:<8} | {logger}:{function}:{line} - {message}",
        ("2026-01-02 03:04:05.678 | SUCCESS  | shop.db:connect:12 - connected",),
        "loguru up to 0.7: loguru/_defaults.py: LOGURU_FORMAT",
    ),
    Head(
        "loguru",
        "{time:dddd-dd-dd dd:dd:dd.ddd _dd:dd} | {level:<8} | {logger}:{function}:{line} - "
        "{message}",
        ("2026-01-02 03:04:05.678 +00:00 | WARNING  | shop.db:connect:12 - slow",),
        "loguru after 0.7.3: loguru/_defaults.py, CHANGELOG.rst (unreleased)",
    ),
    Head(
        "structlog",
        "{time:dddd-dd-dd dd:dd:dd} [{level:<9}] {message}",
        ("2026-01-02 03:04:05 [warning  ] slow query                     seconds=3",),
        "structlog: src/structlog/dev.py (ConsoleRenderer), _config.py (TimeStamper)",
    ),
    Head(
        "structlog",
        "{time:dddd-dd-ddTdd:dd:dd.ddddddZ} [{level:<9}] {message}",
        ("2026-01-02T03:04:05.678901Z [error    ] no route                       [shop.web]",),
        "structlog: src/structlog/dev.py (ConsoleRenderer), processors.py (TimeStamper('iso'))",
    ),
    Head(
        "django",
        "{level} " + _COMMA + " {logger} {process} {thread} {message}",
        ("ERROR 2026-01-02 03:04:05,678 log 7 139 Internal Server Error: /",),
        "docs.djangoproject.com, Logging: the formatter `verbose` (seen as projects copied it; the "
        "page that was opened is older)",
    ),
    Head(
        "log4js",
        "[{time:dddd-dd-dd dd:dd:dd.ddd}] [{level}] {logger} - {message}",
        ("[2026-01-02 03:04:05.678] [ERROR] shop - no route",),
        "log4js: docs/layouts.md (Basic)",
    ),
    Head(
        "log4js",
        "[{time:dddd-dd-ddTdd:dd:dd.ddd}] [{level}] {logger} - {message}",
        ("[2026-01-02T03:04:05.678] [WARN] shop - slow",),
        "log4js: lib/layouts.js (timestampLevelAndCategory); date-format: lib/index.js",
    ),
    Head(
        "rails",
        "{mark:_}, [{time:dddd-dd-ddTdd:dd:dd.dddddd} #{process}] {level:<5} -- {program}: "
        "{message}",
        (
            'I, [2026-01-02T03:04:05.678901 #7]  INFO -- : Started GET "/" for 192.0.2.7',
            "E, [2026-01-02T03:04:05.678901 #7] ERROR -- shop: no route",
            "W, [2026-01-02T03:04:05.678901 #7]  WARN -- : [6f2c-11] [shop] slow",
        ),
        # What Rails tags stands before the message (activesupport, tagged_logging.rb). Ruby's
        # level `ANY` is no level here: elsewhere it is a word.
        "ruby/logger: lib/logger/formatter.rb (Format)",
    ),
    Head(
        "hdfs",
        "{time:dddddd dddddd} {thread} {level} {logger}: {message}",
        ("260102 030405 148 WARN dfs.DataNode: slow block receiver",),
        "logpai/loghub: HDFS/HDFS_2k.log (not opened: a configuration that writes it)",
    ),
    Head(
        "spark",
        "{time:dd/dd/dd dd:dd:dd} {level} {logger}: {message}",
        ("26/01/02 03:04:05 INFO SparkContext: Running Spark version 3.5.0",),
        "spark: conf/log4j2.properties.template; hadoop: conf/log4j.properties (console)",
    ),
    Head(
        "hadoop",
        _COMMA + " {level} [{thread}] {logger}: {message}",
        ("2026-01-02 03:04:05,678 INFO [main] org.apache.hadoop.mapred.Task: done",),
        # That of the daemons has no thread (conf/log4j.properties): it is one of Python's, too.
        "hadoop: container-log4j.properties of the node manager",
    ),
    Head(
        "wildfly",
        _COMMA + " {level:<5} [{logger}] ({thread}) {message}",
        (
            "2026-01-02 03:04:05,678 INFO  [org.jboss.as] (MSC service thread 1-1) WFLYSRV0049: up",
            "2026-01-02 03:04:05,678 ERROR [io.quarkus.runtime.Application] (main) no route",
        ),
        # Also Keycloak and Quarkus. The server's console leaves out the date.
        "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c] (%t) %s%e%n in configurations of WildFly, Keycloak",
    ),
    Head(
        "zookeeper",
        _COMMA + " [myid:{id}] - {level:<5} [{thread}@{line}] - {message}",
        (
            "2026-01-02 03:04:05,678 [myid:1] - INFO  [main:QuorumPeer@1158] - LOOKING",
            "2026-01-02 03:04:05,678 [myid:] - WARN  [main:QuorumPeerMain@142] - standalone",
        ),
        "zookeeper 3.4 to 3.7: conf/log4j.properties; from 3.8: conf/logback.xml",
    ),
    Head(
        "zookeeper",
        _COMMA + " - {level:<5} [{thread}@{line}] - {message}",
        ("2026-01-02 03:04:05,678 - WARN  [RecvWorker:2:QuorumCnxManager@765] - Interrupting",),
        "zookeeper 3.3: conf/log4j.properties",
    ),
    # Before Kafka, which says less: what it has behind the level may be anything.
    Head(
        "flask",
        "[" + _COMMA + "] {level} in {module}: {message}",
        ("[2026-01-02 03:04:05,678] ERROR in app: Exception on /boom [GET]",),
        "flask/logging.py: default_handler",
    ),
    Head(
        "kafka",
        "[" + _COMMA + "] {level} {message}",
        (
            "[2026-01-02 03:04:05,678] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)",
            "[2026-01-02 03:04:05,678] WARN [shop|worker] slow (org.apache.kafka.connect.A:77)",
        ),
        "kafka: config/log4j.properties, config/connect-log4j.properties; 4: config/log4j2.yaml",
    ),
    Head(
        "openstack",
        _DOT + " {process} {level} {logger} [{request}] {message}",
        (
            "2026-01-02 03:04:05.678 7 INFO nova.compute.manager [req-1 - - - - -] VM started",
            "2026-01-02 03:04:05.678 7 WARNING nova.api [None req-1 u p - - d d] slow",
            "2026-01-02 03:04:05.678 7 ERROR nova.service [-] no route",
        ),
        "oslo.log: oslo_log/_options.py (logging_context_format_string, logging_default_…)",
    ),
    Head(
        "elasticsearch",
        "[{time:dddd-dd-ddTdd:dd:dd,ddd}][{level:<5}][{logger:<25}] [{node}] {message}",
        ("[2026-01-02T03:04:05,678][WARN ][o.e.c.c.Coordinator      ] [node-1] no master",),
        "elasticsearch 7 and 8: distribution/src/config/log4j2.properties (rolling_old)",
    ),
    Head(
        "spring",
        _DOT + " {level:<5} {process} --- [{thread:<15}] {logger:<40} : {message}",
        (
            "2026-01-02 03:04:05.678  INFO 7 --- [           main] "
            "com.example.shop.ShopApplication         : Started",
        ),
        "spring-boot 2: DefaultLogbackConfiguration (CONSOLE_LOG_PATTERN, %5p)",
    ),
    *(
        Head(
            "spring",
            # In UTC the offset is a `Z`.
            "{time} {level:<5} {process} --- " + text + " {logger:<40} : {message}",
            tuple(
                f"{time}  WARN 7 --- {line} com.example.shop.ShopApplication         : slow"
                for time in ("2026-01-02T03:04:05.678+01:00", "2026-01-02T03:04:05.678Z")
            ),
            "spring-boot 3 and 4: DefaultLogbackConfiguration.java (NAME_AND_GROUP from 3.4), "
            "CorrelationIdFormatter.java",
        )
        for text, line in (
            # On the console the thread is cut to 15, in a file it is as long as it is. What is
            # longer comes first: a thread may hold brackets.
            (
                "[{application}] [{thread:<15}] [{correlation:<49}]",
                f"[shop] [           main] [{_TRACE}]",
            ),
            ("[{thread:<15}] [{correlation:<49}]", f"[           main] [{_TRACE}]"),
            ("[{application}] [{thread:<15}]", "[shop] [           main]"),
            ("[{thread:<15}]", "[           main]"),
            ("[{application}] [{thread}]", "[shop] [main]"),
            ("[{thread}]", "[main]"),
        )
    ),
    *(
        Head(
            "log4j",
            f"{time} {text}",
            (f"{sample} {line}",),
            "times: log4j2's FixedDateFormat.java (DEFAULT, DEFAULT_PERIOD), logback's "
            "CoreConstants.java (ISO8601_PATTERN); the orders are what people write",
        )
        for time, sample in ((_COMMA, "2026-01-02 03:04:05,678"), (_DOT, "2026-01-02 03:04:05.678"))
        for text, line in (
            (
                "[{thread}] {level:<5} {logger} - {message}",
                "[main] ERROR o.a.c.C.[dispatcherServlet] - failed",
            ),
            ("{level:<5} [{thread}] {logger} - {message}", "INFO  [main] c.e.App - started"),
            ("[{thread}] {level} {logger}: {message}", "[main] WARN c.e.App: slow"),
        )
    ),
    Head(
        "cassandra",
        "{level:<5} [{thread}] " + _COMMA + " {file}:{line} - {message}",
        ("INFO  [main] 2026-01-02 03:04:05,678 CassandraDaemon.java:480 - starting",),
        "cassandra 4 and 5: conf/logback.xml (SYSTEMLOG, DEBUGLOG)",
    ),
    Head(
        "tomcat",
        "{time:dd-___-dddd dd:dd:dd.ddd} {level} [{thread}] {logger} {message}",
        ("02-Jan-2026 03:04:05.678 SEVERE [main] o.a.c.core.StandardContext.start failed",),
        "tomcat: java/org/apache/juli/OneLineFormatter.java",
    ),
    Head(
        "apache_error",
        "[{time:___ ___ dd dd:dd:dd.dddddd dddd}] [{module}:{level}] [pid {pid}:tid {tid}] "
        "{message}",
        ("[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 7:tid 140] AH00126: Invalid URI",),
        "httpd 2.4: server/log.c (do_errorlog_default, with threads)",
    ),
    Head(
        "apache_error",
        "[{time:___ ___ dd dd:dd:dd.dddddd dddd}] [{module}:{level}] [pid {pid}] {message}",
        ("[Fri Jan 02 03:04:05.123456 2026] [php:notice] [pid 7] [client 192.0.2.7:5] hello",),
        "httpd 2.4: server/log.c (do_errorlog_default)",
    ),
    Head(
        "apache_error",
        "[{time:___ ___ dd dd:dd:dd dddd}] [{level}] {message}",
        ("[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.7] File does not exist: /srv/x",),
        "httpd 2.2: server/log.c (log_error_core; not opened)",
    ),
    Head(
        "postgresql",
        "{time:dddd-dd-dd dd:dd:dd.ddd} {zone} [{process}] {level}:  {message}",
        ("2026-01-02 03:04:05.678 UTC [7] FATAL:  the database system is starting up",),
        "postgresql from 10, also the official image: log_line_prefix = '%m [%p] ' (commit "
        "7d3235b, src/backend/utils/misc/postgresql.conf.sample)",
        continues=_POSTGRES_PARTS,
    ),
    Head(
        "postgresql",
        "{time:dddd-dd-dd dd:dd:dd.ddd} {zone} [{process}] {user}@{database} {level}:  {message}",
        ("2026-01-02 03:04:05.678 UTC [7] shop@shop ERROR:  relation does not exist",),
        "Debian's postgresql-common: createcluster.conf ('%m [%p] %q%u@%d ')",
        continues=_POSTGRES_PARTS,
    ),
    *(
        Head(
            "postgresql",
            "{time:dddd-dd-dd dd:dd:dd} {zone} [{process}-{number}] " + who + "{level}:  {message}",
            (f"2026-01-02 03:04:05 UTC [7-1] {sample}LOG:  checkpoint starting: time",),
            "Debian's postgresql-common, before: debian/changelog ('%t [%p-%l] %q%u@%d ')",
            continues=_POSTGRES_PARTS,
        )
        for who, sample in (("", ""), ("{user}@{database} ", "shop@shop "))
    ),
    Head(
        "postgresql",
        "{time:dddd-dd-dd dd:dd:dd} {zone}:{client}:{user}@{database}:[{process}]:{level}:  "
        "{message}",
        (
            "2026-01-02 03:04:05 UTC:192.0.2.7(52834):shop@shop:[7]:ERROR:  no such column",
            "2026-01-02 03:04:05 UTC::@:[7]:LOG:  checkpoint starting: time",
        ),
        "awsdocs/amazon-rds-user-guide: USER_LogAccess.Concepts.PostgreSQL.md "
        "(`%t:%r:%u@%d:[%p]:`, the only one that RDS allows)",
        continues=_POSTGRES_PARTS,
    ),
    *(
        Head(
            "mysql",
            time + " {thread} [{level}] " + text,
            (f"{sample} 0 {line}",),
            source,
        )
        # An offset with `log_timestamps = SYSTEM`.
        for time, sample in (
            ("{time:dddd-dd-ddTdd:dd:dd.ddddddZ}", "2026-01-02T03:04:05.678901Z"),
            ("{time:dddd-dd-ddTdd:dd:dd.dddddd_dd:dd}", "2026-01-02T03:04:05.678901+01:00"),
        )
        for text, line, source in (
            (
                "[{code}] [{subsystem}] {message}",
                "[System] [MY-010931] [Server] ready for connections",
                "mysql 8: sql/server_component/log_sink_trad.cc",
            ),
            (
                "{message}",
                "[Note] InnoDB: Buffer pool(s) load completed",
                "mysql 5.7: sql/log.cc (print_buffer_to_file)",
            ),
        )
    ),
    Head(
        "mysql",
        "{time:dddddd _d:dd:dd} [{level}] {message}",
        ("260102  3:04:05 [ERROR] Can't open the mysql.plugin table",),
        "mariadb 10.0: sql/log.cc (print_buffer_to_file); mysql 5.5's was not opened",
    ),
    Head(
        "mysql",
        "{time:dddd-dd-dd _d:dd:dd} {thread} [{level}] {message}",
        ("2026-01-02  3:04:05 0 [Note] InnoDB: Buffer pool(s) load completed",),
        "mariadb: https://mariadb.com/docs/server/ref/es10.4/logging/error",
    ),
    Head(
        "redis",
        "{process}:{role:_} {time:dd ___ dddd dd:dd:dd.ddd} {level:_} {message}",
        ("7:M 02 Jan 2026 03:04:05.678 # Can't save in background: fork",),
        "redis, and valkey as it comes: src/server.c (serverLogRaw)",
        marks=True,
    ),
    Head(
        "redis",
        "{process}:{role:_} {time:dddd-dd-ddTdd:dd:dd.ddd_dd:dd} {level:_} {message}",
        ("7:S 2026-01-02T03:04:05.678+01:00 * MASTER <-> REPLICA sync started",),
        "valkey: src/server.c (serverLogRaw, `log-timestamp-format iso8601`)",
        marks=True,
    ),
    Head(
        "mongodb",
        "{time:dddd-dd-ddTdd:dd:dd.ddd_dddd} {level:_} {component:<8} [{context}] {message}",
        ("2026-01-02T03:04:05.678+0000 W STORAGE  [initandlisten] no checksum",),
        "mongodb 3 and 4.0: src/mongo/logger/message_event_utf8_encoder.cpp",
    ),
    Head(
        "rabbitmq",
        "{time:dddd-dd-dd dd:dd:dd.dddddd_dd:dd} [{level}] {pid} {message}",
        ("2026-01-02 03:04:05.678901+00:00 [warning] <0.231.0> closing AMQP connection",),
        # Every line of a message has the head again.
        "rabbitmq from 3.9: deps/rabbitmq_prelaunch/src/rabbit_logger_text_fmt.erl",
    ),
    Head(
        "rabbitmq",
        "{time:dddd-dd-dd dd:dd:dd.ddd} [{level}] {pid} {message}",
        ("2026-01-02 03:04:05.678 [error] <0.231.0> Error on AMQP connection",),
        "rabbitmq 3.7: lager's default formatter (not opened); from 3.9: "
        "`log.file.formatter.time_format = lager_default` in deps/rabbit/priv/schema",
    ),
)
