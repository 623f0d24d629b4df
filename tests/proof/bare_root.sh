#!/bin/bash
# Proves the two commands of the README on a machine that has nothing: a Debian 12 root with python3, python3-venv and make.
#
#   tests/proof/bare_root.sh [TARGET…]     make targets to run inside; default: demo test
#
# LOGTELL_PROOF_TREE=1   takes the working tree (all that git does not ignore) instead of HEAD
# LOGTELL_PROOF_KEEP=1   keeps the root, and says where
#
# Needs root, mmdebstrap, git, and the network. Mounts live in a mount namespace of their own and end with it, also when this
# script is killed; the root is removed by a trap.
set -euo pipefail
cd "$(dirname "$0")/../.."

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(demo test)

step() { printf '\n==> %s (%d s)\n' "$1" "$SECONDS"; }
die() { printf 'bare root: %s\n' "$1" >&2; exit 2; }

[ "$(id -u)" = 0 ] || die "must run as root (chroot). fix: sudo $0"
for program in mmdebstrap git unshare; do
    command -v "$program" >/dev/null || die "$program is not installed. fix: apt-get install ${program/unshare/util-linux}"
done

work=$(mktemp -d "${TMPDIR:-/var/tmp}/logtell-bare.XXXXXX")
root=$work/root
clean_up() {
    if [ -n "${LOGTELL_PROOF_KEEP:-}" ]; then
        echo "kept: $root"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

step "Debian 12 with python3, python3-venv, make"
mmdebstrap --quiet --mode=root --variant=minbase --include=python3,python3-venv,make,ca-certificates bookworm "$root"

mkdir -p "$root/srv/logtell"
if [ -n "${LOGTELL_PROOF_TREE:-}" ]; then
    step "the working tree"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
        tar --create --null --files-from=- | tar --extract --directory="$root/srv/logtell"
else
    step "HEAD, $(git log -1 --format='%h %s')"
    git archive HEAD | tar --extract --directory="$root/srv/logtell"
fi

# How this machine reaches PyPI: names, certificates, and pip's settings. Local folders of wheels are left out, because the
# root does not see them and the lock does not need them.
for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
    if [ -e "$file" ]; then
        install -D -m 644 "$(readlink -f "$file")" "$root$file"
    fi
done
environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "TERM=${TERM:-dumb}" PIP_ROOT_USER_ACTION=ignore)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_PROXY PIP_INDEX_URL PIP_TRUSTED_HOST \
    PIP_DEFAULT_TIMEOUT; do
    if [ -n "${!name:-}" ]; then
        environment+=("$name=${!name}")
    fi
done
for key in index-url extra-index-url proxy trusted-host timeout; do
    value=$(python3 -m pip config get "global.$key" 2>/dev/null | tr ' ' '\n' | grep -v '^file:' | paste -sd' ' || true)
    if [ -n "$value" ]; then
        variable=PIP_${key//-/_}
        environment+=("${variable^^}=$value")
    fi
done
environment+=(PIP_CERT=/etc/ssl/certs/ca-certificates.crt)

inside() {
    # shellcheck disable=SC2016 # expands in the inner shell
    unshare --mount --pid --fork --kill-child sh -c '
        set -e
        root=$1; shift
        mount -t proc proc "$root/proc"
        mkdir -p "$root/dev/shm"
        mount -t tmpfs tmpfs "$root/dev/shm"
        exec chroot "$root" env --ignore-environment "$@"' sh "$root" "${environment[@]}" "$@"
}

for program in git gcc nginx haproxy node logrotate; do
    if inside sh -c "command -v $program" >/dev/null; then
        die "the root is not bare: it has $program"
    fi
done

failed=()
for target in "${targets[@]}"; do
    step "make $target"
    inside make --no-print-directory -C /srv/logtell "$target" || failed+=("$target")
done

step "verdict"
if [ ${#failed[@]} -gt 0 ]; then
    echo "bare root: FAILED: make ${failed[*]}"
    exit 1
fi
echo "bare root: passed: make ${targets[*]}, on Debian $(cat "$root/etc/debian_version"), $(inside python3 --version)"
