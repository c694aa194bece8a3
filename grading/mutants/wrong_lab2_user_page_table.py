"""Exercise 2.4, user_page_table: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("2.4", "kernel half not copied",
          find="    memcpy(user + PTE_COUNT / 2, kernel + PTE_COUNT / 2, PAGE_SIZE / 2);\n",
          put="    (void)kernel; (void)user;\n",
          test="kernel_half_is_shared",
          says="256 to 511"),
    Wrong("2.4", "only entry 256 copied",
          find="kernel + PTE_COUNT / 2, PAGE_SIZE / 2)",
          put="kernel + PTE_COUNT / 2, sizeof(pte_t))",
          test="kernel_half_is_shared",
          says="256 to 511"),
    Wrong("2.4", "256 bytes copied instead of 256 entries",
          find="kernel + PTE_COUNT / 2, PAGE_SIZE / 2)",
          put="kernel + PTE_COUNT / 2, PTE_COUNT / 2)",
          test="kernel_half_is_shared",
          says="entry 384 of the PML4"),
    Wrong("2.4", "last entry not copied",
          find="kernel + PTE_COUNT / 2, PAGE_SIZE / 2)",
          put="kernel + PTE_COUNT / 2, PAGE_SIZE / 2 - 8)",
          test="kernel_half_is_shared",
          says="entry 511 of the PML4"),
    Wrong("2.4", "kernel half shifted by one",
          find="user + PTE_COUNT / 2, kernel + PTE_COUNT / 2,",
          put="user + PTE_COUNT / 2 + 1, kernel + PTE_COUNT / 2,",
          test="kernel_half_is_shared",
          says="256 to 511"),
    Wrong("2.4", "kernel half open to ring 3",
          find="""    return 0;
    /* END SOLUTION */
}

/* SOLUTION */""",
          put="""    user[256] |= PTE_U;
    return 0;
    /* END SOLUTION */
}

/* SOLUTION */""",
          test="kernel_half_is_closed",
          says="U bits from level 4 down 1, 0, 0"),
    Wrong("2.4", "lower tables leaked",
          find="    frame_free(table);\n",
          put="    if (level == 4) frame_free(table);\n",
          test="all_frames_come_back",
          says="are missing"),
    Wrong("2.4", "pages leaked",
          find=("        else\n"
                "            frame_free(pte_frame(entries[i]));\n"),
          put="",
          test="all_frames_come_back",
          says="are missing"),
    Wrong("2.4", "kernel half freed, too",
          find="free_table(root, 4, PTE_COUNT / 2);",
          put="free_table(root, 4, PTE_COUNT);",
          test="all_frames_come_back",
          says="expected"),
    Wrong("2.4", "only the first and last entries of the user half freed",
          find="if (!(entries[i] & PTE_P))",
          put="if (!(entries[i] & PTE_P) || (level == 4 && i > 1 && i < 255))",
          test="all_frames_come_back",
          says="are missing"),
    Wrong("2.4", "no memory is not noticed",
          find="        return -ENOMEM;\n",
          put="        return 0;\n",
          test="page_table_in_use",
          says="ENOMEM"),
    Wrong("2.4", "the kernel's own page table for everybody",
          find="    *root = frame_alloc();\n",
          put="    *root = kernel_page_table;\n",
          test="user_halves_are_disjoint",
          says="2.4"),
    Wrong("2.4", "pages that are not ring 3's leaked",
          find="if (!(entries[i] & PTE_P))",
          put="if (!(entries[i] & PTE_U))",
          test="all_frames_come_back",
          says="are missing"),
    Wrong("2.4", "the kernel's user half copied, too",
          find="memcpy(user + PTE_COUNT / 2, kernel + PTE_COUNT / 2, PAGE_SIZE / 2);",
          put="memcpy(user, kernel, PAGE_SIZE);",
          test="user_half_is_empty",
          says="entries present"),
    Wrong("2.4", "the table freed for each of its pages",
          find="            frame_free(pte_frame(entries[i]));\n",
          put="            frame_free(table);\n",
          test="all_frames_come_back",
          says="twice"),
    Wrong("2.4", "the table is freed before it is read",
          find=("    pte_t *entries = phys_to_virt(table);\n"
                "    for"),
          put="""    pte_t *entries = phys_to_virt(table);
    frame_free(table);
    for""",
          test="all_frames_come_back",
          says="",
          source="https://github.com/cahirwpz/mimiker/pull/645"),
    Wrong("2.4", "the PML4 not freed",
          find=("    frame_free(table);\n"
                "}"),
          put="""    if (level < 4)
        frame_free(table);
}""",
          test="all_frames_come_back",
          says="are missing",
          source="https://github.com/DragonOS-Community/DragonOS/issues/1044"),
]
