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
        ("[2026-01-02 03:04:05,678: WARNING/MainProcess] consumer: Cannot connect",),
        "celery/app/defaults.py: worker.log_format",
    ),
    Head(
        "loguru",
        _DOT + " | {level:<8} | {logger}:{function}:{line} - {message}",
        ("2026-01-02 03:04:05.678 | SUCCESS  | shop.db:connect:12 - connected",),
        "loguru/_defaults.py: LOGURU_FORMAT",
    ),
    Head(
        "structlog",
        "{time:dddd-dd-dd dd:dd:dd} [{level:<9}] {message}",
        ("2026-01-02 03:04:05 [warning  ] slow query                     seconds=3",),
        "structlog/dev.py: ConsoleRenderer with TimeStamper('%Y-%m-%d %H:%M:%S')",
    ),
    Head(
        "structlog",
        "{time:dddd-dd-ddTdd:dd:dd.ddddddZ} [{level:<9}] {message}",
        ("2026-01-02T03:04:05.678901Z [error    ] no route                       [shop.web]",),
        "structlog/dev.py: ConsoleRenderer with TimeStamper('iso')",
    ),
    Head(
        "django",
        "{level} " + _COMMA + " {logger} {process} {thread} {message}",
        ("ERROR 2026-01-02 03:04:05,678 log 7 139 Internal Server Error: /",),
        "docs.djangoproject.com, Logging: the formatter `verbose`",
    ),
    Head(
        "rails",
        "{mark:_}, [{time:dddd-dd-ddTdd:dd:dd.dddddd} #{process}] {level:<5} -- {program}: "
        "{message}",
        (
            'I, [2026-01-02T03:04:05.678901 #7]  INFO -- : Started GET "/" for 192.0.2.7',
            "E, [2026-01-02T03:04:05.678901 #7] ERROR -- shop: no route",
        ),
        "ruby/logger: lib/logger/formatter.rb (Format)",
    ),
    Head(
        "hdfs",
        "{time:dddddd dddddd} {thread} {level} {logger}: {message}",
        ("260102 030405 148 WARN dfs.DataNode: slow block receiver",),
        "hadoop 0.20: log4j.properties (`%d{yyMMdd HHmmss} %t %p %c{2}: %m%n`)",
    ),
    Head(
        "spark",
        "{time:dd/dd/dd dd:dd:dd} {level} {logger}: {message}",
        ("26/01/02 03:04:05 INFO SparkContext: Running Spark version 3.5.0",),
        "spark/conf/log4j2.properties.template (`%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n`)",
    ),
    Head(
        "hadoop",
        _COMMA + " {level} [{thread}] {logger}: {message}",
        ("2026-01-02 03:04:05,678 INFO [main] org.apache.hadoop.mapred.Task: done",),
        "hadoop: container-log4j.properties (`%d{ISO8601} %p [%t] %c: %m%n`)",
    ),
    Head(
        "zookeeper",
        _COMMA + " [myid:{id}] - {level:<5} [{thread}@{line}] - {message}",
        ("2026-01-02 03:04:05,678 [myid:1] - INFO  [main:QuorumPeer@1158] - LOOKING",),
        "zookeeper 3.5: conf/log4j.properties",
    ),
    Head(
        "zookeeper",
        _COMMA + " - {level:<5} [{thread}@{line}] - {message}",
        ("2026-01-02 03:04:05,678 - WARN  [RecvWorker:2:QuorumCnxManager@765] - Interrupting",),
        "zookeeper 3.4: conf/log4j.properties",
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
        ("[2026-01-02 03:04:05,678] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)",),
        "kafka: config/log4j.properties (`[%d] %p %m (%c)%n`)",
    ),
    Head(
        "openstack",
        _DOT + " {process} {level} {logger} [{request}] {message}",
        ("2026-01-02 03:04:05.678 7 INFO nova.compute.manager [req-1 - - - - -] VM started",),
        "oslo.log: logging_context_format_string",
    ),
    Head(
        "elasticsearch",
        "[{time:dddd-dd-ddTdd:dd:dd,ddd}][{level:<5}][{logger:<25}] [{node}] {message}",
        ("[2026-01-02T03:04:05,678][WARN ][o.e.c.c.Coordinator      ] [node-1] no master",),
        "elasticsearch: distribution/src/config/log4j2.properties",
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
    Head(
        "spring",
        "{time:dddd-dd-ddTdd:dd:dd.ddd_dd:dd} {level:<5} {process} --- [{application}] "
        "[{thread:<15}] {logger:<40} : {message}",
        (
            "2026-01-02T03:04:05.678+01:00  WARN 7 --- [shop] [           main] "
            "com.example.shop.ShopApplication         : slow",
        ),
        "spring-boot 3: DefaultLogbackConfiguration",
    ),
    *(
        Head("log4j", f"{time} {text}", (f"{sample} {line}",), "logback and log4j2 manuals: %d")
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
        "cassandra: conf/logback.xml",
    ),
    Head(
        "tomcat",
        "{time:dd-___-dddd dd:dd:dd.ddd} {level} [{thread}] {logger} {message}",
        ("02-Jan-2026 03:04:05.678 SEVERE [main] o.a.c.core.StandardContext.start failed",),
        "tomcat: org.apache.juli.OneLineFormatter",
    ),
    Head(
        "apache_error",
        "[{time:___ ___ dd dd:dd:dd.dddddd dddd}] [{module}:{level}] [pid {pid}:tid {tid}] "
        "{message}",
        ("[Fri Jan 02 03:04:05.123456 2026] [core:error] [pid 7:tid 140] AH00126: Invalid URI",),
        "httpd 2.4: server/log.c (default ErrorLogFormat, threaded MPMs)",
    ),
    Head(
        "apache_error",
        "[{time:___ ___ dd dd:dd:dd.dddddd dddd}] [{module}:{level}] [pid {pid}] {message}",
        ("[Fri Jan 02 03:04:05.123456 2026] [php:notice] [pid 7] [client 192.0.2.7:5] hello",),
        "httpd 2.4: server/log.c (default ErrorLogFormat)",
    ),
    Head(
        "apache_error",
        "[{time:___ ___ dd dd:dd:dd dddd}] [{level}] {message}",
        ("[Fri Jan 02 03:04:05 2026] [error] [client 192.0.2.7] File does not exist: /srv/x",),
        "httpd 2.2: server/log.c (log_error_core)",
    ),
    Head(
        "postgresql",
        "{time:dddd-dd-dd dd:dd:dd.ddd} {zone} [{process}] {level}:  {message}",
        ("2026-01-02 03:04:05.678 UTC [7] FATAL:  the database system is starting up",),
        "postgresql.conf: log_line_prefix = '%m [%p] '",
        continues=_POSTGRES_PARTS,
    ),
    Head(
        "postgresql",
        "{time:dddd-dd-dd dd:dd:dd.ddd} {zone} [{process}] {user}@{database} {level}:  {message}",
        ("2026-01-02 03:04:05.678 UTC [7] shop@shop ERROR:  relation does not exist",),
        "Debian's postgresql-common: log_line_prefix = '%m [%p] %q%u@%d '",
        continues=_POSTGRES_PARTS,
    ),
    Head(
        "mysql",
        "{time:dddd-dd-ddTdd:dd:dd.ddddddZ} {thread} [{level}] [{code}] [{subsystem}] {message}",
        ("2026-01-02T03:04:05.678901Z 0 [System] [MY-010931] [Server] ready for connections",),
        "mysql 8: sql/server_component/log_builtins.cc",
    ),
    Head(
        "mysql",
        "{time:dddd-dd-ddTdd:dd:dd.ddddddZ} {thread} [{level}] {message}",
        ("2026-01-02T03:04:05.678901Z 0 [Note] InnoDB: Buffer pool(s) load completed",),
        "mysql 5.7: sql/log.cc (print_buffer_to_file)",
    ),
    Head(
        "mysql",
        "{time:dddddd _d:dd:dd} [{level}] {message}",
        ("260102  3:04:05 [ERROR] Can't open the mysql.plugin table",),
        "mysql 5.5: sql/log.cc (print_buffer_to_file)",
    ),
    Head(
        "redis",
        "{process}:{role:_} {time:dd ___ dddd dd:dd:dd.ddd} {level:_} {message}",
        ("7:M 02 Jan 2026 03:04:05.678 # Can't save in background: fork",),
        "redis: src/server.c (serverLogRaw)",
        marks=True,
    ),
    Head(
        "mongodb",
        "{time:dddd-dd-ddTdd:dd:dd.ddd_dddd} {level:_} {component:<8} [{context}] {message}",
        ("2026-01-02T03:04:05.678+0000 W STORAGE  [initandlisten] no checksum",),
        "mongodb 3.0 to 4.2: src/mongo/logger/message_event_utf8_encoder.cpp",
    ),
    Head(
        "rabbitmq",
        "{time:dddd-dd-dd dd:dd:dd.dddddd_dd:dd} [{level}] {pid} {message}",
        ("2026-01-02 03:04:05.678901+00:00 [warning] <0.231.0> closing AMQP connection",),
        "rabbitmq 3.9: deps/rabbit/src/rabbit_logger_text_fmt.erl",
    ),
    Head(
        "rabbitmq",
        "{time:dddd-dd-dd dd:dd:dd.ddd} [{level}] {pid} {message}",
        ("2026-01-02 03:04:05.678 [error] <0.231.0> Error on AMQP connection",),
        "rabbitmq 3.7: lager's default formatter",
    ),
)
