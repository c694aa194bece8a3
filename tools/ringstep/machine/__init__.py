"""Running a kernel on QEMU and on Bochs, and the record of what happened."""
