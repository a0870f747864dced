#!/usr/bin/env bash
# Puts the station of a door on a Raspberry Pi (Raspberry Pi OS or Debian, bookworm or trixie), or takes it off again.
#
#   sudo deploy/edge/install.sh [--dry-run] [--reader-port uart|usb] [--journal-device DEVICE] [--no-boot-settings]
#   sudo deploy/edge/install.sh --uninstall [--purge] [--dry-run]
#
#   --dry-run             says every step and does none
#   --reader-port uart    a reader on the pins of the Pi: the clean UART of this model, no console on it (default: usb)
#   --journal-device DEV  an ext4 partition for the journal, mounted at /var/lib/diemdanh; then root may be read-only, and
#                         without the partition nothing is recorded: the door says so until it is there again
#   --no-boot-settings    leaves config.txt and cmdline.txt as they are
#   --purge               with --uninstall: the journal and the keys too; punches not sent yet are lost
#
# It can be run again at any time: what is there already is left alone. Every line that it writes into a file of the
# system stands between two marks, and --uninstall takes out just these. Ends with 0 done, 1 refused or failed, 2 wrong use.
set -euo pipefail

readonly PREFIX=/opt/diemdanh STATE=/var/lib/diemdanh SETTINGS=/etc/diemdanh UNIT=diemdanh-edge.service ACCOUNT=diemdanh
readonly RULES=/etc/udev/rules.d/90-diemdanh-readers.rules
readonly JOURNALD=/etc/systemd/journald.conf.d/90-diemdanh.conf WATCHDOG=/etc/systemd/system.conf.d/90-diemdanh.conf
readonly BEGIN="# diemdanh: begin (written by install.sh, removed by install.sh --uninstall)" END="# diemdanh: end"
readonly MODULES=/etc/modules-load.d/90-diemdanh.conf FSTAB=/etc/fstab PARTITION=/etc/systemd/system/$UNIT.d/journal-partition.conf
readonly GROUPS_WANTED=(dialout gpio i2c input)
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly source_dir
# The font is an OLED's: it has every Vietnamese letter.
readonly PACKAGES=(python3 python3-venv systemd udev tzdata fonts-dejavu-core)
# The drivers of the panel's pins and of an OLED: Raspberry Pi OS has both, plain Debian not always.
readonly DRIVERS=(python3-luma.oled)

dry=no uninstall=no purge=no port=usb journal_device="" boot=yes
model="" boot_config="" boot_line="" reboot=no reload=no

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
# do_it WHAT COMMAND...: says the step, and does it unless this is a dry run.
do_it() {
    say "  $1"
    shift
    if [ "$dry" = no ]; then "$@"; fi
}
running() { [ -d /run/systemd/system ]; }

usage() { sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --dry-run) dry=yes ;;
            --uninstall) uninstall=yes ;;
            --purge) purge=yes ;;
            --no-boot-settings) boot=no ;;
            --reader-port) port=${2:-}; shift ;;
            --journal-device) journal_device=${2:-}; shift ;;
            -h | --help) usage; exit 0 ;;
            *) usage >&2; say "install.sh: $1 is no option" >&2; exit 2 ;;
        esac
        shift || { say "install.sh: an option lacks its value" >&2; exit 2; }
    done
    case $port in uart | usb) ;; *) say "install.sh: --reader-port is uart or usb, not '$port'" >&2; exit 2 ;; esac
    if [ "$purge" = yes ] && [ "$uninstall" = no ]; then
        say "install.sh: --purge goes with --uninstall" >&2
        exit 2
    fi
}

# What this machine is; refuses what the station was never tried on.
look() {
    [ "$(id -u)" -eq 0 ] || [ "$dry" = yes ] || fail "run it as root: sudo $0"
    # shellcheck disable=SC1091
    . /etc/os-release
    case ${VERSION_CODENAME:-} in
        bookworm | trixie) ;;
        *) fail "this is ${PRETTY_NAME:-an unknown system}; Raspberry Pi OS or Debian, bookworm or trixie, is needed" ;;
    esac
    case $(uname -m) in
        aarch64 | armv7l | x86_64) ;;
        armv6l) fail "this processor (armv6, Pi Zero or 1) has no wheels; take a Pi Zero 2 W or newer" ;;
        *) fail "processor $(uname -m) was never tried" ;;
    esac
    if [ -r /proc/device-tree/model ]; then model=$(tr -d '\0' </proc/device-tree/model); fi
    local place
    for place in /boot/firmware /boot; do
        if [ -f "$place/config.txt" ]; then boot_config=$place/config.txt boot_line=$place/cmdline.txt && break; fi
    done
    if [ -n "$journal_device" ] && [ ! -b "$journal_device" ]; then
        fail "$journal_device is no block device; name a partition, such as /dev/disk/by-label/diemdanh"
    fi
    if [ -n "$journal_device" ]; then hides_nothing; fi
    say "${PRETTY_NAME}, $(uname -m), ${model:-no Raspberry Pi}; settings of the boot: ${boot_config:-none}"
}

