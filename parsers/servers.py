"""
The request logs that servers other than nginx write: a table entry each, with sample lines.

How a text is written, `head_text.py` says; parts have nginx's names where nginx has such a thing.
Entries of one name are its variants, the more telling first. `docs/formats.md` lists them, and
`tests/parsers/test_servers.py` reads every sample. Apache's formats are those of nginx
(`apache.py`), and so is gunicorn's.
"""

from dataclasses import dataclass

# How an address begins: no date does.
ADDRESS = ("d.", "dd.", "ddd.", ":", "_:", "__:", "___:", "____:", "[")


@dataclass(frozen=True, slots=True)
class Server:
    """One way in which a server writes a request."""

    name: str
    text: str
    # Lines of our own, in the form that the server writes.
    samples: tuple[str, ...]
    # Where the form is said; each server was also run, and its lines looked at.
    source: str
    # What a line of it holds one of: only such lines of a log of another format are tried. None:
    # nothing tells it, and it is tried only in a log of this server.
    marks: tuple[bytes, ...] = (b" HTTP/",)
    # How a line of it begins, in the shapes of `shapes.py`: the first test of all, as it is cheap.
    begins: tuple[str, ...] = ADDRESS
    # What stands before two hexadecimal digits for a byte that it does not write as it is.
    escape: bytes = b""
    # The server writes its other messages to the same log: what is no request is plain text.
    talks: bool = True


