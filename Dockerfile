# Needs only Python 3.11 or newer (python3 with venv and pip) in its base; both stages take the same one, because the
# environment that the second copies points to the first one's Python.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# Two environments: /opt/build holds pip and the build backend and stays behind; /opt/logtell is copied, without pip.
RUN python3 -m venv /opt/build \
 && python3 -m venv --without-pip /opt/logtell \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.lock \
 && /opt/build/bin/pip --python /opt/logtell/bin/python install \
        --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY agent agent
COPY parsers parsers
COPY rules rules
RUN /opt/build/bin/hatchling build -t wheel -d /tmp/wheel \
 && /opt/build/bin/pip --python /opt/logtell/bin/python install --no-cache-dir --no-index --no-deps /tmp/wheel/*.whl \
 && mkdir -p /var/lib/logtell

FROM ${BASE}
LABEL org.opencontainers.image.title="logtell" \
      org.opencontainers.image.description="Reads nginx and application logs, explains the cryptic lines and sends StatsD metrics" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="logtell contributors"
COPY --from=build /opt/logtell /opt/logtell
# The only folder that is written; a volume takes over its owner.
COPY --from=build --chown=10001:10001 /var/lib/logtell /var/lib/logtell
# STATE_DIRECTORY is the name that systemd gives it as well.
ENV PATH=/opt/logtell/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIRECTORY=/var/lib/logtell
VOLUME /var/lib/logtell
# A number, because Kubernetes' runAsNonRoot cannot judge a name.
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["logtell"]
CMD ["run"]
