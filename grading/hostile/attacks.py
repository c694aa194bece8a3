"""What each defence is good for: a row of programs.S or files.S, and the kernel without it."""
from typing import List, NamedTuple, Tuple


class Attack(NamedTuple):
    title: str
    row: str                                # its name there
    without: str                            # the defence, in words
    then: str                               # what the attack has done
    weak: List[Tuple[str, str, str]]        # file, text that is there once, what it becomes


TABLES = "solutions/lab2-process/exercises/user_page_table.c"
STACKS = "solutions/lab2-process/exercises/stacks.c"
PAGING = "labs/lab1-boot/boot/paging.c"
PROTECT = "labs/lab1-boot/kernel/cpu_protect.c"

# Phase 1: one page table and one kernel stack of 8 KiB for all, user stacks side by side.
PHASE_1 = [
    (TABLES, "    *root = frame_alloc();\n", "    *root = kernel_page_table;\n    return 0;\n"),
    (TABLES, "    free_table(root, 4, PTE_COUNT / 2);\n", ""),
    (STACKS, "    for (uint64_t slot = first_slot; slot < KERNEL_STACK_SLOTS; slot++) {\n",
     "    static char shared[8192] __attribute__((aligned(16)));\n"
     "    *top = (uint64_t)(shared + sizeof shared);\n    return 0;\n"
     "    for (uint64_t slot = first_slot; slot < KERNEL_STACK_SLOTS; slot++) {\n"),
    (STACKS, "    unmap_stack(kernel_page_table, top - KERNEL_STACK_SIZE, top);\n", ""),
    (STACKS, "    *top = USER_STACK_TOP;\n",
     "    static uint64_t last = USER_STACK_TOP - 2 * USER_STACK_SIZE;\n"
     "    *top = last += USER_STACK_SIZE;\n"),
]

ATTACKS = [
    Attack("stack overflow", "recursion without end",
           "phase 1: stacks side by side, in one page table, without guard pages",
           "its pushes went on into the neighbour's stack", PHASE_1),
    Attack("another process's memory", "a write to the neighbour's data",
           "phase 1: one page table for all",
           "it has changed the neighbour's data", PHASE_1),
    Attack("privilege escalation", "out to port 0x604, by DX", "programs run with IOPL 3",
           "it has written to a device: this port switches a machine off", [
               ("solutions/lab3-ring3/exercises/jump_to_usermode.S", "#define RFLAGS_START 0x202 ",
                "#define RFLAGS_START 0x3202 ")]),
    Attack("reading the kernel", "a read of the kernel's code",
           "the kernel's pages have PTE_U, and SMEP and SMAP are off",
           "it has read the kernel's memory", [
               (PAGING, ".raw | PTE_W | PTE_P;", ".raw | PTE_W | PTE_U | PTE_P;"),
               (PAGING, "image_frame(page) | flags | PTE_P;",
                "image_frame(page) | flags | PTE_U | PTE_P;"),
               (PROTECT, "has |= CR4_SMEP;", "has |= 0;"),
               (PROTECT, "has |= CR4_SMAP;", "has |= 0;")]),
    Attack("the table that nobody uses", "a gate to ring 0, in the table of LDTR",
           "LDTR is as after a reset, its table at address 0, and a program may lie there; "
           "SMEP and SMAP are off",
           "it was in ring 0: there CS was 0x8, its exit status", [
               ("labs/lab1-boot/kernel/gdt.c", "    lldt(0);\n", ""),
               ("labs/lab3-ring3/kernel/process_load.c",
                "segment->p_vaddr >= USER_PROGRAM_BASE", "segment->p_vaddr >= PAGE_SIZE"),
               (PROTECT, "has |= CR4_SMEP;", "has |= 0;"),
               (PROTECT, "has |= CR4_SMAP;", "has |= 0;")]),      # it would stop the walk
]
