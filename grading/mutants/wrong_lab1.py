"""Wrong solutions of lab 1: the usual mistakes, one at a time.

Each row changes one place of one solution: the exercise, a name, the text to
find (exactly once), what to put there, the test that must catch it, and words
that the diagnosis must contain.
"""

WRONG = [
    # ---- 1.1 segment_descriptor ----
    ("1.1", "user segments of DPL 0", "SEGMENT_DPL(dpl)", "SEGMENT_DPL(0)",
     "segment_descriptors", "DPL 0"),
    ("1.1", "no S bit", "SEGMENT_P | SEGMENT_S |", "SEGMENT_P |",
     "segment_descriptors", "S is 0"),
    ("1.1", "not present", "SEGMENT_P | SEGMENT_S", "SEGMENT_S",
     "segment_descriptors", "not present"),
    ("1.1", "L and D both set", "SEGMENT_R | SEGMENT_L", "SEGMENT_R | SEGMENT_L | SEGMENT_DB",
     "segment_descriptors", "L and D both set"),
    ("1.1", "32-bit code", "SEGMENT_R | SEGMENT_L", "SEGMENT_R | SEGMENT_DB",
     "segment_descriptors", "32-bit code"),
    ("1.1", "conforming code", "SEGMENT_CODE | SEGMENT_R", "SEGMENT_CODE | SEGMENT_C | SEGMENT_R",
     "segment_descriptors", "conforming"),
    ("1.1", "read-only data", "descriptor |= SEGMENT_W;", ";",
     "segment_descriptors", "read-only data"),
    ("1.1", "data instead of code", "if (type == CODE_SEGMENT)", "if (type != CODE_SEGMENT)",
     "segment_descriptors", "data"),
    ("1.1", "a list in the order of the calls", "    uint64_t descriptor =",
     """    static const uint64_t list[] = { 0x00209A0000000000, 0x0000920000000000, 0x0020FA0000000000, 0x0000F20000000000 };
    static unsigned calls;
    return list[calls++ % 4];
    uint64_t descriptor =""",
     "segments_by_arguments", "called again"),

    # ---- 1.2 gdt_load ----
    ("1.2", "lgdt forgotten", "    lgdt    [rdi]\n", "",
     "gdt_in_use", "never came to gdt_check()"),
    ("1.2", "CS not reloaded", """    pop     rax                         /* our return address */
    push    SELECTOR_KERNEL_CODE
    push    rax
    retfq
""", "    ret\n", "segments_reloaded", "expected CS 0x0008 machine it is 0x0048"),
    ("1.2", "SS not reloaded", "    mov     ss, eax\n", "",
     "segments_reloaded", "expected SS 0x0010 machine it is 0x0050"),
    ("1.2", "DS not reloaded", "    mov     ds, eax\n", "",
     "segments_reloaded", "DS 0x0010"),
    ("1.2", "SS loaded with the code segment", "mov     ss, eax", "mov     ecx, SELECTOR_KERNEL_CODE; mov     ss, ecx",
     "segments_reloaded", "triple fault"),
    ("1.2", "the caller's registers used", "    lgdt    [rdi]\n", "    lgdt    [rdi]\n    mov     r12d, 0x10; mov r13, r12; mov r14, r12; mov r15, r12\n",
     "gdt_load_keeps_registers", "r12 after gdt_load"),
    ("1.2", "returns with DF set", "    lgdt    [rdi]\n", "    lgdt    [rdi]\n    std\n",
     "gdt_load_keeps_registers", "DF after gdt_load"),

    # ---- 1.3 tss_descriptor, tss_load ----
    ("1.3", "limit one too large", "sizeof *tss - 1)", "sizeof *tss)",
     "tss_descriptor", "limit 0x68"),
    ("1.3", "limit cut short", "(limit & 0xFFFF)", "(limit & 0x1F)",
     "tss_descriptor", "limit 0x7"),
    ("1.3", "base cut to 32 bits", ".high = base >> 32,", ".high = 0,",
     "tss_descriptor", "base 0x10"),
    ("1.3", "base bits 31-24 missing", "            | (base >> 24 & 0xFF) << 56,            /* base 31–24 */\n", ",\n",
     "tss_descriptor", "base 0xffff8000"),
    ("1.3", "ltr forgotten", "    ltr(SELECTOR_TSS);\n", "",
     "task_register", "ltr"),
    ("1.3", "not present", "SYSTEM_TSS_AVAILABLE | SEGMENT_P", "SYSTEM_TSS_AVAILABLE",
     "tss_descriptor", "not present"),
    ("1.3", "a code segment's S bit", "SYSTEM_TSS_AVAILABLE | SEGMENT_P", "SYSTEM_TSS_AVAILABLE | SEGMENT_S | SEGMENT_P",
     "tss_descriptor", "S is 1"),
    ("1.3", "upper half not written", "    gdt_set(SELECTOR_TSS + 8, descriptor.high);\n", "",
     "tss_descriptor", "base 0x10"),
    ("1.3", "base bits 23-20 missing", "(base & 0xFFFFFF) << 16 ", "(base & 0x1FFFFF) << 16 ",
     "tss_descriptor_fields", "base 0xfedcba9876143210"),
    ("1.3", "limit bits 19-16 missing", "            | (uint64_t)(limit >> 16 & 0xF) << 48   /* limit 19–16 */\n", "",
     "tss_descriptor_fields", "limit 0xbcde"),
    ("1.3", "granularity in pages", "SYSTEM_TSS_AVAILABLE | SEGMENT_P", "SYSTEM_TSS_AVAILABLE | SEGMENT_G | SEGMENT_P",
     "tss_descriptor_fields", "granularity in bytes"),

    # ---- 1.4 interrupt_gate ----
    ("1.4", "DPL always 0", "GATE_DPL(dpl)", "GATE_DPL(0)",
     "gate_fields", "DPL 0"),
    ("1.4", "DPL always 3", "GATE_DPL(dpl)", "GATE_DPL(3)",
     "all_gates", "DPL 3"),
    ("1.4", "trap gate", "GATE_INTERRUPT,", "GATE_TRAP,",
     "all_gates", "trap gate"),
    ("1.4", "not present", "GATE_P | GATE_DPL", "GATE_DPL",
     "all_gates", "not present"),
    ("1.4", "user code selector", ".selector = SELECTOR_KERNEL_CODE", ".selector = SELECTOR_USER_CODE",
     "all_gates", "0x001b"),
    ("1.4", "middle of the offset missing", "        .offset_middle = (uint16_t)(handler >> 16),\n", "",
     "gate_fields", "0xffff80000000"),
    ("1.4", "offset cut to 32 bits", "        .offset_high = (uint32_t)(handler >> 32),\n", "",
     "gate_fields", "0x0000000010"),
    ("1.4", "IST 1 for everybody", "        .selector =", "        .ist = 1, .selector =",
     "all_gates", "IST 1"),

    # ---- 1.5 trap_entry ----
    ("1.5", "direction flag left set", "    cld\n", "",
     "entry_follows_the_abi", "DF clear"),
    ("1.5", "stack misaligned", "    mov     rdi, rsp\n    call    trap_dispatch\n",
     "    mov     rdi, rsp\n    sub     rsp, 8\n    call    trap_dispatch\n    add     rsp, 8\n",
     "entry_follows_the_abi", "aligned"),
    ("1.5", "frame taken from the stack", "    mov     rsp, rdi\n", "",
     "registers_restored", "iretq` in trap_return() faulted"),
    ("1.5", "rcx not pushed", "    push    rcx\n", "",
     "trap_frames", "fewer registers"),
    ("1.5", "rcx not popped", "    pop     rcx\n", "",
     "breakpoint_returns", "as many pops as pushes"),
    ("1.5", "rbx and rcx swapped", "    push    rbx\n    push    rcx\n", "    push    rcx\n    push    rbx\n",
     "trap_frames", "rcx is not in its place"),
    ("1.5", "error code not dropped", "add     rsp, 16 ", "add     rsp, 8 ",
     "breakpoint_returns", "int3 comes into the kernel and returns"),
    ("1.5", "nothing dropped", "    add     rsp, 16                     /* vector and error code */\n", "",
     "breakpoint_returns", "int3 comes into the kernel and returns"),
    ("1.5", "r15 not restored", "    pop     r15\n", "    add     rsp, 8\n",
     "registers_restored", "r15 is not"),
    ("1.5", "rax and rbx restored in the wrong order", "    pop     rbx\n    pop     rax\n", "    pop     rax\n    pop     rbx\n",
     "registers_restored", "rbx has another value"),
    ("1.5", "return with retfq", "    iretq\n", "    retfq\n",
     "registers_restored", "RSP intact"),
    ("1.5", "frame not handed over", "    mov     rdi, rsp\n    call    trap_dispatch\n", "    call    trap_dispatch\n",
     "trap_frames", "1.5"),

    # ---- 1.6 trap_use_stack ----
    ("1.6", "gate without the IST", "    gate.ist = (uint8_t)ist;\n", "",
     "ist_stacks", "IST 0"),
    ("1.6", "TSS without the stack", "    tss_set_ist(ist, stack_top);\n", "",
     "ist_stacks", "in the TSS is 0"),
    ("1.6", "IST off by one", "gate.ist = (uint8_t)ist;", "gate.ist = (uint8_t)(ist - 1);",
     "ist_stacks", "IST"),
    ("1.6", "bottom instead of top", "tss_set_ist(ist, stack_top);", "tss_set_ist(ist, stack_top - 8192);",
     "ist_stacks", "in the TSS"),
    ("1.6", "always IST 1", "gate.ist = (uint8_t)ist;", "gate.ist = 1;",
     "ist_stacks", "IST 1"),
    ("1.6", "interrupts switched on", "    idt_set(vector, gate);\n", "    idt_set(vector, gate);\n    asm volatile (\"sti\");\n",
     "overflow_is_survived", "no exception: the interrupt of line 0"),
    ("1.6", "a trap gate that ring 3 may use", "gate.ist = (uint8_t)ist;", "gate.ist = (uint8_t)ist; gate.type |= 0x61;",
     "ist_stacks", "trap gate"),
    ("1.6", "the gate made anew", "struct gate gate = idt_get(vector);", "struct gate gate = interrupt_gate(trap_stubs[vector], 0);",
     "chosen_stacks", "DPL 3, IST 5"),
]
