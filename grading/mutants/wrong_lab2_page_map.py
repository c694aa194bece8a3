"""Exercise 2.3, page_map: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("2.3", "TLB not told",
          find="    invlpg(address);\n",
          put="",
          test="unmapping_is_seen_at_once",
          says="page_unmap"),
    Wrong("2.3", "maps over a mapping",
          find="    if (*entry & PTE_P)\n        return -EEXIST;\n",
          put="",
          test="pages_are_mapped",
          says="EEXIST"),
    Wrong("2.3", "large pages not looked for",
          find="for (int level = 3; level >= 2; level--)",
          put="for (int level = 1; level >= 2; level--)",
          test="large_pages_are_mappings",
          says="where a page of 2 MiB is mapped, to give -EEXIST"),
    Wrong("2.3", "pages of 1 GiB not looked for",
          find="for (int level = 3; level >= 2; level--)",
          put="for (int level = 2; level >= 2; level--)",
          test="large_pages_are_mappings",
          says="where a page of 1 GiB is mapped, to give -EEXIST"),
    Wrong("2.3", "unaligned address accepted",
          find=("if (address % PAGE_SIZE != 0 || frame.raw % PAGE_SIZE != 0 || "
                "!is_canonical(address))"),
          put="if (frame.raw % PAGE_SIZE != 0 || !is_canonical(address))",
          test="bad_addresses_are_refused",
          says="EINVAL"),
    Wrong("2.3", "non-canonical address accepted",
          find="frame.raw % PAGE_SIZE != 0 || !is_canonical(address)",
          put="frame.raw % PAGE_SIZE != 0",
          test="bad_addresses_are_refused",
          says="EINVAL"),
    Wrong("2.3", "non-canonical address unmapped",
          find="if (address % PAGE_SIZE != 0 || !is_canonical(address))",
          put="if (address % PAGE_SIZE != 0)",
          test="bad_addresses_are_refused",
          says="page_unmap(0x800000000000, …) to give -EINVAL"),
    Wrong("2.3", "unaligned frame accepted",
          find="address % PAGE_SIZE != 0 || frame.raw % PAGE_SIZE != 0 ||",
          put="address % PAGE_SIZE != 0 ||",
          test="bad_addresses_are_refused",
          says="EINVAL"),
    Wrong("2.3", "flags forgotten",
          find="frame.raw | flags | PTE_P",
          put="frame.raw | PTE_W | PTE_U | PTE_P",
          test="pages_are_mapped",
          says="permissions"),
    Wrong("2.3", "NX lost",
          find="frame.raw | flags | PTE_P",
          put="frame.raw | (flags & 0xFFF) | PTE_P",
          test="pages_are_mapped",
          says="permissions"),
    Wrong("2.3", "unmap leaves the entry",
          find="    *entry = 0;\n",
          put="",
          test="pages_are_mapped",
          says="page_unmap"),
    Wrong("2.3", "no memory is not noticed",
          find="        return -ENOMEM;\n",
          put="        return 0;\n",
          test="map_without_memory",
          says="ENOMEM"),
    Wrong("2.3", "kernel addresses only forgotten by the TLB",
          find="    invlpg(address);",
          put=("    if (address >= KERNEL_HALF_START)\n"
               "        invlpg(address);"),
          test="unmapping_is_seen_at_once",
          says="in the user half"),
    Wrong("2.3", "unmaps a page of 1 GiB",
          find="""    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry || !(*entry & PTE_P))
        return -ENOENT;
    *frame""",
          put="""    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry)
        entry = page_table_walk(root, address, 3, false);
    if (!entry || !(*entry & PTE_P))
        return -ENOENT;
    *frame""",
          test="large_pages_are_mappings",
          says="page_unmap() of a page within 1 GiB"),
    Wrong("2.3", "says -EEXIST, and maps over it",
          find=("        if (above && *above & PTE_P && (level == 1 || *above & PTE_PS))\n"
                "            return -EEXIST;\n"),
          put="""        if (above && *above & PTE_P && (level == 1 || *above & PTE_PS)) {
            if (level == 1)
                *above = frame.raw | flags | PTE_P;
            return -EEXIST;
        }
""",
          test="pages_are_mapped",
          says="the frame of",
          source="https://github.com/maestro-os/maestro/issues/25"),
    Wrong("2.3", "global pages",
          find="*entry = frame.raw | flags | PTE_P;",
          put="*entry = frame.raw | flags | PTE_P | PTE_G;",
          test="pages_are_mapped",
          says="nobody asked for"),
    Wrong("2.3", "the table goes with one of its pages",
          find="    *entry = 0;\n",
          put=("    *entry = 0;\n"
               "    *page_table_walk(root, address, 2, false) = 0;\n"),
          test="pages_are_mapped",
          says="does not get there",
          source="https://github.com/nanvix/nanvix/pull/2244"),
    Wrong("2.3", "unmaps a page of 2 MiB",
          find=("    pte_t *entry = page_table_walk(root, address, 1, false);\n"
                "    if (!entry ||"),
          put="""    pte_t *entry = page_table_walk(root, address, 2, false);
    if (!entry || !(*entry & PTE_PS))
        entry = page_table_walk(root, address, 1, false);
    if (!entry ||""",
          test="large_pages_are_mappings",
          says="2 MiB"),
    Wrong("2.3", "the TLB told of the entry",
          find="invlpg(address);",
          put="invlpg((uint64_t)entry);",
          test="unmapping_is_seen_at_once",
          says="the TLB still knows it"),
]
