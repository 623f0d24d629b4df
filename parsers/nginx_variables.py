"""What nginx's variables hold: one table, so that numbers come out as numbers."""

from enum import Enum


class Kind(Enum):
    """How the text of a variable is read; `-` is null for all of them."""

    TEXT = "text"
    INTEGER = "integer"
    # Seconds with milliseconds (or kbytes with three digits): `12.345`.
    DECIMAL = "decimal"
    # One attempt per upstream server asked: `0.1, 0.2 : 0.3`.
    ATTEMPTS = "attempts"
    REQUEST = "request"
    TIME_LOCAL = "time_local"
    TIME_ISO8601 = "time_iso8601"
    STATUS = "status"


# Source: https://nginx.org/en/docs/varindex.html and the modules it names; the widths of the two
# times from ngx_http_log_module.c (sizeof "28/Sep/1970:12:00:00 +0600" - 1, and the ISO form).
_KINDS = {
    Kind.REQUEST: "request",
    Kind.STATUS: "status",
    Kind.TIME_LOCAL: "time_local",
    Kind.TIME_ISO8601: "time_iso8601",
    Kind.INTEGER: (
        "body_bytes_sent bytes_sent bytes_received request_length content_length remote_port "
        "server_port pid connection connection_requests proxy_protocol_port tcpinfo_rtt "
        "tcpinfo_rttvar tcpinfo_snd_cwnd tcpinfo_rcv_space connections_active connections_reading "
        "connections_writing connections_waiting sent_http_content_length"
    ),
    Kind.DECIMAL: "request_time msec connection_time session_time gzip_ratio",
    Kind.ATTEMPTS: (
        "upstream_response_time upstream_connect_time upstream_header_time upstream_queue_time "
        "upstream_first_byte_time upstream_session_time upstream_status upstream_response_length "
        "upstream_bytes_received upstream_bytes_sent"
    ),
}
_BY_NAME = {name: kind for kind, names in _KINDS.items() for name in names.split()}
# Of those that always have the same width (the module writes `%03ui` for a status).
SHAPES = {Kind.TIME_LOCAL: b"_" * 26, Kind.TIME_ISO8601: b"_" * 25, Kind.STATUS: b"ddd"}


def kind_of(variable: str) -> Kind:
    """The kind of a variable by its name; unknown and custom variables are text."""
    return _BY_NAME.get(variable, Kind.TEXT)