_PEER = "{remote_addr}:{remote_port:#}"
_STRICT_CLF = "{time:dd/___/dddd:dd:dd:dd}"
_SPACED_CLF = "{time:dd/___/dddd dd:dd:dd}"
_HAPROXY = (
    _PEER + " [{time:dd/___/dddd:dd:dd:dd.ddd}] {frontend} {backend}/{server} "
    "{request_read_ms:#}/{queue_ms:#}/{connect_ms:#}/{response_ms:#}/{request_time_ms:#} "
    "{status:#} {bytes_sent:#} {request_cookie} {response_cookie} {termination_state:____} "
    "{connections:#}/{frontend_connections:#}/{backend_connections:#}/{server_connections:#}"
    "/{retries:#} {server_queue:#}/{backend_queue:#} "
)
_HAPROXY_SAMPLE = (
    "192.0.2.7:40118 [02/Jan/2026:03:04:05.678] web app/s1 0/0/1/7/8 200 182 - - ---- "
    "2/1/0/0/0 0/0 "
)
_HAPROXY_SOURCE = "haproxy/doc/configuration.txt, 8.2.3 HTTP log format"
SERVERS = (
    *(
        Server(
            "haproxy",
            f'{_HAPROXY}{captures}"{{request}}"{more}',
            (f'{_HAPROXY_SAMPLE}{captured}"GET /a?b=c HTTP/1.1"{more_said}',),
            _HAPROXY_SOURCE + source,
            marks=(b" HTTP/", b'"<BADREQ>"'),
            escape=b"#",
        )
        for more, more_said, source in (
            ("", "", ""),
            (
                " {connection_error}/{tls_error}/{tls_verify_error}/{tls_ca_error}/{tls_resumed}"
                " {tls_server_name}/{ssl_protocol}/{ssl_cipher}",
                " 0/0000000000000000/0/0/0 -/TLSv1.3/TLS_AES_256_GCM_SHA384",
                ", and 8.2.4 HTTPS log format",
            ),
        )
        for captures, captured in (
            ("", ""),
            ("{{{request_headers}}} {{{response_headers}}} ", "{example.org|} {Apache} "),
            ("{{{request_headers}}} ", "{curl/8.0} "),
        )
    ),
    Server(
        "haproxy",
        '{remote_addr} - - [{time_local}] "{request}" {status:#} {bytes_sent:#} "" "" '
        '{remote_port:#} {milliseconds:ddd} "{frontend}" "{backend}" "{server}" '
        "{request_read_ms:#} {queue_ms:#} {connect_ms:#} {response_ms:#} {request_time_ms:#} "
        "{termination_state:____} {connections:#} {frontend_connections:#} "
        "{backend_connections:#} {server_connections:#} {retries:#} {server_queue:#} "
        '{backend_queue:#} "{request_cookie}" "{response_cookie}" {captures}',
        (
            '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 182 "" "" 38300 678 '
            '"web" "app" "s1" 0 0 0 1 1 ---- 2 1 0 0 0 0 0 "" "" ',
        ),
        "haproxy/doc/configuration.txt, option httplog clf",
        escape=b"#",
    ),
    Server(
        "haproxy",
        _PEER + " [{time:dd/___/dddd:dd:dd:dd.ddd}] {frontend} {backend}/{server} "
        "{queue_ms:#}/{connect_ms:#}/{session_ms:#} {bytes_sent:#} {termination_state:__} "
        "{connections:#}/{frontend_connections:#}/{backend_connections:#}/{server_connections:#}"
        "/{retries:#} {server_queue:#}/{backend_queue:#}",
        ("192.0.2.7:60538 [02/Jan/2026:03:04:05.678] db pg/s1 1/0/5007 212 SC 1/1/1/1/0 0/0",),
        "haproxy/doc/configuration.txt, 8.2.2 TCP log format",
        marks=(),
    ),
    Server(
        "uvicorn",
        "{level:____}:     " + _PEER + ' - "{request}" {status:ddd} {reason}',
        (
            'INFO:     192.0.2.7:45368 - "GET / HTTP/1.1" 200 OK',
            'INFO:     [2001:db8::7]:45368 - "GET /a?b=c HTTP/1.1" 404 Not Found',
        ),
        "uvicorn/config.py: LOGGING_CONFIG (access), uvicorn/logging.py: AccessFormatter",
        begins=("____:     ",),
    ),
    Server(
        "uvicorn",
        _PEER + ' - "{request}" {status:ddd}',
        ('192.0.2.7:37584 - "GET /a?b=c HTTP/1.1" 200',),
        "uvicorn/protocols/http/h11_impl.py, as uvicorn's worker for gunicorn writes it",
    ),
    Server(
        "werkzeug",
        "{remote_addr} - - [" + _SPACED_CLF + '] "{request}" {status:ddd} {body_bytes_sent:#}',
        ('192.0.2.7 - - [02/Jan/2026 03:04:05] "GET /a?b=c HTTP/1.1" 404 -',),
        "werkzeug/serving.py: log; cpython/Lib/http/server.py: log_message",
        escape=b"\\x",
    ),
    Server(
        "runserver",
        "[" + _SPACED_CLF + '] "{request}" {status:ddd} {body_bytes_sent:#}',
        ('[02/Jan/2026 03:04:05] "GET /a?b=c HTTP/1.1" 200 2329',),
        "django/core/servers/basehttp.py, django/utils/log.py: ServerFormatter",
        begins=("[dd/___/dddd ",),
    ),
    Server(
        "daphne",
        _PEER + " - - [" + _STRICT_CLF + '] "{request}" {status:#} {body_bytes_sent:#}',
        ('192.0.2.7:35394 - - [02/Jan/2026:03:04:05] "GET /a?b=c" 200 3',),
        "daphne/access.py: write_entry",
        marks=(b'] "',),
    ),
    Server(
        "uwsgi",
        "[pid: {pid:#}|app: {app}|req: {app_requests:#}/{requests:#}] {remote_addr} "
        "({remote_user}) {{{vars:#} vars in {vars_bytes:#} bytes}} "
        "[{time:___ ___ __ dd:dd:dd dddd}] {request_method} {request_uri} => "
        "generated {body_bytes_sent:#} bytes in {request_time_ms:#} msecs "
        "({server_protocol} {status:ddd}) {headers:#} headers in {headers_bytes:#} bytes "
        "({switches:#} switches on core {core:#})",
        (
            "[pid: 7|app: 0|req: 2/3] 192.0.2.7 () {24 vars in 256 bytes} [Fri Jan  2 03:04:05 "
            "2026] GET /a?b=c => generated 3 bytes in 12 msecs (HTTP/1.1 200) 2 headers in 71 bytes"
            " (1 switches on core 0)",
        ),
        "uwsgi/core/logging.c: log_request",
        begins=("[pi_: ",),  # a `d` would be a digit
        marks=(b" msecs (",),
    ),
    *(
        Server(
            "php_fpm",
            f'{{remote_addr}} - {{remote_user}} {{time_local}} "{{request}}" {{status:ddd}}{more}',
            (f'192.0.2.7 -  02/Jan/2026:03:04:05 +0000 "GET /a.php{query}" 200{more_said}',),
            source,
            marks=(b'00 "', b'30 "', b'45 "'),  # offsets from UTC end so
        )
        for more, query, more_said, source in (
            ("", "", "", "a run of php-fpm 8.2 with no access.format"),
            (
                " {script} {request_time_ms} {memory_kb:#} {cpu_percent}%",
                *("?b=c", " /srv/a.php 1.010 2048 0.00%"),
                "a run of php-fpm 8.2 with the access.format that Debian's www.conf suggests",
            ),
        )
    ),
    Server(
        "squid",
        "{time:dddddddddd.ddd} {request_time_ms:#6} {remote_addr} {cache_status}/{status:ddd} "
        "{bytes_sent:#} {request_method} {url} {remote_user} {hierarchy}/{peer} {content_type}",
        (
            "1767323045.678     12 192.0.2.7 TCP_MISS/200 1297 GET http://example.org/a - "
            "HIER_DIRECT/192.0.2.8 text/html",
        ),
        "squid/src/log/FormatSquidNative.cc",
        begins=("dddddddddd.ddd ",),
        marks=(),
        talks=False,
    ),
)
NAMES = tuple(dict.fromkeys(server.name for server in SERVERS))
