#!/usr/bin/env bash
# Builds the door of the power rig: a small Debian on which deploy/edge/install.sh put the station, and its journal's disk.
#
#   sudo tests/rig/build_image.sh FOLDER [--fresh]
#
# FOLDER then holds vmlinux, root.ext4, data.ext4 and door.json, and in base/ the bare Debian, which is built once (--fresh:
# again). The working tree is installed. Needs root, debootstrap, e2fsprogs, kmod, wget, xz-utils, lz4 and a Debian mirror
# (MIRROR, else apt's own); the PIP_* settings and certificates of this machine go along.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
suite=bookworm
folder=${1:?usage: build_image.sh FOLDER [--fresh]}
mirror=${MIRROR:-$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1 || true)}
mirror=${mirror% }
mirror=${mirror%/}
certificates=${PIP_CERT:-${SSL_CERT_FILE:-}}
packages=systemd,systemd-sysv,udev,kmod,dbus,iproute2,e2fsprogs,tzdata,ca-certificates
packages+=,python3,python3-venv,python3-evdev,python3-libgpiod
packages+=,libeatmydata1 # for the control: a system whose fsync does nothing

[ "$(id -u)" -eq 0 ] || { echo "build_image.sh: run it as root" >&2; exit 2; }
[ -n "$mirror" ] || { echo "build_image.sh: set MIRROR to a Debian mirror" >&2; exit 2; }
for tool in debootstrap mkfs.ext4 depmod dpkg-deb wget xz lz4; do
    command -v "$tool" >/dev/null || { echo "build_image.sh: $tool is missing" >&2; exit 2; }
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
base=$folder/base root=$folder/root

if [ "${2:-}" = --fresh ] || ! [ -e "$base.done" ]; then
    rm -rf "$base" "$base.done" "$folder/kernel"
    debootstrap --variant=minbase --include="$packages" "$suite" "$base" "$mirror" >"$folder/base.log" 2>&1
    # Debian's cloud kernel brings ext4 and NVMe in itself, so that it starts without an initial RAM disk.
    mkdir "$folder/kernel"
    wget -qO- "$mirror/dists/$suite/main/binary-amd64/Packages.xz" | xz -dc >"$folder/kernel/list"
    found() { awk -v name="$1" -v key="$2:" '$1 == "Package:" {p = $2} $1 == key && p == name {print $2}' "$folder/kernel/list"; }
    wget -qO "$folder/kernel/linux.deb" "$mirror/$(found "$(found linux-image-cloud-amd64 Depends)" Filename)"
    dpkg-deb -x "$folder/kernel/linux.deb" "$folder/kernel/tree"
    depmod -b "$folder/kernel/tree" "$(ls "$folder/kernel/tree/lib/modules")"
    touch "$base.done"
fi

# unpacked VMLINUZ: the kernel in it (LZ4 in Debian 12). An emulated processor takes seconds to unpack it at every boot. The
# header's fields (Linux, Documentation/x86/boot.rst): 1f1 sectors of setup, 248 offset of the payload behind them, 24c length.
unpacked() {
    at() { od -An -j "$(($1))" -N "$2" -t "u$2" "$3" | tr -d ' '; }
    local start=$((($(at 0x1f1 1 "$1") + 1) * 512 + $(at 0x248 4 "$1"))) length
    length=$(($(at 0x24c 4 "$1") - 4)) # the last four bytes are its size unpacked
    head -c "$((start + length))" "$1" | tail -c +"$((start + 1))" | lz4 -dcq
}

release() { if mountpoint -q "$root/proc"; then umount "$root/proc"; fi; }
trap release EXIT
release
rm -rf "$root"
cp -a "$base" "$root"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -a "$folder/kernel/tree/lib/modules" "$root/usr/lib/"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
if [ -n "$certificates" ]; then cp -L "$certificates" "$root/certificates.crt"; fi
mkdir -p "$root/root/project/deploy"
cp -a "$project"/{edge,central,systemd,pyproject.toml,README.md,LICENSE} "$root/root/project/"
cp -a "$project/deploy/edge" "$root/root/project/deploy/"
mount --bind /proc "$root/proc"
[ -b "$root/dev/vda" ] || mknod "$root/dev/vda" b 252 0 # the journal's disk, as the virtual machine will see it

