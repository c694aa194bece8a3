"""Known values in words, and page tables built by hand."""
import struct

import pytest

from ringstep.kernel import decode, layout, paging, symbols
from ringstep.kernel.paging import Memory


@pytest.mark.parametrize("descriptor, words", [
    (0x00209A0000000000, "present, DPL 0, 64-bit code"),
    (0x0020FA0000000000, "present, DPL 3, 64-bit code"),
    (0x0060FA0000000000, "present, DPL 3, 64-bit code with D set, too (not allowed)"),
    (0x00CF9A000000FFFF, "present, DPL 0, 32-bit code"),
    (0x00209E0000000000, "present, DPL 0, conforming 64-bit code"),
    (0x0000920000000000, "present, DPL 0, writable data"),
    (0x0000F00000000000, "present, DPL 3, read-only data"),
    (0x0000120000000000, "not present, DPL 0, writable data"),
    (0x0020EA0000000000, "present, DPL 3, no code or data segment (S is 0)"),
])
def test_segment(descriptor, words):
    assert decode.segment(descriptor) == words


def test_system():
    assert decode.system(0x10008B00ECC00067, 0xFFFF8000) == \
        "busy 64-bit TSS, present, DPL 0, base 0xffff80001000ecc0, limit 0x67"
    assert decode.system(0x0000890000000067, 0).startswith("available 64-bit TSS")


def test_gate():
    assert decode.gate(0x10008E0100081F1F, 0xFFFF8000) == \
        "interrupt gate to 0x0008:0xffff800010001f1f, present, DPL 0, IST 1"
    assert decode.gate(0x10006F0000081F1F, 0xFFFF8000) == \
        "trap gate to 0x0008:0xffff800010001f1f, not present, DPL 3, IST 0"


@pytest.mark.parametrize("vector, code, words", [
    (14, 0x02, "write from ring 0, page not present"),
    (14, 0x05, "read from ring 3, the page's permissions forbid it"),
    (14, 0x15, "instruction fetch from ring 3, the page's permissions forbid it"),
    (14, 0x09, "read from ring 0, the page's permissions forbid it, a reserved bit is set"),
    (13, 0x1A, "IDT entry 3"), (13, 0x00, "no selector is named"),
    (13, 0x2B, "IDT entry 5, during the delivery of another event"),
    (11, 0x28, "selector 0x28 in the GDT"), (12, 0x14, "selector 0x10 in the LDT"),
    (8, 0, ""), (6, None, ""),
])
def test_error_code(vector, code, words):
    assert decode.error_code(vector, code) == words


def test_vectors_and_entries():
    assert decode.vector(13) == "#GP general protection"
    assert decode.vector(9) == "reserved exception 9"
    assert decode.vector(32) == "interrupt 32"
    assert decode.page_entry(1 << 63 | 0x201063) == "P W A D NX -> 0x201000"
    assert decode.page_entry(0x200083, 2) == "P W PS -> 0x200000"
    assert decode.page_entry(0x201062) == "not present"


# ---- page tables ----

def memory(**tables):
    """Memory of 64 KiB; tNNNN={index: entry} puts a table at physical 0xNNNN."""
    data = bytearray(0x10000)
    for name, entries in tables.items():
        for index, entry in entries.items():
            struct.pack_into("<Q", data, int(name[1:], 16) + 8 * index, entry)
    return Memory(lambda address, length: bytes(data[address:address + length]), len(data))


NX = 1 << 63
TABLES = dict(t1000={0: 0x2007, 256: 0x2003}, t2000={0: 0x3007}, t3000={0: 0x4005, 1: 0xE00083},
              t4000={0: 0x7007, 1: 0x8007 | NX, 511: 0x9006})


def test_permissions_of_all_levels_together():
    first, second, large = list(paging.mappings(memory(**TABLES), 0x1000, last=255))
    assert (first.virtual, first.physical, first.permissions) == (0, 0x7000, "r-x user")
    assert (second.virtual, second.physical, second.permissions) == (0x1000, 0x8000, "r-- user")
    assert (large.virtual, large.size, large.physical) == (0x200000, 0x200000, 0xE00000)
    assert large.permissions == "rwx kernel"        # no U bit on the last level


def test_upper_half_is_canonical():
    upper = next(paging.mappings(memory(**TABLES), 0x1000, first=256))
    assert upper.virtual == 0xFFFF800000000000
    assert not upper.user                           # no U bit on the first level


def test_translate():
    space = memory(**TABLES)
    assert paging.translate(space, 0x1000, 0x1234) == 0x8234
    assert paging.translate(space, 0x1000, 0x2ABCDE) == 0xEABCDE
    assert paging.translate(space, 0x1000, 0x1FF000) is None


def test_tables_outside_of_memory_and_rings():
    assert list(paging.mappings(memory(t1000={0: 0xFFFF000007}), 0x1000)) == []
    ring = memory(t1000={index: 0x1007 for index in range(512)})
    with pytest.raises(paging.TooManyTables):
        sum(1 for _ in paging.mappings(ring, 0x1000))


def test_ranges_join_neighbours():
    pages = [paging.Mapping(a, 0x1000, (entry,)) for a, entry in
             [(0x400000, 5), (0x401000, 5), (0x402000, 7), (0x404000, 7)]]
    assert layout.ranges({}, pages) == [(0x400000, 0x402000, "r-x user", "program"),
                                        (0x402000, 0x403000, "rwx user", "program"),
                                        (0x404000, 0x405000, "rwx user", "program")]


def test_disassembly_in_each_mode():
    nothing = symbols.Symbols()
    assert nothing.disassemble(b"\xfa\x0f\x01\xf8", 0x10)[1] == "swapgs"
    assert nothing.disassemble(b"\xb8\x34\x12", 0, 16)[0] == "mov ax, 0x1234"
