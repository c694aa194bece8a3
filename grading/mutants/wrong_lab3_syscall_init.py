"""Exercise 3.1, syscall_init: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("3.1", "gate of DPL 0",
          find="trap_stubs[SYSCALL_VECTOR], 3)",
          put="trap_stubs[SYSCALL_VECTOR], 0)",
          test="system_call_gate",
          says="DPL 0"),
    Wrong("3.1", "gate leads elsewhere",
          find="interrupt_gate(trap_stubs[SYSCALL_VECTOR], 3)",
          put="interrupt_gate(trap_stubs[SYSCALL_VECTOR + 1], 3)",
          test="system_call_gate",
          says="IDT entry"),
    Wrong("3.1", "every gate open to ring 3",
          find="    trap_register(SYSCALL_VECTOR, syscall_trap);\n",
          put=("    trap_register(SYSCALL_VECTOR, syscall_trap);\n"
               "    for (unsigned v = 0; v < 32; v++) { struct gate g = idt_get(v); g.type |= "
               "GATE_DPL(3); idt_set(v, g); }\n"),
          test="system_call_gate",
          says="of vector 0x0 to have DPL 0"),
    Wrong("3.1", "no handler",
          find="    trap_register(SYSCALL_VECTOR, syscall_trap);\n",
          put="",
          test="own_kernel_stack",
          says="PANIC"),
    Wrong("3.1", "RSP0 not set",
          find="    tss_set_rsp0(process->kernel_stack);\n",
          put="",
          test="own_kernel_stack",
          says="RSP0 is 0",
          source="https://github.com/PaybackOS/PaybackOS/pull/6"),
    Wrong("3.1", "RSP0 of the wrong process",
          find="tss_set_rsp0(process->kernel_stack);",
          put="tss_set_rsp0(process->next ? process->next->kernel_stack : process->kernel_stack);",
          test="own_kernel_stack",
          says="RSP0"),
    Wrong("3.1", "RSP0 at the bottom",
          find="tss_set_rsp0(process->kernel_stack);",
          put="tss_set_rsp0(process->kernel_stack - KERNEL_STACK_SIZE);",
          test="own_kernel_stack",
          says="RSP0"),
    Wrong("3.1", "CR3 not loaded",
          find="    write_cr3(process->page_table.raw);\n",
          put="",
          test="own_page_table",
          says="CR3"),
    Wrong("3.1", "CR3 of a process loaded once",
          find="    write_cr3(process->page_table.raw);\n",
          put=("    if (!process->started)\n"
               "        write_cr3(process->page_table.raw);\n"),
          test="each_to_its_own",
          says="CR3 is"),
    Wrong("3.1", "RSP0 of a process set once",
          find="    tss_set_rsp0(process->kernel_stack);\n",
          put=("    if (!process->started)\n"
               "        tss_set_rsp0(process->kernel_stack);\n"),
          test="each_to_its_own",
          says="RSP0 is"),
    Wrong("3.1", "one kernel stack for all",
          find="    tss_set_rsp0(process->kernel_stack);\n",
          put=("    static char stack[KERNEL_STACK_SIZE] __attribute__((aligned(16)));\n"
               "    tss_set_rsp0((uint64_t)stack + sizeof stack);\n"),
          test="own_kernel_stack",
          says="RSP0 is"),
    Wrong("3.1", "ports open to ring 3",
          find="    tss_set_rsp0(process->kernel_stack);\n",
          put="""    tss_set_rsp0(process->kernel_stack);
    struct table_register gdtr = sgdt();
    const uint64_t *tss = (const uint64_t *)(gdtr.base + 0x28);
    uint64_t base = (tss[0] >> 16 & 0xFFFFFF) | tss[0] >> 56 << 24 | tss[1] << 32;
    ((struct tss *)base)->io_map_base = 0;
""",
          test="no_ports",
          says="io_map_base"),
    Wrong("3.1", "another function for the handler",
          find="trap_register(SYSCALL_VECTOR, syscall_trap);",
          put="trap_register(SYSCALL_VECTOR, syscall_dispatch);",
          test="system_call_handler",
          says="it is syscall_dispatch()"),
    Wrong("3.1", "the first process of the table",
          find="    tss_set_rsp0(process->kernel_stack);\n",
          put=("    process = process_first();\n"
               "    tss_set_rsp0(process->kernel_stack);\n"),
          test="own_kernel_stack",
          says="expected"),
    Wrong("3.1", "a trap gate",
          find=("    idt_set(SYSCALL_VECTOR, interrupt_gate(trap_stubs[SYSCALL_VECTOR], "
                "3));\n"),
          put="""    struct gate gate = interrupt_gate(trap_stubs[SYSCALL_VECTOR], 3);
    gate.type |= 1;
    idt_set(SYSCALL_VECTOR, gate);
""",
          test="system_call_gate",
          says="trap gate"),
    Wrong("3.1", "the breakpoint open to ring 3, too",
          find="    trap_register(SYSCALL_VECTOR, syscall_trap);\n",
          put=("    trap_register(SYSCALL_VECTOR, syscall_trap);\n"
               "    idt_set(VECTOR_BP, interrupt_gate(trap_stubs[VECTOR_BP], 3));\n"),
          test="system_call_gate",
          says="of vector 0x3 to have DPL 0"),
]
