#!/bin/sh
# image.sh KERNEL IMAGE MAX - a disk image: the boot sector and the loader, then the kernel.
#
# The boot sector can load MAX bytes of kernel. IMAGE.kernel stays, for its size. All is
# written under other names first: two makes may build the same image at once.
set -eu
kernel=$1 image=$2 max=$3 new=$2.$$

${OBJCOPY:-objcopy} -O binary -j .boot "$kernel" "$new.boot"
${OBJCOPY:-objcopy} -O binary -R .boot -R .bss "$kernel" "$new.kernel"
size=$(($(wc -c < "$new.kernel")))
if [ $size -gt $((max)) ]; then
    echo "$kernel: the kernel has $size bytes, the boot sector can load $((max))" >&2
    rm "$new".*
    exit 1
fi
cat "$new.boot" "$new.kernel" > "$new"
# Bochs wants whole cylinders: 16 heads, 63 sectors of 512 bytes.
truncate -s $((($(wc -c < "$new") + 516095) / 516096 * 516096)) "$new"
mv "$new.kernel" "$image.kernel"
rm "$new.boot"
mv "$new" "$image"
