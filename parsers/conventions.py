"""
Which keys of a structured record are its time, level, message, logger and exception: a table.

A record of a known product or library is read by that one's keys alone (in a CLEF record `level` is
the user's, in a journal's `message` is); all others by the lists of `COMMON`, which hold what
people call these things. Dots reach into objects, unless a key itself has them.
"""

from dataclasses import dataclass, replace

from parsers.scales import (
    DOTNET,
    LOGBACK,
    MYSQL,
    NEXTCLOUD,
    OTEL,
    PYTHON,
    SEVERITIES,
    SYSLOG,
    Scale,
)
from parsers.severity import Severity

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of each role, in the order in which they are looked for."""

    time: Names = ()
    level: Names = ()
    message: Names = ()
    logger: Names = ()
    exception_type: Names = ()
    exception_message: Names = ()
    exception_stack: Names = ()


@dataclass(frozen=True, slots=True)
class Convention:
    """How one product or library names things."""

    name: str
    # Keys that records of it have, and keys that they never have.
    marks: Names
    keys: Keys
    without: Names = ()
    # What the numbers of its levels mean, if they are not those of `SCALES`.
    scale: Scale | None = None
    # What a record without a level is.
    unstated: Severity = Severity.INFO
    # A list of numbers is bytes.
    lists_bytes: bool = False


# What the numbers under a key mean; under any other they are `scales.MANY`.
SCALES = {
    "severity": SEVERITIES,
    "levelno": PYTHON,
    "record.level.no": PYTHON,
    "level_value": LOGBACK,
    "severityNumber": OTEL,
    "severity_number": OTEL,
    "SeverityNumber": OTEL,
    "PRIORITY": SYSLOG,
    "prio": MYSQL,
}
# Keys of a level that are one only if the value is a level word: `status` is 200 as often, and
# OpenTelemetry's text is what the source called it.
WORDS_ONLY = frozenset({"status", "severityText", "severity_text", "SeverityText", "at", "tags"})
# A list whose first item may be the level: it stays a field, for the others.
TAGS = "tags"

# The common lists; what their keys are from, as opened:
# ECS          https://github.com/elastic/ecs-logging (spec/spec.json)
# Bunyan       https://github.com/trentm/node-bunyan (README.md: Levels, Core fields; lib/bunyan.js:
#              stdSerializers.err)
# pino         https://github.com/pinojs/pino (docs/api.md)
# zap          https://github.com/uber-go/zap (config.go: both encoder configurations)
# logrus       https://github.com/sirupsen/logrus (json_formatter.go, text_formatter.go)
# zerolog      https://github.com/rs/zerolog (globals.go)
# Logstash     https://github.com/logfellow/logstash-logback-encoder (README.md, LoggingEvent
#              Fields, Standard Fields); Spring Boot writes the same ones
#              (https://github.com/spring-projects/spring-boot, LogstashStructuredLogFormatter.java)
# python-json-logger  https://github.com/nhairs/python-json-logger (docs/quickstart.md and
#              src/pythonjsonlogger/core.py: the attributes of Python's LogRecord by their names)
# Serilog      https://github.com/serilog/serilog (src/Serilog/Formatting/Json/JsonFormatter.cs)
# Cloud Logging's agents  https://github.com/fluent/fluent-bit-docs (the page
#              pipeline/outputs/stackdriver_special_fields.md)
# Datadog      https://github.com/DataDog/documentation (the page
#              content/en/logs/log_configuration/processors/log_status_remapper.md)
COMMON = Keys(
    time=(
        *("time", "timestamp", "@timestamp", "ts", "asctime"),
        *("datetime", "date", "t", "time_iso8601", "time_local"),
        *("Timestamp", "Time", "instant", "timeMillis", "created", "dt", "_time"),
        *("timestampSeconds", "start_time", "StartUTC", "T", "eventTime", "event_time"),
        *("startTime", "log_timestamp", "event_timestamp"),
    ),
    # ECS `log.level`; zap's development encoder `L`; Monolog `level_name`; log4js
    # `level.levelStr`, also with a layout of its own; last, as they often are something else,
    # Datadog's `status` and `at`.
    level=(
        *("levelName", "level", "severity", "levelname", "log.level", "lvl"),
        *("loglevel", "log_level"),
        *("level_name", "LogLevel", "Level", "Severity", "L", "levelno", "level_value"),
        *("severityText", "severity_text", "severityNumber", "level.levelStr"),
        *("logging.googleapis.com/severity", "status", "at"),
    ),
    # Serilog `RenderedMessage`, `MessageTemplate`.
    message=(
        *("message", "msg", "event", "log", "text", "Message", "MESSAGE", "M", "body"),
        *("RenderedMessage", "MessageTemplate", "textPayload", "jsonPayload.message"),
        "error_message",
    ),
    # Logstash `logger_name`; Bunyan `name`; .NET `Category`; Serilog
    # `SourceContext`; Monolog `channel`; zap's development encoder `N`; log4js `categoryName`.
    logger=(
        *("logger", "logger_name", "log.logger", "name", "loggerName", "Category"),
        *("SourceContext", "Properties.SourceContext", "channel", "N", "categoryName"),
    ),
    # ECS `error`, pino and Bunyan `err`.
    exception_type=(
        *("exception_type", "error.type", "err.type", "err.name", "error.kind", "exception.type"),
        *("thrown.name", "errorType", "context.exception.class", "exc_type", "error.name"),
    ),
    exception_message=(
        *("exception_message", "error.message", "err.message", "exception.message"),
        *("thrown.message", "errorMessage", "context.exception.message", "err", "error"),
    ),
    # python-json-logger `exc_info`, Logstash `stack_trace`, zap `stacktrace` and `S`.
    exception_stack=(
        *("exception_stack", "error.stack_trace", "err.stack", "error.stack"),
        *("exception.stacktrace", "exc_info", "exception", "stack_trace", "stacktrace", "stack"),
        *("thrown.extendedStackTrace", "stackTrace", "Exception", "StackTrace", "S"),
    ),
)
# The path of a request, in any convention; `route` is what an application itself names one.
PATHS: Names = (
    *("route", "request_uri", "uri", "path", "url.path", "http.target", "http.path"),
    *("request_path", "url", "req.url", "request.path", "request.uri", "request.url", "http.url"),
)
# The status of a request.
STATUSES: Names = (
    *("status", "response_code", "DownstreamStatus", "status_code", "httpRequest.status"),
)
# A record of no known product that has one of these keys is one of a request: where it states no
# level, its status says how bad it was.
REQUESTS = frozenset(
    {"request", "request_uri", "request_method", "uri", "method", "path", "RequestPath"}
    | {"remote_addr", "httpRequest"}
)

_OTEL = Keys(
    time=("timeUnixNano", "observedTimeUnixNano", "timestamp", "Timestamp", "observedTimestamp"),
    level=(
        *("severityText", "SeverityText", "severity_text"),
        *("severityNumber", "SeverityNumber", "severity_number"),
    ),
    message=("body.stringValue", "body", "Body"),
    logger=("instrumentationScope.name", "scope.name", "InstrumentationScope.name"),
    exception_type=("attributes.exception.type", "Attributes.exception.type"),
    exception_message=("attributes.exception.message", "Attributes.exception.message"),
    exception_stack=("attributes.exception.stacktrace", "Attributes.exception.stacktrace"),
)
_KLOG = replace(COMMON, time=("ts",), level=(), message=("msg",), exception_message=("err",))
_NO_LEVEL = ("level", "severity", "lvl", "L")

# In order: the first whose marks a record has. Each with the page that was opened for it.
CONVENTIONS = (
    # https://github.com/aws/amazon-sagemaker-examples, what a captured file holds in
    # sm-model_monitor_introduction.ipynb below deploy_and_monitor/; see capture.py.
    Convention(
        "SageMaker data capture", ("captureData",), Keys(time=("eventMetadata.inferenceTime",))
    ),
    # https://www.mongodb.com/docs/manual/reference/log-messages.md (4.4 and later): `s` is F E W I
    # D1–D5, `t` an object of Extended JSON.
    Convention(
        "mongod",
        ("t", "s", "c", "msg"),
        Keys(("t.$date", "t"), ("s",), ("msg",), ("c",)),
    ),
    # https://github.com/systemd/systemd, docs/JOURNAL_EXPORT_FORMATS.md: values are texts, times
    # microseconds, what is no UTF-8 a list of bytes.
    Convention(
        "journald",
        ("__REALTIME_TIMESTAMP",),
        Keys(
            ("__REALTIME_TIMESTAMP",),
            ("PRIORITY",),
            ("MESSAGE",),
            ("LOGGER", "SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT", "_COMM"),
            exception_stack=("EXCEPTION_TEXT",),
        ),
        lists_bytes=True,
    ),
    # https://github.com/serilog/serilog-formatting-compact (README.md): no `@l` is informational.
    Convention(
        "Serilog CLEF",
        ("@t",),
        Keys(("@t",), ("@l",), ("@m", "@mt"), ("SourceContext",), exception_stack=("@x",)),
    ),
    # https://github.com/Graylog2/documentation, pages/gelf.rst (GELF 1.1): `level` is syslog's,
    # `timestamp` seconds, own keys `_…`. It says that no level is 1, alert; but Graylog itself
    # leaves such a record without one (https://github.com/Graylog2/graylog2-server,
    # GelfCodec.java), and so do we. Own keys: `_logger` of https://github.com/apache/logging-log4j2
    # (GelfLayout.java), `_log_logger` and `_error_…` of
    # https://github.com/spring-projects/spring-boot
    # (GraylogExtendedLogFormatStructuredLogFormatter.java); not opened: whose the others are.
    Convention(
        "GELF",
        ("short_message",),
        Keys(
            ("timestamp",),
            ("level",),
            ("short_message", "full_message"),
            (
                *("_logger", "_log_logger", "_logger_name", "_LoggerName", "_loggerName"),
                "facility",
            ),
            ("_error_type", "_exception_type"),
            ("_error_message", "_exception_message"),
            (
                *("_error_stack_trace", "_stack_trace", "_stacktrace", "_exception_stack_trace"),
                "_StackTrace",
            ),
        ),
        scale=SYSLOG,
    ),
    # https://github.com/open-telemetry/opentelemetry-proto, opentelemetry/proto/logs/v1/logs.proto
    # by its JSON names, and other spellings of them.
    Convention("OpenTelemetry", ("timeUnixNano",), _OTEL),
    Convention("OpenTelemetry", ("severityNumber", "body"), _OTEL),
    Convention("OpenTelemetry", ("SeverityNumber", "Body"), _OTEL),
    # https://github.com/tokio-rs/tracing, tracing-subscriber/src/fmt/format/json.rs: what is said
    # is a field among others, unless they are flattened.
    Convention(
        "tracing",
        ("timestamp", "level", "fields", "target"),
        Keys(
            ("timestamp",),
            ("level",),
            ("fields.message", "message"),
            ("target",),
            exception_message=("fields.error",),
        ),
    ),
    # https://github.com/nextcloud/server, lib/private/Log/LogDetails.php; its levels are said in
    # https://github.com/nextcloud/documentation,
    # admin_manual/configuration_server/logging_configuration.rst.
    Convention(
        "Nextcloud",
        ("reqId", "remoteAddr", "app"),
        Keys(
            ("time",),
            ("level",),
            ("message",),
            ("app",),
            ("exception.Exception",),
            ("exception.Message",),
        ),
        scale=NEXTCLOUD,
    ),
    # Kibana before 8 (logs of users, not opened): the first of the tags is the level, if any is.
    Convention(
        "Kibana",
        ("type", "@timestamp", "tags", "pid"),
        Keys(
            ("@timestamp",),
            ("level", "log.level", TAGS),
            ("message",),
            exception_stack=("error.stack",),
        ),
    ),
    # https://github.com/Delgan/loguru, loguru/_handler.py (`serialize=True`): `text` is the line as
    # the terminal shows it.
    Convention(
        "loguru",
        ("text", "record"),
        Keys(
            ("record.time.timestamp", "record.time.repr"),
            ("record.level.name", "record.level.no"),
            ("record.message", "text"),
            ("record.name",),
            ("record.exception.type",),
            ("record.exception.value",),
        ),
    ),
    # https://github.com/mysql/mysql-server, components/logging/log_sink_json.cc: `prio`, and
    # `label` the word for it.
    Convention(
        "MySQL",
        ("prio", "err_code", "msg"),
        Keys(("time", "ts"), ("label", "prio"), ("msg",), ("subsystem",)),
    ),
    # https://github.com/postgres/postgres, src/backend/utils/error/jsonlog.c (15 and later).
    Convention(
        "PostgreSQL",
        ("error_severity",),
        Keys(("timestamp",), ("error_severity",), ("message",), ("backend_type",)),
    ),
    # https://github.com/kubernetes/component-base, logs/json/json.go and json_test.go: `v` only
    # for info and not for error messages, `err` only for these.
    Convention("klog JSON", ("ts", "msg", "v"), _KLOG, _NO_LEVEL),
    Convention(
        "klog JSON", ("ts", "caller", "msg", "err"), _KLOG, _NO_LEVEL, unstated=Severity.ERROR
    ),
    # https://github.com/dotnet/runtime, JsonConsoleFormatter.cs below
    # src/libraries/Microsoft.Extensions.Logging.Console; it writes words, numbers are LogLevel's.
    Convention(
        ".NET",
        ("LogLevel", "Category"),
        Keys(
            ("Timestamp",),
            ("LogLevel",),
            ("Message", "State.Message"),
            ("Category",),
            exception_stack=("Exception",),
        ),
        scale=DOTNET,
    ),
    # https://github.com/log4js-node/log4js-node, docs/layouts.md (the layout `json` of its example)
    # and lib/LoggingEvent.js: what was said is the list `data`.
    Convention(
        "log4js",
        ("startTime", "categoryName", "data"),
        Keys(("startTime",), ("level.levelStr", "level.level"), ("data",), ("categoryName",)),
        scale=LOGBACK,
    ),
    # https://github.com/Seldaek/monolog, src/Monolog/LogRecord.php: `level` is a number of its own,
    # `level_name` the word.
    Convention(
        "Monolog",
        ("level_name", "channel"),
        replace(COMMON, time=("datetime",), level=("level_name",), logger=("channel",)),
    ),
    # https://cloud.google.com/logging/docs/api/reference/rest/v2/LogEntry
    *(
        Convention(
            "Cloud Logging",
            (payload, "logName"),
            replace(
                COMMON,
                time=("timestamp", "receiveTimestamp"),
                level=("severity", "jsonPayload.level"),
                message=("textPayload", "jsonPayload.message", "jsonPayload.msg", "message"),
                logger=("jsonPayload.logger", "logName"),
                exception_stack=("jsonPayload.stack_trace", "jsonPayload.exception"),
            ),
        )
        for payload in ("textPayload", "jsonPayload", "protoPayload")
    ),
)
OTHER = Convention("common", (), COMMON)
