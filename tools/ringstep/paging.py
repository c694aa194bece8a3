"""Page tables, walked from CR3 in physical memory."""


def translate(memory, cr3, address):
    """The physical address, or None where nothing is mapped."""
    table = cr3 & 0x000FFFFFFFFFF000
    for level in (4, 3, 2, 1):
        shift = 12 + 9 * (level - 1)
        try:
            entry = memory.u64(table + 8 * (address >> shift & 511))
        except LookupError:
            return None
        if not entry & 1:
            return None
        if level == 1 or (entry & 0x80 and level < 4):
            offset = (1 << shift) - 1
            return (entry & 0x000FFFFFFFFFF000 & ~offset) | address & offset
        table = entry & 0x000FFFFFFFFFF000
