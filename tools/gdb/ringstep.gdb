# For `make gdb`. The architecture first: changed under a live connection, GDB
# says "remote 'g' packet reply is too long".
set architecture i386:x86-64
set disassembly-flavor intel
set confirm off
set pagination off
