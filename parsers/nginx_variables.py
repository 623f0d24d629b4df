"""What nginx's variables hold: one table, so that numbers come out as numbers."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How the text of a variable is read."""

    TEXT = "text"
    # Text in which nginx writes no space: a name, a word, an address.
    WORD = "word"
    HOST = "host"
    ADDRESS = "address"
    INTEGER = "integer"
    BYTES = "bytes"
    # Seconds with milliseconds, `12.345`; or another number with decimals.
    SECONDS = "seconds"
    DECIMAL = "decimal"
    SIGNED = "signed"  # a decimal that may be negative
    STATUS = "status"
    REQUEST = "request"
    FLAG = "flag"  # one byte
    TIME_LOCAL = "time_local"
    TIME_ISO8601 = "time_iso8601"
    TIME_ISO8601_MS = "time_iso8601_ms"
    # One attempt per upstream server asked: `0.1, 0.2 : 0.3`.
    INTEGERS = "list of integers"
    BYTES_LIST = "list of bytes"
    SECONDS_LIST = "list of seconds"
    ADDRESSES = "list of addresses"


LISTS = frozenset({Kind.INTEGERS, Kind.BYTES_LIST, Kind.SECONDS_LIST, Kind.ADDRESSES})
NUMBERS = frozenset({Kind.SECONDS, Kind.DECIMAL})
WHOLE = frozenset({Kind.INTEGER, Kind.BYTES, Kind.STATUS})

