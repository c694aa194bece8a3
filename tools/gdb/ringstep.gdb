# For `make gdb`. The architecture first: changed under a live connection, GDB
# says "remote 'g' packet reply is too long".
set architecture i386:x86-64
set disassembly-flavor intel
set confirm off
set pagination off
# What GDB remembers of memory would be of another page table after a while.
set stack-cache off
set code-cache off
set disassemble-next-line off
source tools/gdb/ringstep.py
