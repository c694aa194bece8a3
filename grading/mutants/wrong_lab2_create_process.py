"""Exercise 2.6, create_process: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("2.6", "page table leaked when the kernel stack fails",
          find=("    destroy_user_page_table(process->page_table);\n"
                "no_page_table:"),
          put="no_page_table:",
          test="failures_are_undone",
          says="free frames after the failure",
          shows="frames are free, before there were"),
    Wrong("2.6", "kernel stack leaked when the user stack fails",
          find=("    free_kernel_stack(process->kernel_stack);\n"
                "no_kernel_stack:"),
          put="no_kernel_stack:",
          test="failures_are_undone",
          says="free frames after the failure",
          shows="create_process() has failed for want of memory: 2 frames are free after it"),
    Wrong("2.6", "record leaked on every failure",
          find=("no_page_table:\n"
                "    process_discard(process);\n"),
          put="no_page_table:\n",
          test="failures_are_undone",
          says="free frames after the failure",
          shows="frames are free, before there were"),
    Wrong("2.6", "kernel stack leaked by destroy",
          find=("    process_remove(process);\n"
                "    free_kernel_stack(process->kernel_stack);\n"),
          put="    process_remove(process);\n",
          test="cycles_lose_nothing",
          says="frames lost by one process",
          shows="12 frames are missing after three processes: as many for each as its"),
    Wrong("2.6", "record leaked by destroy",
          find=("    process_discard(process);\n"
                "    return 0;\n"),
          put="    return 0;\n",
          test="cycles_lose_nothing",
          says="frames lost by one process",
          shows="3 frames are missing after three processes: one for each, as its record"),
    Wrong("2.6", "page table leaked by destroy",
          find="""    destroy_user_page_table(process->page_table);
    process_discard(process);
    return 0;""",
          put=("    process_discard(process);\n"
               "    return 0;"),
          test="cycles_lose_nothing",
          says="every cycle to succeed",
          source="https://github.com/dthain/basekernel/issues/57",
          shows="60 frames are missing after three processes: more for each than a kernel"),
    Wrong("2.6", "interrupts off",
          find="RFLAGS_RESERVED | RFLAGS_IF;",
          put="RFLAGS_RESERVED;",
          test="register_state",
          says="RFLAGS",
          source="https://github.com/Starry-OS/Starry/issues/18",
          shows="PID 1 would start with RFLAGS 0x2, expected 0x202: IF set, IOPL 0"),
    Wrong("2.6", "IOPL 3",
          find="RFLAGS_RESERVED | RFLAGS_IF;",
          put="RFLAGS_RESERVED | RFLAGS_IF | 0x3000;",
          test="register_state",
          says="RFLAGS",
          shows="PID 1 would start with RFLAGS 0x3202, expected 0x202: IF set, IOPL 0"),
    Wrong("2.6", "kernel code selector",
          find="registers.cs = SELECTOR_USER_CODE;",
          put="registers.cs = SELECTOR_KERNEL_CODE;",
          test="register_state",
          says="CS",
          shows="PID 1 would start with CS 0x8 and SS 0x23, expected 0x1b and 0x23"),
    Wrong("2.6", "RPL 0",
          find="registers.ss = SELECTOR_USER_DATA;",
          put="registers.ss = SELECTOR_USER_DATA & ~3;",
          test="register_state",
          says="SS",
          shows="PID 1 would start with CS 0x1b and SS 0x20, expected 0x1b and 0x23"),
    Wrong("2.6", "no room for the argument block",
          find="process->user_stack - ARGUMENT_BLOCK_SIZE;",
          put="process->user_stack;",
          test="register_state",
          says="RSP",
          shows="PID 1 would start at rip"),
    Wrong("2.6", "entry point not checked",
          find=("    if (entry_point >= USER_PROGRAM_END)\n"
                "        return -EINVAL;\n"),
          put="",
          test="bad_requests_are_refused",
          says="EINVAL",
          shows="gives 4, expected -EINVAL"),
    Wrong("2.6", "two bad entry points known",
          find="if (entry_point >= USER_PROGRAM_END)",
          put="if (entry_point == KERNEL_BASE || entry_point == USER_PROGRAM_END)",
          test="bad_requests_are_refused",
          says="create_process(0x700000000001) to give -EINVAL",
          shows="gives 4, expected -EINVAL"),
    Wrong("2.6", "one unknown PID known",
          find=("    if (!process)\n"
                "        return -ESRCH;\n"),
          put=("    if (pid == 999999)\n"
               "        return -ESRCH;\n"),
          test="bad_requests_are_refused",
          says="process_remove() used a null pointer",
          shows="process_remove() used a null pointer (address 0xe0"),
    Wrong("2.6", "not in the process table",
          find="    process_enter(process);\n",
          put="",
          test="register_state",
          says="process table",
          shows="PID 1 is not in the process table"),
    Wrong("2.6", "the user stack not noted in the record",
          find="""    error = allocate_user_stack(process->page_table, &process->user_stack);
    if (error)
        goto no_user_stack;
    process->registers.rip = entry_point;
    process->registers.rsp = process->user_stack -""",
          put="""    uint64_t top;
    error = allocate_user_stack(process->page_table, &top);
    if (error)
        goto no_user_stack;
    process->registers.rip = entry_point;
    process->registers.rsp = top -""",
          test="register_state",
          says="user stack in the record",
          shows="the record of PID 1 says that its user stack ends at 0, expected"),
    Wrong("2.6", "RBP as RSP",
          find="    process->registers.cs = SELECTOR_USER_CODE;\n",
          put=("    process->registers.cs = SELECTOR_USER_CODE;\n"
               "    process->registers.rbp = process->registers.rsp;\n"),
          test="register_state",
          says="general registers",
          shows="in a general register, expected 0 in each"),
    Wrong("2.6", "the record given back before it is read",
          find="""    process_remove(process);
    free_kernel_stack(process->kernel_stack);
    destroy_user_page_table(process->page_table);
    process_discard(process);
    return 0;