# (module, kind, its variables that are of this kind). Sources: the pages of the modules that
# https://nginx.org/en/docs/varindex.html names, and src/http and src/stream of nginx 1.31.5 for
# what they leave open; the last rows are ingress-nginx's (docs/user-guide/nginx-configuration/
# log-format.md). A variable that is not here (custom ones, those of `map`, headers) is text.
_TABLE = (
    ("http_core", Kind.TEXT, "args content_type document_root document_uri http_host is_args"),
    ("http_core", Kind.TEXT, "query_string realpath_root remote_user request_body request_uri uri"),
    ("http_core", Kind.TEXT, "request_body_file request_filename request_completion"),
    ("http_core", Kind.REQUEST, "request"),
    ("http_core", Kind.WORD, "hostname https nginx_version request_id request_method scheme"),
    ("http_core", Kind.WORD, "server_protocol"),
    ("http_core", Kind.HOST, "host server_name"),
    ("http_core", Kind.ADDRESS, "proxy_protocol_addr proxy_protocol_server_addr remote_addr"),
    ("http_core", Kind.ADDRESS, "server_addr"),
    ("http_core", Kind.INTEGER, "connection connection_requests pid proxy_protocol_port"),
    ("http_core", Kind.INTEGER, "proxy_protocol_server_port remote_port request_port server_port"),
    ("http_core", Kind.INTEGER, "tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd tcpinfo_rcv_space"),
    ("http_core", Kind.BYTES, "body_bytes_sent bytes_sent content_length limit_rate"),
    ("http_core", Kind.BYTES, "request_length"),
    ("http_core", Kind.BYTES, "sent_http_content_length"),
    ("http_core", Kind.SECONDS, "connection_time msec request_time"),
    ("http_core", Kind.STATUS, "status"),
    ("http_core", Kind.FLAG, "pipe"),
    ("http_core", Kind.TIME_LOCAL, "time_local"),
    ("http_core", Kind.TIME_ISO8601, "time_iso8601"),
    ("http_core", Kind.TIME_ISO8601_MS, "time_iso8601_ms"),
    ("http_upstream", Kind.ADDRESSES, "upstream_addr"),
    ("http_upstream", Kind.INTEGERS, "upstream_status"),
    ("http_upstream", Kind.BYTES_LIST, "upstream_bytes_received upstream_bytes_sent"),
    ("http_upstream", Kind.BYTES_LIST, "upstream_response_length"),
    ("http_upstream", Kind.SECONDS_LIST, "upstream_connect_time upstream_header_time"),
    ("http_upstream", Kind.SECONDS_LIST, "upstream_queue_time upstream_response_time"),
    ("http_upstream", Kind.WORD, "upstream_cache_status"),
    ("http_upstream", Kind.ADDRESS, "upstream_last_addr upstream_last_server_name"),
    ("http_upstream", Kind.BYTES, "upstream_http_content_length"),
    ("http_upstream", Kind.TEXT, "upstream_cache_etag upstream_cache_last_modified"),
    ("http_proxy", Kind.TEXT, "proxy_add_x_forwarded_for"),
    ("http_proxy", Kind.ADDRESS, "proxy_host"),
    ("http_proxy", Kind.INTEGER, "proxy_port"),
    ("http_fastcgi", Kind.TEXT, "fastcgi_path_info fastcgi_script_name"),
    ("http_memcached", Kind.TEXT, "memcached_key"),
    ("http_ssl", Kind.WORD, "ssl_alpn_protocol ssl_cipher ssl_client_fingerprint"),
    ("http_ssl", Kind.WORD, "ssl_client_serial"),
    ("http_ssl", Kind.WORD, "ssl_client_sigalg ssl_curve ssl_ech_status ssl_protocol"),
    ("http_ssl", Kind.WORD, "ssl_session_id"),
    ("http_ssl", Kind.WORD, "ssl_session_reused ssl_sigalg"),
    ("http_ssl", Kind.INTEGER, "ssl_client_v_remain ssl_early_data"),
    ("http_ssl", Kind.TEXT, "ssl_ciphers ssl_client_cert ssl_client_escaped_cert ssl_client_i_dn"),
    ("http_ssl", Kind.TEXT, "ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn"),
    ("http_ssl", Kind.TEXT, "ssl_curves"),
    ("http_ssl", Kind.TEXT, "ssl_client_s_dn_legacy ssl_client_v_end ssl_client_v_start"),
    ("http_ssl", Kind.TEXT, "ssl_sigalgs"),
    ("http_ssl", Kind.TEXT, "ssl_client_verify ssl_ech_outer_server_name ssl_server_name"),
    ("http_gzip", Kind.DECIMAL, "gzip_ratio"),
    ("http_geoip", Kind.WORD, "geoip_country_code geoip_country_code3 geoip_city_country_code"),
    ("http_geoip", Kind.WORD, "geoip_city_country_code3 geoip_city_continent_code geoip_region"),
    ("http_geoip", Kind.TEXT, "geoip_city geoip_city_country_name geoip_country_name geoip_org"),
    ("http_geoip", Kind.TEXT, "geoip_postal_code geoip_region_name"),
    ("http_geoip", Kind.INTEGER, "geoip_area_code geoip_dma_code"),
    ("http_geoip", Kind.SIGNED, "geoip_latitude geoip_longitude"),
    ("http_realip", Kind.ADDRESS, "realip_remote_addr"),
    ("http_realip", Kind.INTEGER, "realip_remote_port"),
    ("http_v2", Kind.WORD, "http2"),
    ("http_v3", Kind.WORD, "http3"),
    ("http_limit", Kind.WORD, "limit_conn_status limit_req_status"),
    ("http_secure_link", Kind.TEXT, "secure_link"),
    ("http_secure_link", Kind.INTEGER, "secure_link_expires"),
    ("http_userid", Kind.TEXT, "uid_got uid_reset uid_set"),
    ("http_referer", Kind.TEXT, "invalid_referer"),
    ("http_browser", Kind.TEXT, "ancient_browser modern_browser msie"),
    ("http_auth_jwt", Kind.TEXT, "jwt_payload"),
    ("http_slice", Kind.TEXT, "slice_range"),
    ("http_ssi", Kind.TEXT, "date_gmt date_local"),
    ("http_stub_status", Kind.INTEGER, "connections_active connections_reading"),
    ("http_stub_status", Kind.INTEGER, "connections_waiting connections_writing"),
    ("stream_core", Kind.WORD, "protocol"),
    ("stream_core", Kind.BYTES, "bytes_received"),
    ("stream_core", Kind.SECONDS, "session_time"),
    ("stream_upstream", Kind.SECONDS_LIST, "upstream_first_byte_time upstream_session_time"),
    ("stream_ssl_preread", Kind.TEXT, "ssl_preread_alpn_protocols ssl_preread_server_name"),
    ("stream_ssl_preread", Kind.WORD, "ssl_preread_protocol"),
    ("ingress", Kind.WORD, "proxy_upstream_name proxy_alternative_upstream_name namespace"),
    ("ingress", Kind.WORD, "ingress_name service_name service_port"),
    ("ingress", Kind.ADDRESS, "the_real_ip"),
    ("ingress", Kind.TEXT, "req_id"),  # taken from the client's X-Request-ID if there is one
)
_BY_NAME = {name: kind for _, kind, names in _TABLE for name in names.split()}
# Those that always have the same width: `%03ui` of a status, and the times (ngx_http_log_module.c:
# sizeof "28/Sep/1970:12:00:00 +0600" - 1, and the ISO forms).
SHAPES = {
    Kind.STATUS: b"ddd",
    Kind.FLAG: b"_",
    Kind.TIME_LOCAL: b"_" * 26,
    Kind.TIME_ISO8601: b"_" * 25,
    Kind.TIME_ISO8601_MS: b"_" * 29,
}
_DIGITS = b"0123456789-"
_LETTERS = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(ord("A"), ord("Z") + 1))
_WORD = _DIGITS + _LETTERS + b"._/+"
# nginx refuses a Host with `/` or (since 1.21.1) a space in it, and one with `?` has no path of its
# own; server_name may be a regular expression.
_HOST = bytes(set(range(0x21, 0x100)) - set(b'"/?'))
_ADDRESS = _DIGITS + _LETTERS + b".:/_%@[]"
# The bytes that values of a kind may hold, so that any other byte ends them; text may hold any.
_HOLDS = {
    Kind.WORD: _WORD,
    Kind.HOST: _HOST,
    Kind.ADDRESS: _ADDRESS,
    Kind.INTEGER: _DIGITS,
    Kind.BYTES: _DIGITS,
    Kind.STATUS: _DIGITS,
    Kind.SECONDS: _DIGITS + b".",
    Kind.DECIMAL: _DIGITS + b".",
    Kind.SIGNED: _DIGITS + b".",
    Kind.INTEGERS: _DIGITS + b",: ",
    Kind.BYTES_LIST: _DIGITS + b",: ",
    Kind.SECONDS_LIST: _DIGITS + b".,: ",
    Kind.ADDRESSES: _ADDRESS + b", ",
}
PATHS = frozenset({"request_uri", "uri", "document_uri"})  # they begin with `/`
# A URI has no space (RFC 9110, 10.1.3). A stranger may write one all the same: where bare text
# follows (`$http_referer $http_user_agent`, as NPMplus has it), he moves a part of his own Referer
# into his own User-Agent, and nothing else.
_URI = bytes(set(range(0x100)) - set(b" "))
# Numbers that are copied from a header, where a stranger (or the upstream) may write anything.
_COPIED = frozenset({"content_length", "sent_http_content_length", "upstream_http_content_length"})


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its kind, and which bytes its values may hold (None: any)."""

    kind: Kind
    holds: bytes | None


def variable(name: str) -> Variable:
    """What a variable of this name holds; unknown and custom variables are text."""
    kind = kind_of(name)
    if name == "http_referer":
        return Variable(kind, _URI)
    return Variable(kind, None if name in _COPIED else _HOLDS.get(kind))


def kind_of(name: str) -> Kind:
    """The kind of a variable by its name; unknown and custom variables are text."""
    return _BY_NAME.get(name, Kind.TEXT)