hides_nothing() {
    if [ -e "$STATE/identity.json" ] && ! mountpoint -q "$STATE"; then
        fail "this station has a journal already, which the partition would hide. Take it along: systemctl stop $UNIT;" \
            "mount $journal_device /mnt; cp -a $STATE/. /mnt/; umount /mnt; mv $STATE $STATE.before; then run this again"
    fi
}

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

packages() {
    say "Packages"
    local package missing=()
    for package in "${PACKAGES[@]}"; do installed "$package" || missing+=("$package"); done
    for package in "${DRIVERS[@]}"; do installed "$package" || missing+=("$package"); done
    if [ ${#missing[@]} -eq 0 ]; then say "  all there" && return; fi
    do_it "apt-get update" apt-get update -q
    offered "${missing[@]}"
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    do_it "apt-get install ${missing[*]}" \
        env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

# offered PACKAGE...: leaves in `missing` what there is to install; a driver that this system does not offer is said.
offered() {
    local package
    missing=()
    for package in "$@"; do
        if [[ " ${DRIVERS[*]} " != *" $package "* ]] || apt-cache show "$package" >/dev/null 2>&1; then
            missing+=("$package")
        else
            say "  $package is not offered by this system: what needs it stays away"
        fi
    done
}

account() {
    say "Account"
    local group
    for group in "${GROUPS_WANTED[@]}"; do
        getent group "$group" >/dev/null || do_it "group $group" groupadd --system "$group"
    done
    if ! getent passwd "$ACCOUNT" >/dev/null; then
        do_it "user $ACCOUNT, without a shell" \
            useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
    fi
    for group in "${GROUPS_WANTED[@]}"; do
        id -nG "$ACCOUNT" 2>/dev/null | tr ' ' '\n' | grep -qx "$group" || do_it "$ACCOUNT in $group" usermod -aG "$group" "$ACCOUNT"
    done
}

# The program: its own environment, which sees Debian's luma.
# A stamp of what was installed makes a second run short.
program() {
    say "Program"
    local stamp
    stamp=$(cd "$source_dir" && find edge pyproject.toml deploy/edge/requirements.lock -type f -not -name '*.pyc' -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
    if [ "$(cat "$PREFIX/stamp" 2>/dev/null || true)" = "$stamp" ]; then say "  $PREFIX is up to date" && return; fi
    do_it "$PREFIX: made anew" make_program "$stamp"
}

make_program() {
    local fresh=$PREFIX.new
    rm -rf "$fresh"
    python3 -m venv --system-site-packages "$fresh"
    "$fresh/bin/python" -m pip install -q --no-input --disable-pip-version-check --ignore-installed --only-binary :all: \
        --require-hashes -r "$source_dir/deploy/edge/requirements.lock"
    local copy
    copy=$(mktemp -d)
    cp -a "$source_dir/edge" "$source_dir/central" "$source_dir/pyproject.toml" "$source_dir/README.md" "$source_dir/LICENSE" "$copy/"
    "$fresh/bin/python" -m pip install -q --no-input --disable-pip-version-check --no-deps --no-build-isolation "$copy"
    rm -rf "$copy"
    # Scripts name the interpreter by its whole path: they are written for the place where they will lie.
    sed -i "s#$fresh#$PREFIX#g" "$fresh"/bin/diemdanh-* "$fresh"/bin/pip* "$fresh"/bin/activate* "$fresh"/pyvenv.cfg 2>/dev/null || true
    "$fresh/bin/python" -c 'import edge.station'
    printf '%s\n' "$1" >"$fresh/stamp"
    rm -rf "$PREFIX"
    mv "$fresh" "$PREFIX"
}

# put FILE MODE: standard input into FILE, only when it differs; returns 0 when it was written.
put() {
    local content
    content=$(cat)
    if [ -f "$1" ] && [ "$content" = "$(cat "$1")" ]; then return 1; fi
    say "  $1"
    if [ "$dry" = no ]; then
        install -d "$(dirname "$1")"
        printf '%s\n' "$content" >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"
    fi
}

settings() {
    say "Settings"
    if [ -f "$SETTINGS/station.toml" ]; then say "  $SETTINGS/station.toml stays as it is"; else
        put "$SETTINGS/station.toml" 0640 <"$source_dir/deploy/edge/station.toml" || true
        if [ "$dry" = no ]; then chgrp "$ACCOUNT" "$SETTINGS" "$SETTINGS/station.toml"; fi
    fi
    put "$RULES" 0644 <"$source_dir/deploy/edge/90-diemdanh-readers.rules" || true
    # Logs are what wears cards out: they live in memory, bounded.
    printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n' | put "$JOURNALD" 0644 || true
    # The hardware's watchdog restarts a Pi whose system hangs; the older chips count to 15 s at most.
    printf '[Manager]\nRuntimeWatchdogSec=14\n' | put "$WATCHDOG" 0644 || true
    if [ "$(readlink /etc/localtime || true)" != /usr/share/zoneinfo/Asia/Ho_Chi_Minh ] && [ -e /usr/share/zoneinfo/Asia/Ho_Chi_Minh ]; then
        do_it "time zone Asia/Ho_Chi_Minh" ln -sf /usr/share/zoneinfo/Asia/Ho_Chi_Minh /etc/localtime
    fi
}

# The lines of config.txt that this model needs.
boot_lines() {
    say "dtparam=watchdog=on"
    # A display and a clock module sit on I2C. Whoever switched it on before us keeps it when we are taken off.
    if ! without_block "$boot_config" | grep -Eq '^dtparam=(.*,)?i2c(_arm)?=on'; then say "dtparam=i2c_arm=on"; fi
    if [ "$port" = uart ]; then
        case $model in
            *"Pi 5"* | *"Compute Module 5"*) say "dtparam=uart0=on" ;;
            *) say "enable_uart=1" && say "dtoverlay=disable-bt" ;;
        esac
    fi
}

without_block() { if [ -f "$1" ]; then sed "/^# diemdanh: begin/,/^# diemdanh: end/d" "$1"; fi; }

# i2c-dev makes /dev/i2c-1 of the bus: loaded with the system, and now where the system runs.
i2c_device() {
    if ! listed_i2c; then
        if printf 'i2c-dev\n' | put "$MODULES" 0644 && running; then
            do_it "i2c-dev loaded" modprobe i2c-dev || say "  i2c-dev: this kernel does not load it; a display or clock on I2C needs it"
        fi
    fi
}

# listed_i2c: whether somebody else has it loaded with the system already.
listed_i2c() {
    local file
    for file in /etc/modules /etc/modules-load.d/*.conf; do
        if [ "$file" != "$MODULES" ] && grep -Eqs '^[[:space:]]*i2c[-_]dev' "$file"; then return 0; fi
    done
    return 1
}

give_back_boot_line() {
    if [ -n "$boot_line" ] && [ -f "$boot_line.before-diemdanh" ]; then
        do_it "$boot_line as it was" mv "$boot_line.before-diemdanh" "$boot_line"
    fi
}

keep_boot_line() {
    [ -f "$boot_line.before-diemdanh" ] || do_it "$boot_line kept as $boot_line.before-diemdanh" cp "$boot_line" "$boot_line.before-diemdanh"
}

# After a cut a check that mends only what is surely safe may end with "run fsck by hand": nobody at a door can.
repair() {
    if [ ! -f "$boot_line" ] || grep -Eq '(^| )fsck\.repair=yes( |$)' "$boot_line"; then return 0; fi
    keep_boot_line
    do_it "$boot_line: fsck.repair=yes, so that no damaged file system waits for a person" \
        sed -i -E '1{s/(^| )fsck\.repair=[^ ]*//g; s/ *$/ fsck.repair=yes/}' "$boot_line"
    reboot=yes
}

boot_settings() {
    [ "$boot" = yes ] && [ -n "$boot_config" ] || return 0
    say "Boot"
    i2c_device
    if { without_block "$boot_config" && say "$BEGIN" && say "[all]" && boot_lines && say "$END"; } | put "$boot_config" 0755; then
        boot_lines | sed 's/^/    /'
        reboot=yes
    fi
    repair
    if [ "$port" = uart ] && grep -Eq 'console=(serial0|ttyAMA0|ttyS0)' "$boot_line" 2>/dev/null; then
        keep_boot_line
        do_it "$boot_line: no console on the reader's port" sed -i -E 's/console=(serial0|ttyAMA0|ttyS0)(,[0-9]+)? ?//g' "$boot_line"
        reboot=yes
    fi
    if [ "$port" = uart ]; then
        local tty
        for tty in serial0 ttyAMA0 ttyS0; do
            if [ "$(readlink "/etc/systemd/system/serial-getty@$tty.service" || true)" != /dev/null ]; then
                do_it "no login prompt on $tty" systemctl mask -q "serial-getty@$tty.service"
            fi
        done
    fi
}

journal_disk() {
    if [ -n "$journal_device" ]; then
        say "Journal"
        if without_block "$FSTAB" | mounts_state; then say "  $FSTAB mounts $STATE already"; else
            if { without_block "$FSTAB" && mount_block; } | put "$FSTAB" 0644; then
                say "    $journal_device at $STATE"
                reload=yes reboot=yes
            fi
        fi
    elif ! { [ -f "$FSTAB" ] && mounts_state <"$FSTAB"; }; then
        return 0
    fi
    mountpoint -q "$STATE" || do_it "$STATE without its partition: root's alone" install -d -m 0700 -o root -g root "$STATE"
    if put "$PARTITION" 0644 <"$source_dir/deploy/edge/journal-partition.conf"; then reload=yes; fi
}

mounts_state() { grep -Eq "^[^#[:space:]]+[[:space:]]+$STATE[[:space:]]"; }

# nofail: a partition that is damaged or gone stops no start of the computer in emergency mode, which nobody at a door sees.
mount_block() {
    local options=defaults,noatime,nodev,nosuid,noexec,errors=remount-ro,nofail,x-systemd.device-timeout=30s
    say "$BEGIN" && say "$journal_device $STATE ext4 $options 0 2" && say "$END"
}

unit() {
    say "Unit"
    if put "/etc/systemd/system/$UNIT" 0644 <"$source_dir/systemd/$UNIT"; then reload=yes; fi
    if [ "$reload" = yes ] && running; then do_it "systemctl daemon-reload" systemctl daemon-reload; fi
    if ! systemctl is-enabled -q "$UNIT" 2>/dev/null; then do_it "starts with the system" systemctl enable -q "$UNIT"; fi
    if running; then
        do_it "udev: rules read again" udevadm control --reload
        do_it "restarted" systemctl restart "$UNIT"
    fi
}

remove() {
    say "Taking the station off"
    if running; then do_it "stopped" systemctl stop "$UNIT" 2>/dev/null || true; fi
    if systemctl is-enabled -q "$UNIT" 2>/dev/null; then do_it "starts no more" systemctl disable -q "$UNIT"; fi
    local file
    for file in "/etc/systemd/system/$UNIT" "$PARTITION" "$RULES" "$JOURNALD" "$WATCHDOG" "$MODULES"; do
        if [ -e "$file" ]; then do_it "$file removed" rm -f "$file"; fi
    done
    if [ "$dry" = no ]; then rmdir "${PARTITION%/*}" 2>/dev/null || true; fi
    if [ -e "$PREFIX" ]; then do_it "$PREFIX removed" rm -rf "$PREFIX"; fi
    for file in "$boot_config" "$FSTAB"; do
        if [ -n "$file" ] && grep -q '^# diemdanh: begin' "$file" 2>/dev/null; then do_it "$file: our lines taken out" take_out "$file"; fi
    done
    give_back_boot_line
    for file in serial0 ttyAMA0 ttyS0; do
        if [ "$(readlink "/etc/systemd/system/serial-getty@$file.service" || true)" = /dev/null ]; then
            do_it "login prompt on $file allowed again" systemctl unmask -q "serial-getty@$file.service"
        fi
    done
    if [ "$purge" = yes ]; then
        do_it "$STATE and $SETTINGS removed" rm -rf "${STATE:?}" "${SETTINGS:?}"
        if getent passwd "$ACCOUNT" >/dev/null; then do_it "user $ACCOUNT removed" userdel "$ACCOUNT"; fi
    else
        say "  $STATE (journal and keys) and $SETTINGS stay; --purge removes them, with every punch not sent yet"
    fi
}

take_out() {
    local rest
    rest=$(without_block "$1")
    printf '%s\n' "$rest" >"$1.new"
    cat "$1.new" >"$1"
    rm -f "$1.new"
}

arguments "$@"
look
if [ "$uninstall" = yes ]; then
    remove
    say "Done."
    exit 0
fi
packages
account
program
settings
boot_settings
journal_disk
unit
if [ "$reboot" = yes ]; then say "Restart the Pi: sudo reboot"; fi
say "Done. Next: write broker, central's key and the reader into $SETTINGS/station.toml, then: sudo systemctl restart $UNIT"
