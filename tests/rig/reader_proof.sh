#!/usr/bin/env bash
# Proves, by hand, that the station reads a real USB keyboard and real GPIO lines: in a guest, as no container has either.
#
#   sudo tests/rig/reader_proof.sh            (minutes the first time, then about one; ends 0 only if all held)
#
# The guest is Debian bookworm with its own kernel, all in memory. The keyboard is QEMU's, on an emulated xHCI, typed on by
# the host and pulled out while the station runs. The pins are the kernel's gpio-sim, which Debian leaves out: it is built
# as a module from Debian's own source, with the kernel's simulated interrupts beside it. The station runs as the account and
# in the groups that install.sh makes, under our udev rules; what is judged is the journal on its disk.
# Needs: root, debootstrap, qemu-system-x86, seabios, build-essential, cpio, xz-utils, python3, and the project's .venv.
# Settings, by environment: RIG_DIR where all is built (default /var/tmp/diemdanh-rig-readers), MIRROR.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=${RIG_DIR:-/var/tmp/diemdanh-rig-readers}
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE) $(REPO_URI)' 2>/dev/null | awk '$2 ~ /\/debian\/?$/ {sub(/\/$/, "", $2); print $2; exit}')}
packages=$project/.venv/lib/python3.11/site-packages
modules=(virtio_pci xhci_pci usbhid hid_generic evdev configfs virtio_console)

[ "$(id -u)" -eq 0 ] || { echo "reader_proof.sh: run it as root" >&2; exit 2; }
for tool in debootstrap qemu-system-x86_64 gcc make cpio xz depmod; do
    command -v "$tool" >/dev/null || { echo "reader_proof.sh: $tool is missing" >&2; exit 2; }
done
[ -d "$packages/cryptography" ] || { echo "reader_proof.sh: no .venv of Python 3.11 here; deploy/run.py makes it" >&2; exit 2; }
mkdir -p "$work"

# Debian's kernel and headers of one version, and gpio-sim as a module for it.
kernel() {
    [ -f "$work/gpio-sim.ko" ] && return
    local image release
    image=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ {print $2; exit}')
    release=${image#linux-image-}
    rm -rf "$work/deb" "$work/source" "$work/module" && mkdir -p "$work/deb" "$work/source" "$work/module"
    apt-get install -qy --no-install-recommends "linux-headers-$release" >"$work/kernel.log" 2>&1
    (cd "$work" && apt-get download -q "$image" linux-source-6.1 >>kernel.log 2>&1)
    dpkg-deb -x "$work/$image"_*.deb "$work/deb"
    dpkg-deb -x "$work"/linux-source-6.1_*.deb "$work/source"
    local member
    for member in drivers/gpio/gpio-sim.c drivers/gpio/gpiolib.h kernel/irq/irq_sim.c; do
        tar -xOf "$work"/source/usr/src/linux-source-6.1.tar.xz "linux-source-6.1/$member" >"$work/module/$(basename "$member")"
    done
    # irq_to_desc is for code within the kernel; generic_handle_irq does the same with a number.
    sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' "$work/module/irq_sim.c"
    printf 'obj-m := simulated-gpio.o\nsimulated-gpio-y := gpio-sim.o irq_sim.o\nccflags-y := -DCONFIG_IRQ_SIM=1\n' >"$work/module/Makefile"
    make -C "/usr/src/linux-headers-$release" M="$work/module" modules >>"$work/kernel.log" 2>&1
    cp "$work/deb/boot/vmlinuz-$release" "$work/vmlinuz"
    cp "$work/module/simulated-gpio.ko" "$work/gpio-sim.ko"
    echo "$release" >"$work/release"
}

base() {
    [ -x "$work/base/usr/bin/python3" ] && [ ! -e "$work/base/debootstrap" ] && return
    rm -rf "$work/base"
    debootstrap --variant=minbase --include=udev,kmod,python3 bookworm "$work/base" "$mirror" >"$work/debootstrap.log" 2>&1
    rm -rf "$work"/base/var/cache/apt/* "$work"/base/var/lib/apt/lists/* "$work"/base/usr/share/{doc,man,locale}
}

guest() {
    local root=$work/root release name file
    release=$(cat "$work/release")
    rm -rf "$root" && cp -a "$work/base" "$root"
    for name in "${modules[@]}"; do
        modprobe -d "$work/deb" -S "$release" --show-depends "$name" | awk '$1 == "insmod" {print $2}'
    done | sort -u | while read -r file; do
        install -D "$file" "$root/usr/lib/modules/$release/kernel/$(basename "$file")"
    done
    install "$work/gpio-sim.ko" "$root/usr/lib/modules/$release/kernel/gpio-sim.ko"
    : >"$root/usr/lib/modules/$release/modules.order" && : >"$root/usr/lib/modules/$release/modules.builtin"
    depmod -b "$root/usr" "$release" 2>/dev/null || depmod -b "$root" "$release"
    mkdir -p "$root/opt/diemdanh/packages" "$root/etc/diemdanh"
    for name in cryptography cffi pycparser paho serial; do cp -r "$packages/$name" "$root/opt/diemdanh/packages/"; done
    cp "$packages"/_cffi_backend*.so "$root/opt/diemdanh/packages/"
    cp -r "$project/edge" "$root/opt/diemdanh/packages/"
    cp "$project/deploy/edge/90-diemdanh-readers.rules" "$root/etc/udev/rules.d/"
    cp "$project/tests/rig/reader_guest.py" "$root/opt/diemdanh/guest.py"
    local group
    for group in dialout gpio i2c input; do chroot "$root" getent group "$group" >/dev/null || chroot "$root" groupadd --system "$group"; done
    chroot "$root" useradd --system --user-group --home-dir /var/lib/diemdanh --groups dialout,gpio,i2c,input diemdanh
    printf '#!/bin/sh\nexec /usr/bin/python3 -B /opt/diemdanh/guest.py\n' >"$root/init" && chmod 755 "$root/init"
    (cd "$root" && find . | cpio -o -H newc --quiet) >"$work/guest.cpio"
    rm -rf "$root"
}

modprobe_ready() { [ -f "$work/deb/lib/modules/$(cat "$work/release")/modules.dep" ] || depmod -b "$work/deb" "$(cat "$work/release")"; }

kernel
base
modprobe_ready
guest
exec python3 -I "$project/tests/rig/reader_host.py" "$work"