""",
          put="""    process_remove(process);
    process_discard(process);
    free_kernel_stack(process->kernel_stack);
    destroy_user_page_table(process->page_table);
    return 0;
""",
          test="cycles_lose_nothing",
          says="holds after process_discard()",
          source="https://github.com/nanvix/kernel/issues/393",
          shows="free_table() was called with what a process's record holds after"),
    Wrong("2.6", "destroys the first process of the table",
          find=("    process_remove(process);\n"
                "    free"),
          put="""    process = process_first();
    process_remove(process);
    free""",
          test="others_survive",
          says="a destroyed process not to be found",
          shows="after destroy_process(2) PID 2 is still in the process table"),
    Wrong("2.6", "the stack's failure ignored",
          find=("    if (error)\n"
                "        goto no_user_stack;\n"),
          put="",
          test="failures_are_undone",
          says="-ENOMEM",
          shows="create_process() with 6 frames left gives no error, expected -ENOMEM"),
    Wrong("2.6", "page table kept when the kernel stack cannot be had",
          find=("    if (error)\n"
                "        goto no_kernel_stack;\n"),
          put=("    if (error)\n"
               "        goto no_page_table;\n"),
          test="failures_are_undone",
          says="free",
          source="https://github.com/codenet/col331/pull/323",
          shows="frames are free, before there were"),
    Wrong("2.6", "entry points that are not canonical refused only",
          find="if (entry_point >= USER_PROGRAM_END)",
          put="if (!is_canonical(entry_point))",
          test="bad_requests_are_refused",
          says="EINVAL",
          source="https://github.com/nuta/resea/issues/15",
          shows="gives 4, expected -EINVAL"),
    Wrong("2.6", "ready at once",
          find="    process_enter(process);\n",
          put=("    process->state = PROCESS_READY;\n"
               "    process_enter(process);\n"),
          test="register_state",
          says="state NEW",
          shows="PID 1 is in the state 1, expected 0 (NEW"),
    Wrong("2.6", "the error of the page table ignored",
          find=("    if (error)\n"
                "        goto no_page_table;\n"),
          put="",
          test="failures_are_undone",
          says="has it looked at the error of what it called before?",
          shows="has it looked at the error of what it called before?"),
    Wrong("2.6", "the error of the kernel stack ignored",
          find=("    if (error)\n"
                "        goto no_kernel_stack;\n"),
          put="",
          test="basic_process_creation",
          says="-EAGAIN",
          shows="create_process() gives 4, expected -EAGAIN: no kernel stack is to be had"),
    Wrong("2.6", "the state of the first process filled in",
          find="    process->registers.rip = entry_point;\n",
          put=("    (process_first() ? process_first() : process)->registers.rip = "
               "entry_point;\n"),
          test="register_state",
          says="RIP",
          shows="PID 1 would start at rip"),
    Wrong("2.6", "RFLAGS never written",
          find="    process->registers.rflags = RFLAGS_RESERVED | RFLAGS_IF;\n",
          put="",
          test="register_state",
          says="RFLAGS",
          shows="PID 1 would start with RFLAGS 0, expected 0x202: IF set, IOPL 0"),
    Wrong("2.6", "removed after its record is gone",
          find=("    process_remove(process);\n"
                "    free_kernel_stack"),
          put="    free_kernel_stack",
          test="others_survive",
          says="the process table leads to",
          shows="where no record is: one that was freed is still in it (process_remove()"),
]
