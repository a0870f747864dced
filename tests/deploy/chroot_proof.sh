#!/usr/bin/env bash
# Proves, by hand, that deploy/run.py sets itself up on a Debian that holds only python3, and by every way round.
#
#   sudo tests/deploy/chroot_proof.sh [SUITE...]          (default: bookworm trixie)
#
# Needs root, debootstrap and git. Settings, all by environment:
#   PROOF_DIR   where the systems are built, outside the project   (default /var/tmp/diemdanh-chroots)
#   MIRROR      a Debian mirror                                    (default: the first one that this machine's apt uses)
#   UV          a uv program for the way "uv"                      (default: uv on PATH; without one that way is left out)
#   WAYS        which ways round    (default: apt sudo venv uv pip interrupted refused)
#   COMMAND     what an ordinary user without sudo runs, a shell command   (default: the demo, which needs no root)
#   ROOTED      what is run where apt may be used  (default: .ci/run, everything: allow it an hour a system)
# apt: root on a system with python3 alone. sudo: the same as an ordinary user with sudo. venv, uv, pip: an ordinary user
# without any right, on a system that offers just this. interrupted: set-up killed after 12 seconds, then again.
# refused: an ordinary user on a system that offers nothing; must end with 1 and say what helps.
# The committed state of the project is proved (git clone), not the working tree. A certificate bundle named by PIP_CERT or
# SSL_CERT_FILE and the other PIP_* settings go along. It ends 0 only if every way ended as it should.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
proof=${PROOF_DIR:-/var/tmp/diemdanh-chroots}
mirror=${MIRROR:-$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1 || true)}
mirror=${mirror% }
uv=${UV:-$(command -v uv || true)}
command=${COMMAND:-python3 deploy/run.py demo --check}
rooted=${ROOTED:-bash .ci/run}
ways=${WAYS:-apt sudo venv uv pip interrupted refused}
certificates=${PIP_CERT:-${SSL_CERT_FILE:-}}
mounted=()
failures=0

[ "$(id -u)" -eq 0 ] || { echo "chroot_proof.sh: run it as root (debootstrap and chroot need it)" >&2; exit 2; }
[ -n "$mirror" ] || { echo "chroot_proof.sh: set MIRROR to a Debian mirror" >&2; exit 2; }
mkdir -p "$proof"

release() {
    local place
    for place in "${mounted[@]}"; do umount "$place" 2>/dev/null || umount -l "$place"; done
    mounted=()
}
trap release EXIT

# base SUITE: a system with python3 and nothing else, built once and copied for every way.
base() {
    local at=$proof/base-$1
    [ -e "$at/etc/debian_version" ] && [ -e "$at.done" ] && return
    rm -rf "$at"
    debootstrap --variant=minbase --include=python3 "$1" "$at" "$mirror" >"$at.log" 2>&1
    touch "$at.done"
}

# fresh SUITE WAY: a new copy in $root, with the project in /home/tester/project.
fresh() {
    root=$proof/$1-$2
    rm -rf "$root"
    cp -a "$proof/base-$1" "$root"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service may start in here
    chmod +x "$root/usr/sbin/policy-rc.d"
    if [ -n "$certificates" ]; then cp -L "$certificates" "$root/certificates.crt"; fi
    chroot "$root" useradd --create-home --shell /bin/bash tester
    git clone -q --no-hardlinks "$project" "$root/home/tester/project"
    chroot "$root" chown -R tester /home/tester
    local place
    for place in /proc /dev /dev/pts /dev/shm; do
        mount --bind "$place" "$root$place"
        mounted=("$root$place" "${mounted[@]}")
    done
}

# inside USER WORDS...: run words in the project's folder of the system in $root.
inside() {
    local user=$1 settings=() name
    shift
    for name in $(compgen -e | grep -E '^PIP_' | grep -vE '^PIP_(CERT|FIND_LINKS|CONSTRAINT|CONFIG_FILE|CACHE_DIR)$' || true); do
        settings+=("$name=${!name}")
    done
    if [ -n "$certificates" ]; then
        settings+=(PIP_CERT=/certificates.crt SSL_CERT_FILE=/certificates.crt REQUESTS_CA_BUNDLE=/certificates.crt)
    fi
    chroot --userspec="$user" "$root" env -i HOME="/home/tester" LANG=C.UTF-8 \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "${settings[@]}" \
        sh -c 'cd /home/tester/project && exec "$@"' sh "$@"
}

apt_inside() {
    inside root apt-get -q update >/dev/null
    inside root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" >/dev/null 2>&1
}

# expect WAY SUITE CODE TEXT LOG: compare an ending with what it should be.
expect() {
    if [ "$code" -eq "$3" ] && grep -qF -- "$4" "$5"; then
        echo "ok      $2 $1: ended with $code, said '$4'; $(grep -hE '^Ready after|^pytest: | passed' "$5" | tail -2 | tr '\n' ' ')"
    else
        echo "FAILED  $2 $1: ended with $code instead of $3, or did not say '$4'; see $5"
        failures=$((failures + 1))
    fi
}

prove() {
    local suite=$1 way=$2 log=$proof/$1-$2.log code=0 user=tester wanted=0 said run=$command
    fresh "$suite" "$way"
    case $way in
    apt) user=root said="python3-venv from apt" run=$rooted ;;
    sudo)
        apt_inside sudo
        echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/tester"
        said="python3-venv from apt" run=$rooted
        ;;
    venv) apt_inside python3-venv; said="(python3 -m venv, with its own pip)" ;;
    uv)
        [ -n "$uv" ] || { echo "left out $suite uv: no uv found, set UV"; failures=$((failures + 1)); release; return; }
        cp "$uv" "$root/usr/local/bin/uv"
        said="(uv)"
        ;;
    pip) apt_inside python3-pip; said="filled by the system's pip" ;;
    interrupted)
        apt_inside python3-venv
        inside tester timeout --signal=KILL 12 python3 deploy/run.py demo --help >"$log.first" 2>&1 || true
        grep -q '^Ready' "$log.first" && echo "note    $suite interrupted: set-up was faster than the interruption"
        said="Ready after"
        ;;
    refused) wanted=1 said="Cannot make .venv" run="python3 deploy/run.py demo --check" ;;
    esac
    inside "$user" sh -c "$run" >"$log" 2>&1 </dev/null || code=$?
    expect "$way" "$suite" "$wanted" "$said" "$log"
    release
    rm -rf "$root"
}

for suite in "${@:-bookworm trixie}"; do
    for one in $suite; do
        base "$one"
        for way in $ways; do prove "$one" "$way"; done
    done
done
echo "chroot proof: $failures failed"
[ "$failures" -eq 0 ]
