#!/usr/bin/env bash
# Proves, by hand, that deploy/edge/install.sh puts a station on a bare Debian, twice in a row, and takes it off again.
#
#   sudo tests/deploy/edge_install_proof.sh [SUITE...]          (default: bookworm trixie)
#
# Needs root, debootstrap, git. PROOF_DIR, MIRROR and the PIP_* settings are those of chroot_proof.sh, whose base systems it
# shares. The committed state is proved. In each system: a dry run changes nothing; the first run installs; the second
# changes nothing; the program runs, systemd finds no fault with the unit; --uninstall leaves journal and settings alone,
# --uninstall --purge leaves the files of /etc and /boot as they were before, but for what packages brought along.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
proof=${PROOF_DIR:-/var/tmp/diemdanh-chroots}
mirror=${MIRROR:-$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1 || true)}
mirror=${mirror% }
certificates=${PIP_CERT:-${SSL_CERT_FILE:-}}
mounted=()
root=""

[ "$(id -u)" -eq 0 ] || { echo "edge_install_proof.sh: run it as root" >&2; exit 2; }
[ -n "$mirror" ] || { echo "edge_install_proof.sh: set MIRROR to a Debian mirror" >&2; exit 2; }
mkdir -p "$proof"

release() {
    local place
    for place in "${mounted[@]}"; do umount "$place" 2>/dev/null || umount -l "$place"; done
    mounted=()
}
trap release EXIT

fresh() {
    local base=$proof/base-$1 place
    if ! [ -e "$base.done" ]; then
        rm -rf "$base"
        debootstrap --variant=minbase --include=python3 "$1" "$base" "$mirror" >"$base.log" 2>&1
        touch "$base.done"
    fi
    root=$proof/$1-edge
    rm -rf "$root"
    cp -a "$base" "$root"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    if [ -n "$certificates" ]; then cp -L "$certificates" "$root/certificates.crt"; fi
    git clone -q --no-hardlinks "$project" "$root/root/project"
    install -d "$root/boot/firmware"
    printf 'arm_64bit=1\n[pi4]\narm_boost=1\n' >"$root/boot/firmware/config.txt"
    printf 'console=serial0,115200 console=tty1 root=PARTUUID=1 fsck.repair=preen rootwait\n' >"$root/boot/firmware/cmdline.txt"
    for place in /proc /dev /dev/pts /dev/shm; do
        mount --bind "$place" "$root$place"
        mounted=("$root$place" "${mounted[@]}")
    done
}

inside() {
    local settings=() name
    for name in $(compgen -e | grep -E '^PIP_' | grep -vE '^PIP_(CERT|FIND_LINKS|CONSTRAINT|CONFIG_FILE|CACHE_DIR)$' || true); do
        settings+=("$name=${!name}")
    done
    if [ -n "$certificates" ]; then settings+=(PIP_CERT=/certificates.crt SSL_CERT_FILE=/certificates.crt); fi
    chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "${settings[@]}" "$@"
}

install_sh() { inside /root/project/deploy/edge/install.sh "$@"; }

# pictured: every file of the system's settings with its hash; what accounts and packages keep for themselves left out.
pictured() {
    (cd "$root" && find etc boot opt -xdev \( -type f -o -type l \) 2>/dev/null |
        grep -vE '^etc/(ld.so.cache|mailcap.*|fonts/.*|perl/.*|(passwd|group|shadow|gshadow|subuid|subgid)-?|.*alternatives.*|apt/.*|.*\.wants/.*)$' |
        sort | while read -r file; do
            if [ -L "$file" ]; then echo "$file -> $(readlink "$file")"; else sha256sum "$file"; fi
        done)
}

wrong() { echo "FAILED  $suite: $1"; exit 1; }

for suite in "${@:-bookworm trixie}"; do
    for suite in $suite; do
        fresh "$suite"
        log=$proof/$suite-edge.log
        : >"$log"
        inside apt-get -q update >>"$log" 2>&1
        inside env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends \
            python3-venv systemd udev tzdata >>"$log" 2>&1
        pictured >"$proof/before"
        install_sh --dry-run --reader-port uart >>"$log" 2>&1 || wrong "the dry run ended with $?"
        pictured | diff "$proof/before" - >>"$log" || wrong "the dry run changed something, see $log"
        install_sh --reader-port uart >>"$log" 2>&1 || wrong "the first run ended with $?, see $log"
        pictured >"$proof/installed"
        install_sh --reader-port uart >"$proof/second" 2>&1 || wrong "the second run ended with $?"
        cat "$proof/second" >>"$log"
        grep -q 'is up to date' "$proof/second" || wrong "the second run made the program again"
        pictured | diff "$proof/installed" - >>"$log" || wrong "the second run changed something, see $log"
        inside /opt/diemdanh/bin/diemdanh-edge decode --reader rdm6300 0236313030384542324639413403 | grep -q em:008EB2F9 ||
            wrong "the installed program does not decode"
        inside runuser -u diemdanh -- env DIEMDANH_PANEL_PINS=none DIEMDANH_STATION_DATA=/tmp/station \
            /opt/diemdanh/bin/diemdanh-edge identity --config /etc/diemdanh/station.toml >>"$log" 2>&1 || wrong "the account cannot use it"
        inside systemd-analyze verify --man=no /etc/systemd/system/diemdanh-edge.service >>"$log" 2>&1 || wrong "systemd finds fault with the unit"
        security=$(inside systemd-analyze security --offline=true --no-pager /etc/systemd/system/diemdanh-edge.service 2>/dev/null |
            tail -1 | sed 's/.*: //; s/ [^ ]*$//') || true
        grep -q '^console=tty1' "$root/boot/firmware/cmdline.txt" || wrong "the console is still on the reader's port"
        grep -q 'rootwait fsck.repair=yes$' "$root/boot/firmware/cmdline.txt" || wrong "a damaged file system waits for a person"
        grep -q '^dtparam=i2c_arm=on' "$root/boot/firmware/config.txt" || wrong "config.txt does not switch I2C on"
        grep -qx 'i2c-dev' "$root/etc/modules-load.d/90-diemdanh.conf" || wrong "i2c-dev is not loaded with the system"
        grep -q '^dtoverlay=disable-bt' "$root/boot/firmware/config.txt" || wrong "config.txt lacks the reader's UART"
        install_sh --uninstall >>"$log" 2>&1 || wrong "--uninstall ended with $?"
        [ -f "$root/etc/diemdanh/station.toml" ] || wrong "--uninstall took the settings"
        [ ! -e "$root/opt/diemdanh" ] || wrong "--uninstall left the program"
        install_sh --uninstall --purge >>"$log" 2>&1 || wrong "--uninstall --purge ended with $?"
        rm -f "$root/etc/localtime" && cp -a "$proof/base-$suite/etc/localtime" "$root/etc/localtime"
        pictured | diff "$proof/before" - >"$proof/left" || { cat "$proof/left"; wrong "after --purge the system is not as before"; }
        echo "ok      $suite: dry run, installed, installed again, removed; exposure of the unit: ${security:-not told}"
        release
        rm -rf "$root"
    done
done