inside() {
    local settings=() name
    for name in $(compgen -e | grep -E '^PIP_' | grep -vE '^PIP_(CERT|FIND_LINKS|CONSTRAINT|CONFIG_FILE|CACHE_DIR)$' || true); do
        settings+=("$name=${!name}")
    done
    if [ -n "$certificates" ]; then settings+=(PIP_CERT=/certificates.crt SSL_CERT_FILE=/certificates.crt); fi
    chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "${settings[@]}" "$@"
}

inside /root/project/deploy/edge/install.sh --journal-device /dev/vda >"$folder/install.log" 2>&1 ||
    { tail -20 "$folder/install.log" >&2; exit 1; }

# A reader on the second serial port; what the panel shows goes out of the third. Small files of the journal, so that some
# are begun and thrown away in every life.
cat >"$root/etc/diemdanh/station.toml" <<'SETTINGS'
[station]
data = "/var/lib/diemdanh"
[broker]
host = "10.0.2.2"
keepalive_s = 5
[uplink]
heartbeat_s = 3
[journal]
segment_bytes = 16384
ring_events = 300
[[reader]]
id = "door"
driver = "rdm6300"
port = "/dev/ttyS1"
[panel]
pins = "mock"
trace = "/dev/ttyS2"
SETTINGS
install -d -o "$(inside id -u diemdanh)" -g "$(inside id -g diemdanh)" -m 0700 "$root/var/lib/diemdanh"
inside runuser -u diemdanh -- /opt/diemdanh/bin/diemdanh-edge identity --config /etc/diemdanh/station.toml >"$folder/identity"
awk '/^device/ {d = $2} /^public key/ {k = $3} END {printf "{\"device\": \"%s\", \"public_key\": \"%s\"}\n", d, k}' \
    "$folder/identity" >"$folder/door.json"
release

echo door >"$root/etc/hostname"
printf '/dev/nvme0n1 / ext4 noatime 0 1\n%s\n' "$(cat "$root/etc/fstab")" >"$root/etc/fstab"
printf '[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nConfigureWithoutCarrier=yes\n' \
    >"$root/etc/systemd/network/door.network"
ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# Neither the station nor the rig needs these, and they take their time in an emulated machine.
for unit in serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer dpkg-db-backup.timer systemd-networkd-wait-online.service systemd-logind.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service proc-sys-fs-binfmt_misc.automount systemd-binfmt.service \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount modprobe@{configfs,dm_mod,drm,efi_pstore,fuse,loop}.service systemd-pstore.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# An emulated machine on a busy host is slow: what it starts may take its time.
printf '[Manager]\nDefaultTimeoutStartSec=400\nDefaultDeviceTimeoutSec=400\n' >"$root/etc/systemd/system.conf.d/95-rig.conf"
rm -rf "$root"/root/project "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale} \
    "$root/usr/sbin/policy-rc.d" "$root/certificates.crt"

rm -f "$folder/data.ext4" "$folder/root.ext4"
mkfs.ext4 -q -L diemdanh -d "$root/var/lib/diemdanh" "$folder/data.ext4" 64M
rm -rf "$root"/var/lib/diemdanh/* "$root"/var/lib/diemdanh/.[!.]*
chown root:root "$root/var/lib/diemdanh" # as install.sh left it: without its partition it is closed to the station
mkfs.ext4 -q -L root -d "$root" "$folder/root.ext4" "$(($(du -sm "$root" | cut -f1) * 13 / 10 + 128))M"
unpacked "$folder"/kernel/tree/boot/vmlinuz-* >"$folder/vmlinux"
rm -rf "$root" "$folder/identity"
echo "built in $folder: $(du -sm "$folder/root.ext4" | cut -f1) MiB; $(cat "$folder/door.json")"
