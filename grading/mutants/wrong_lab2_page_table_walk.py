"""Exercise 2.2, page_table_walk: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("2.2", "makes tables on the way to level 1 only",
          find="create ? frame_alloc() : FRAME_NONE",
          put="create && level == 1 ? frame_alloc() : FRAME_NONE",
          test="walk_makes_tables_down_to_a_level",
          says="3, true), with no table there yet, to give an entry",
          shows="3, true) gives NULL"),
    Wrong("2.2", "U bit missing on the tables",
          find="(address < USER_HALF_END ? PTE_U : 0)",
          put="0",
          test="walk_makes_tables",
          says="U bits",
          source="https://github.com/zakki0925224/myos-x86_64/issues/2",
          shows="the new table at level 3 is entered as writable, for ring 0, expected"),
    Wrong("2.2", "U bit in the kernel half",
          find="(address < USER_HALF_END ? PTE_U : 0)",
          put="PTE_U",
          test="walk_keeps_ring_3_out",
          says="U bits",
          shows="the new table at level 3 is entered as writable, for rings 3 and 0"),
    Wrong("2.2", "tables read-only",
          find="made.raw | PTE_P | PTE_W |",
          put="made.raw | PTE_P |",
          test="walk_makes_tables",
          says="W bits",
          shows="the new table at level 3 is entered as read-only, for rings 3 and 0"),
    Wrong("2.2", "walks through large pages",
          find="} else if (*entry & PTE_PS) {",
          put="} else if (0) {",
          test="walk_finds_entries",
          says="1, false) to give NULL",
          shows="yet the walk goes on below it"),
    Wrong("2.2", "makes tables unasked",
          find="create ? frame_alloc() : FRAME_NONE",
          put="frame_alloc()",
          test="walk_finds_entries",
          says="NULL",
          shows="yet the walk gives an entry"),
    Wrong("2.2", "index of the level above",
          find="page_table_index(address, at);",
          put="page_table_index(address, at == 1 ? 2 : at);",
          test="walk_finds_entries",
          says="1, false) to give entry 5 of the table",
          shows="of a table, expected entry 3"),
    Wrong("2.2", "always the first entry",
          find="page_table_index(address, at);",
          put="0;",
          test="walk_finds_entries",
          says="2, false) to give entry 2 of the table",
          shows="4, …) gives the entry 0 of a table, expected entry"),
    Wrong("2.2", "flags taken for the address",
          find="table = pte_frame(*entry);",
          put="table = phys(*entry);",
          test="walk_finds_entries",
          says="2.2",
          shows="3, …) gives the entry 4 of a table, expected entry 0"),
    Wrong("2.2", "no NULL without memory",
          find=("            if (made.raw == FRAME_NONE.raw)\n"
                "                return NULL;\n"),
          put=("            if (!create)\n"
               "                return NULL;\n"),
          test="walk_without_memory",
          says="NULL",
          shows="for a physical address, behind the end of memory: a table's entry is"),
    Wrong("2.2", "pages of 1 GiB not known",
          find="} else if (*entry & PTE_PS) {",
          put="} else if (at == 2 && *entry & PTE_PS) {",
          test="walk_finds_entries",
          says="to give NULL",
          shows="with a page of 1 GiB at level 3 page_table_walk(…, 1, …) gives"),
    Wrong("2.2", "a large page's own entry not given",
          find=("        if (at == level)\n"
                "            return entry;"),
          put="""        if (*entry & PTE_PS && *entry & PTE_P && at > 1)
            return NULL;
        if (at == level)
            return entry;""",
          test="walk_finds_entries",
          says="it gives NULL",
          shows="yet the walk to its own entry gives NULL"),
    Wrong("2.2", "NX taken for a part of the address",
          find="table = pte_frame(*entry);",
          put="table = phys(*entry & ~0xFFFUL);",
          test="walk_finds_entries",
          says="page_table_walk(",
          shows="with another bit 63, which is NX in an entry; pte_frame() leaves it out"),
    Wrong("2.2", "a walk that only looks opens the way for ring 3",
          find="""        } else if (*entry & PTE_PS) {
            return NULL;
        }
""",
          put="""        } else if (*entry & PTE_PS) {
            return NULL;
        }
        *entry &= ~PTE_NX;
""",
          test="walk_changes_no_entry",
          says="an entry that was there",
          source="https://github.com/rust-osdev/x86_64/pull/112",
          shows="page_table_walk(…, false) has changed an entry that was there: it was"),
    Wrong("2.2", "notes that it was there",
          find=("        if (at == level)\n"
                "            return entry;\n"),
          put="""        *entry |= 1ULL << 9;
        if (at == level)
            return entry;
""",
          test="walk_changes_no_entry",
          says="an entry that was there",
          shows="the entry at level 3, which nobody has written, is 0x200"),
    Wrong("2.2", "tables made for ring 0 only where somebody else's are",
          find="(address < USER_HALF_END ? PTE_U : 0)",
          put="(address < USER_HALF_END && at > 2 ? PTE_U : 0)",
          test="walk_makes_tables",
          says="ring 3 to be let through",
          source="https://github.com/rust-osdev/x86_64/issues/113",
          shows="the new table at level 1 is entered as writable, for ring 0, expected"),
    Wrong("2.2", "a physical address used as it is",
          find="(pte_t *)phys_to_virt(table) + page",
          put="(pte_t *)table.raw + page",
          test="walk_finds_entries",
          says="2.2",
          source="https://github.com/mentos-team/MentOS/pull/384",
          shows="which page_table_walk() gave, for a pointer: that is a physical address"),
    Wrong("2.2", "opens the tables that are there",
          find="""        } else if (*entry & PTE_PS) {
            return NULL;
        }
""",
          put="""        } else if (*entry & PTE_PS) {
            return NULL;
        } else if (create) {
            *entry |= PTE_W | (address < USER_HALF_END ? PTE_U : 0);
        }
""",
          test="all_that_the_task_of_2_2_names",
          says="has changed an entry that was there",
          shows="page_table_walk(…, true) has changed an entry that was there: it was"),
    Wrong("2.2", "the page itself made, too",
          find=("        if (at == level)\n"
                "            return entry;\n"),
          put="""        if (at == level) {
            if (create && level == 1 && !(*entry & PTE_P))
                *entry = frame_alloc().raw;
            return entry;
        }
""",
          test="all_that_the_task_of_2_2_names",
          says="which nobody has written",
          shows="the entry at level 1, which nobody has written, is"),
]
