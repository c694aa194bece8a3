"""Disk images of a few instructions each, for the tests of the machines."""
DISK = 516096           # one cylinder, the least that Bochs takes


def image(path, code):
    """Write a disk whose boot sector is `code`, in hexadecimal, at 0x7c00."""
    path.write_bytes((bytes.fromhex(code).ljust(510, b"\0") + b"\x55\xaa").ljust(DISK, b"\0"))
    return str(path)


HALT = "fa f4"                                  # cli; hlt
IDLE = "fa b0 ff e6 21 e6 a1 fb f4 eb fd"        # no interrupt is let through; sti; hlt
SPIN = "fa eb fe"                               # cli; jmp .
RESET = "b0 06 ba f9 0c ee eb fe"               # out 0xcf9, 6
FLOOD = "ba f8 03 b0 78 ee eb fd"               # mov dx, 0x3f8; out dx, 'x'; again
OFF_3 = "b0 33 e6 e9 ba 04 06 b8 00 20 ef f4"   # out 0xe9, '3'; out 0x604, 0x2000

# Into protected mode with a GDT at 0x7c60, then int3 with an empty IDT.
TRIPLE = ("fa 31 c0 8e d8 0f 01 16 40 7c 0f 20 c0 0c 01 0f 22 c0 ea 17 7c 08 00 "
          "0f 01 1d 50 7c 00 00 cc").replace(" ", "").ljust(0x80, "0") + \
         ("17 00 60 7c 00 00" + "00" * 26 + "00" * 8
          + "ff ff 00 00 00 9a cf 00 ff ff 00 00 00 92 cf 00")
