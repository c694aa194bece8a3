"""Wrong solutions of lab 3: the usual mistakes, one at a time.

Each row changes one place of one solution: the exercise, a name, the text to
find (exactly once), what to put there, the test that must catch it, and words
that the diagnosis must contain.
"""

WRONG = [
    # ---- 3.1 syscall_init, process_activate ----
    ("3.1", "gate of DPL 0", "trap_stubs[SYSCALL_VECTOR], 3)", "trap_stubs[SYSCALL_VECTOR], 0)",
     "system_call_gate", "DPL 0"),
    ("3.1", "gate leads elsewhere", "interrupt_gate(trap_stubs[SYSCALL_VECTOR], 3)", "interrupt_gate(trap_stubs[SYSCALL_VECTOR + 1], 3)",
     "system_call_gate", "IDT entry"),
    ("3.1", "every gate open to ring 3", "    trap_register(SYSCALL_VECTOR, syscall_trap);\n",
     "    trap_register(SYSCALL_VECTOR, syscall_trap);\n    for (unsigned v = 0; v < 32; v++) { struct gate g = idt_get(v); g.type |= GATE_DPL(3); idt_set(v, g); }\n",
     "system_call_gate", "of vector 0x0 to have DPL 0"),
    ("3.1", "no handler", "    trap_register(SYSCALL_VECTOR, syscall_trap);\n", "",
     "own_kernel_stack", "PANIC"),
    ("3.1", "RSP0 not set", "    tss_set_rsp0(process->kernel_stack);\n", "",
     "own_kernel_stack", "RSP0 is 0"),
    ("3.1", "RSP0 of the wrong process", "tss_set_rsp0(process->kernel_stack);", "tss_set_rsp0(process->next ? process->next->kernel_stack : process->kernel_stack);",
     "own_kernel_stack", "RSP0"),
    ("3.1", "RSP0 at the bottom", "tss_set_rsp0(process->kernel_stack);", "tss_set_rsp0(process->kernel_stack - KERNEL_STACK_SIZE);",
     "own_kernel_stack", "RSP0"),
    ("3.1", "CR3 not loaded", "    write_cr3(process->page_table.raw);\n", "",
     "own_page_table", "CR3"),
    ("3.1", "CR3 of a process loaded once", "    write_cr3(process->page_table.raw);\n",
     "    if (!process->started)\n        write_cr3(process->page_table.raw);\n",
     "each_to_its_own", "CR3 is"),
    ("3.1", "RSP0 of a process set once", "    tss_set_rsp0(process->kernel_stack);\n",
     "    if (!process->started)\n        tss_set_rsp0(process->kernel_stack);\n",
     "each_to_its_own", "RSP0 is"),
    ("3.1", "one kernel stack for all", "    tss_set_rsp0(process->kernel_stack);\n",
     "    static char stack[KERNEL_STACK_SIZE] __attribute__((aligned(16)));\n    tss_set_rsp0((uint64_t)stack + sizeof stack);\n",
     "own_kernel_stack", "RSP0 is"),
    ("3.1", "ports open to ring 3", "    tss_set_rsp0(process->kernel_stack);\n", """    tss_set_rsp0(process->kernel_stack);
    struct table_register gdtr = sgdt();
    const uint64_t *tss = (const uint64_t *)(gdtr.base + 0x28);
    uint64_t base = (tss[0] >> 16 & 0xFFFFFF) | tss[0] >> 56 << 24 | tss[1] << 32;
    ((struct tss *)base)->io_map_base = 0;
""",
     "no_ports", "io_map_base"),

    # ---- 3.2 jump_to_usermode ----
    ("3.2", "interrupts off", "#define RFLAGS_START 0x202", "#define RFLAGS_START 0x002",
     "ring_3_execution", "RFLAGS"),
    ("3.2", "IOPL 3", "#define RFLAGS_START 0x202", "#define RFLAGS_START 0x3202",
     "ring_3_execution", "RFLAGS"),
    ("3.2", "arithmetic flags set", "#define RFLAGS_START 0x202", "#define RFLAGS_START 0xAD7",
     "ring_3_execution", "it is 0xad7"),
    ("3.2", "arithmetic flags as they were", """    cli
    mov     eax, SELECTOR_USER_DATA
    mov     ds, eax
    mov     es, eax
    xor     ecx, ecx
    mov     fs, ecx
    mov     gs, ecx
    push    rax                         /* SS */
    push    rsi                         /* RSP */
    push    RFLAGS_START
""", """    mov     eax, SELECTOR_USER_DATA
    mov     ds, eax
    mov     es, eax
    mov     ecx, 0
    mov     fs, ecx
    mov     gs, ecx
    push    rax
    push    rsi
    pushfq
    pop     rcx
    bts     ecx, 9
    cli
    push    rcx
    mov     ecx, 0
""",
     "no_register_leaks", "RFLAGS"),
    ("3.2", "CS with RPL 0", "    push    SELECTOR_USER_CODE\n", "    push    SELECTOR_USER_CODE & ~3\n",
     "ring_3_execution", "#GP"),
    ("3.2", "SS with RPL 0", "    push    rax                         /* SS */\n", "    push    SELECTOR_USER_DATA & ~3\n",
     "ring_3_execution", "#GP"),
    ("3.2", "RSP and RIP swapped", "    push    rsi                         /* RSP */\n", "    xchg    rsi, rdi\n    push    rsi\n",
     "ring_3_execution", "which is its stack pointer"),
    ("3.2", "stays in ring 0", "    push    SELECTOR_USER_CODE\n    push    rdi                         /* RIP */\n", "    push    SELECTOR_KERNEL_CODE\n    push    rdi\n",
     "ring_3_execution", "#GP"),
    ("3.2", "DS left as the kernel's", "    mov     ds, eax\n", "",
     "ring_3_execution", "DS"),
    ("3.2", "kernel values left in registers", "eax, ebx, edx,", "eax, ebx,",
     "no_register_leaks", "rdx"),
    ("3.2", "stack off by eight", "    push    rsi                         /* RSP */\n", "    sub     rsi, 8\n    push    rsi\n",
     "first_stack", "RSP"),
    ("3.2", "jump instead of iretq", "    iretq\n", "    pop     rdi; add rsp, 32; xor edi, edi; mov rdi, 0x400000; jmp rdi\n",
     "ring_3_execution", "CPL"),
    ("3.2", "the five values in reverse", """    push    rax                         /* SS */
    push    rsi                         /* RSP */
    push    RFLAGS_START
    push    SELECTOR_USER_CODE
    push    rdi                         /* RIP */
""", "    push    rdi\n    push    SELECTOR_USER_CODE\n    push    RFLAGS_START\n    push    rsi\n    push    rax\n",
     "ring_3_execution", "in reverse"),
    ("3.2", "r9 not zeroed", "r8d, r9d,", "r8d,", "no_register_leaks", "r9"),
    ("3.2", "r15 not zeroed", ", r15d", "", "no_register_leaks", "r15"),
    ("3.2", "FS and GS left as they were", "    mov     fs, ecx\n    mov     gs, ecx\n", "", "no_register_leaks", "FS"),
    ("3.2", "RFLAGS as the kernel has them", "    push    RFLAGS_START\n", "    pushfq\n", "ring_3_execution", "RFLAGS"),

    # ---- 3.3 syscall_dispatch ----
    ("3.3", "result not handed back", "    frame->rax = (uint64_t)result;\n", "    (void)result;\n",
     "registers_survive", "getpid"),
    ("3.3", "unknown calls give 0", "int64_t result = -ENOSYS;", "int64_t result = 0;",
     "unknown_system_calls", "-38"),
    ("3.3", "arguments taken from the wrong registers", "sys_exit((int)frame->rdi);", "sys_exit((int)frame->rsi);",
     "exit_with_pid", "exits with status 1"),
    ("3.3", "exit returns", "    process_end(process);\n    /* END SOLUTION */", "    trap_return(&process->registers);\n    /* END SOLUTION */",
     "exit_does_not_return", "exit"),
    ("3.3", "getpid counts from 0", "return current_process()->pid;", "return current_process()->pid - 1;",
     "exit_with_pid", "status"),
    ("3.3", "result in rbx, too", "    frame->rax = (uint64_t)result;\n", "    frame->rax = frame->rbx = (uint64_t)result;\n",
     "registers_survive", "registers changed"),
    ("3.3", "registers lost by all but getpid", "    frame->rax = (uint64_t)result;\n",
     "    if (frame->rax != SYS_GETPID)\n        frame->r8 = frame->r15 = 0;\n    frame->rax = (uint64_t)result;\n",
     "registers_survive", "registers changed by write"),
    ("3.3", "registers lost by unknown calls", "    int64_t result = -ENOSYS;\n",
     "    int64_t result = -ENOSYS;\n    if (frame->rax > SYS_EXIT)\n        frame->rcx = frame->r11 = 0;\n",
     "registers_survive", "registers changed by system call 1000"),
    ("3.3", "six bits of the status", "sys_exit((int)frame->rdi);", "sys_exit((int)(frame->rdi & 0x3F));",
     "exit_statuses", "exits with status -7"),
    ("3.3", "status as a byte", "process->pid, status);", "process->pid, (signed char)status);",
     "exit_statuses", "exits with status 1000"),
    ("3.3", "no case for write", "        result = sys_write((int)frame->rdi, frame->rsi, frame->rdx);\n", "",
     "write_is_dispatched", "it gives -38"),
    ("3.3", "write without its result", "        result = sys_write(", "        result = 0; sys_write(",
     "write_is_dispatched", "it gives 0"),
    ("3.3", "buffer and length swapped", "frame->rsi, frame->rdx);", "frame->rdx, frame->rsi);",
     "write_is_dispatched", "it gives -14"),
    ("3.3", "half of the number", "switch (frame->rax)", "switch ((int)frame->rax)",
     "unknown_system_calls", "4294967297"),
    ("3.3", "a byte of the number", "switch (frame->rax)", "switch ((unsigned char)frame->rax)",
     "unknown_system_calls", "295"),

    ("3.3", "exit goes back to the program", "    process_end(process);\n    /* END SOLUTION */", "    process->state = PROCESS_DEAD;\n    /* END SOLUTION */",
     "exit_does_not_return", "must end with process_end()"),

    # ---- 3.4 sys_write ----
    ("3.4", "no check at all", "    if (user_range_check(current_process()->page_table, buffer, length) != 0)\n        return -EFAULT;\n", "",
     "bad_pointers", "#PF"),
    ("3.4", "length that wraps around", "    if (address > USER_HALF_END || length > USER_HALF_END - address)\n        return -EFAULT;\n", "",
     "bad_pointers", "expected"),
    ("3.4", "first byte only", "page < address + length; page += PAGE_SIZE", "page <= address && length; page += PAGE_SIZE",
     "bad_pointers", "#PF"),
    ("3.4", "last byte not checked", "page < address + length; page += PAGE_SIZE", "page + PAGE_SIZE < address + length; page += PAGE_SIZE",
     "bad_pointers", "#PF"),
    ("3.4", "null pointer accepted", "    for (uint64_t page = align_down", "    if (address < PAGE_SIZE)\n        return 0;\n    for (uint64_t page = align_down",
     "bad_pointers", "#PF"),
    ("3.4", "any file descriptor", "    if (fd != 1 && fd != 2)\n        return -EBADF;\n", "",
     "bad_file_descriptors", "write(0"),
    ("3.4", "returns 0", "    return (int64_t)length;\n", "    return 0;\n",
     "greeting_from_ring_3", "result of write"),
    ("3.4", "writes one byte more", "console_write((const char *)buffer, length);", "console_write((const char *)buffer, length + 1);",
     "bad_pointers", "sys_write"),
    ("3.4", "-1 instead of -EFAULT", "        return -EFAULT;\n    console_write", "        return -1;\n    console_write",
     "bad_pointers", "-14"),
    ("3.4", "last level only", "int level = 4; level >= 1", "int level = 1; level >= 1",
     "every_level_counts", "level 4 lacks PTE_U"),
    ("3.4", "tables made by the check", """int level = 4; level >= 1; level--) {
        const pte_t *entry = page_table_walk(root, address, level, false);""",
     """int level = 1; level >= 1; level--) {
        const pte_t *entry = page_table_walk(root, address, level, true);""",
     "a_check_changes_nothing", "frames that the checks take"),
    ("3.4", "no byte refused", "    if (length == 0)\n        return 0;\n", "",
     "every_level_counts", "0 bytes at"),
    ("3.4", "second page not looked at", "        if (!page_is_readable(root, page))",
     "        if (page != align_down(address, PAGE_SIZE) + PAGE_SIZE && !page_is_readable(root, page))",
     "every_page_counts", "of which number 2 is not mapped"),
    ("3.4", "nothing for file descriptor 2", "    console_write((const char *)buffer, length);",
     "    if (fd == 1)\n        console_write((const char *)buffer, length);",
     "whole_output", "file descriptor 2"),
    ("3.4", "at most 64 bytes", "    console_write((const char *)buffer, length);",
     "    console_write((const char *)buffer, length < 64 ? length : 64);",
     "whole_output", "only the first 64"),
    ("3.4", "ends at a NUL byte", "    console_write((const char *)buffer, length);",
     "    for (uint64_t i = 0; i < length && ((const char *)buffer)[i]; i++)\n        console_write((const char *)buffer + i, 1);",
     "whole_output", "only the first 96"),

    # ---- 3.5 timer_tick ----
    ("3.5", "never ends a process", "    if (process->slices >= SLICES_MAX) {", "    if (0) {",
     "timer_interrupts_ring_3", "limit"),
    ("3.5", "ends it at the first tick", "process->slices >= SLICES_MAX", "process->slices >= 1",
     "timer_interrupts_ring_3", "interruptions"),
    ("3.5", "registers not saved", "    process->registers = *frame;\n", "",
     "loop_program", "begins anew"),
    ("3.5", "slices not counted", "    process->slices++;\n", "",
     "timer_interrupts_ring_3", "limit"),
    ("3.5", "end of everything instead of the process", "        process_end(process);\n", "        all_processes_ended();\n",
     "kernel_goes_on", "PANIC"),
    ("3.5", "a slice too many", "process->slices >= SLICES_MAX", "process->slices > SLICES_MAX",
     "each_has_its_slices", "it got 21"),
    ("3.5", "a slice too few", "process->slices >= SLICES_MAX", "process->slices >= SLICES_MAX - 1",
     "each_has_its_slices", "it got 19"),
    ("3.5", "another number of slices", "process->pid, SLICES_MAX);", "process->pid, process->pid);",
     "timer_interrupts_ring_3", "used up its 1 time slices"),
    ("3.5", "the line without the number", 'printf("PID %d has used up its %d time slices\\n", process->pid, SLICES_MAX);',
     'printf("PID %d has used up its time slices\\n", process->pid);',
     "timer_interrupts_ring_3", 'it is "PID 1 has used up its time slices"'),
    ("3.5", "direction flag lost", "    process->registers = *frame;\n", "    process->registers = *frame;\n    process->registers.rflags &= ~0x400UL;\n",
     "interrupted_registers", "of these bits it has 0x202"),
    ("3.5", "no schedule()", "    schedule();\n", "",
     "each_has_its_slices", "returned to its caller"),
    ("3.5", "counts and returns", "    process->registers = *frame;\n    schedule();\n", "",
     "programs_take_turns", "timer_tick() has returned"),
    ("3.5", "counts and goes back to the same program", "    process->registers = *frame;\n    schedule();\n", "    trap_return(frame);\n",
     "programs_take_turns", "it came after"),
    ("3.5", "the same program goes on in the loop", "    process->registers = *frame;\n    schedule();\n", "    trap_return(frame);\n",
     "loop_program", "it starts after it"),
    ("3.5", "rip and rsp saved only", "    process->registers = *frame;\n",
     "    process->registers.rip = frame->rip;\n    process->registers.rsp = frame->rsp;\n",
     "interrupted_registers", "no register of spin.c changed"),
    ("3.5", "saved into the first process", "    process->registers = *frame;\n", "    process_first()->registers = *frame;\n",
     "each_has_its_slices", "to go on where it was interrupted"),

    # ---- 3.6 process_fault ----
    ("3.6", "the fault kills the kernel", "    process_end(process);\n    /* END SOLUTION */", "    trap_unexpected(frame);\n    /* END SOLUTION */",
     "faults_kill_one_process", "PANIC"),
    ("3.6", "goes on behind the fault", "    process_end(process);\n    /* END SOLUTION */", "    frame->rip++; trap_return(frame);\n    /* END SOLUTION */",
     "nothing_after_a_fault", "expected"),
    ("3.6", "no report", "    printf(\"%s in PID %d", "    if (0) printf(\"%s in PID %d",
     "faults_are_reported", "one line"),
    ("3.6", "always #GP", "trap_mnemonic((unsigned)frame->vector), process->pid", "\"#GP\", process->pid",
     "faults_are_reported", "one line"),
    ("3.6", "error code and rip of #GP only", "           frame->error_code, frame->rip, frame->cs & 3);",
     "           0UL, frame->vector == 13 ? frame->rip : 0x1, 3UL);",
     "faults_are_reported", "rip 0x"),
    ("3.6", "always error code 0", "frame->error_code,", "0UL,",
     "faults_are_reported", "which the processor has pushed"),
    ("3.6", "always the name of #GP", "trap_name((unsigned)frame->vector),", "\"general protection\",",
     "faults_are_reported", "divide error"),
    ("3.6", "everybody dies", "    process_end(process);\n    /* END SOLUTION */", "    for (struct process *p = process_first(); p; p = p->next) p->state = PROCESS_DEAD;\n    schedule();\n    /* END SOLUTION */",
     "faults_kill_one_process", "exceptions from ring 3"),
    ("3.6", "goes back after the report", "    process_end(process);\n", "",
     "privilege_protection", "must end with process_end()"),
    ("3.1", "another function for the handler", "trap_register(SYSCALL_VECTOR, syscall_trap);", "trap_register(SYSCALL_VECTOR, syscall_dispatch);",
     "system_call_handler", "it is syscall_dispatch()"),
    ("3.3", "IOPL 3 after a system call", "frame->rax = (uint64_t)result;", "frame->rax = (uint64_t)result;\n    frame->rflags |= 0x3000;",
     "registers_survive", "registers changed by getpid"),
    ("3.3", "IF clear after a system call", "frame->rax = (uint64_t)result;", "frame->rax = (uint64_t)result;\n    frame->rflags &= ~0x200UL;",
     "registers_survive", "registers changed by getpid"),
    ("3.3", "32 bits of a buffer's address", "frame->rsi, frame->rdx);", "(uint32_t)frame->rsi, frame->rdx);",
     "arguments_arrive_whole", "write(1, a text on the stack, 34) to give 34"),
    ("3.3", "32 bits of a length", "frame->rsi, frame->rdx);", "frame->rsi, (uint32_t)frame->rdx);",
     "arguments_arrive_whole", "0x100000000) to give -14"),
    ("3.3", "8 bits of a file descriptor", "(int)frame->rdi, frame->rsi", "(int)frame->rdi & 0xff, frame->rsi",
     "arguments_arrive_whole", "write(0x101, …, 1) to give -9"),
    ("3.4", "upper bits of a pointer not looked at", "if (address > USER_HALF_END || length > USER_HALF_END - address)",
     "if (address + length < address)", "bad_pointers", "write(1, 0x1000000402000, 0x1)"),
    ("3.5", "IOPL 3 after an interruption", "process->registers = *frame;", "process->registers = *frame;\n    process->registers.rflags |= 0x3000;",
     "interrupted_registers", "of these bits it has 0x3602"),
]
