"""Exercise 1.2, gdt_load: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("1.2", "lgdt forgotten",
          find="    lgdt    [rdi]\n",
          put="",
          test="gdt_in_use",
          says="never came to gdt_check()",
          shows="`mov ss, eax`: selector 0x10 is an empty entry of the GDT, since the"),
    Wrong("1.2", "CS not reloaded",
          find="""    pop     rax                         /* our return address */
    push    SELECTOR_KERNEL_CODE
    push    rax
    retfq
""",
          put="    ret\n",
          test="segments_reloaded",
          says="expected CS 0x0008 machine it is 0x0048",
          shows="CS is 0x48, expected 0x8: only a far transfer loads CS"),
    Wrong("1.2", "SS not reloaded",
          find="    mov     ss, eax\n",
          put="",
          test="segments_reloaded",
          says="expected SS 0x0010 machine it is 0x0050",
          shows="SS is 0x50, expected 0x10"),
    Wrong("1.2", "DS not reloaded",
          find="    mov     ds, eax\n",
          put="",
          test="segments_reloaded",
          says="DS 0x0010",
          shows="DS is 0x50, expected 0x10"),
    Wrong("1.2", "SS loaded with the code segment",
          find="mov     ss, eax",
          put="mov     ecx, SELECTOR_KERNEL_CODE; mov     ss, ecx",
          test="segments_reloaded",
          says="triple fault",
          shows='SS cannot hold selector 0x8, which is "present, DPL 0, 64-bit code": SS'),
    Wrong("1.2", "the caller's registers used",
          find="    lgdt    [rdi]\n",
          put=("    lgdt    [rdi]\n"
               "    mov     r12d, 0x10; mov r13, r12; mov r14, r12; mov r15, r12\n"),
          test="gdt_load_keeps_registers",
          says="r12 after gdt_load",
          shows="gdt_load has changed r12, which is its caller's"),
    Wrong("1.2", "returns with DF set",
          find="    lgdt    [rdi]\n",
          put=("    lgdt    [rdi]\n"
               "    std\n"),
          test="gdt_load_keeps_registers",
          says="DF after gdt_load",
          shows="gdt_load has changed RFLAGS.DF, which is its caller's"),
    Wrong("1.2", "interrupts on afterwards",
          find="    lgdt    [rdi]\n",
          put=("    lgdt    [rdi]\n"
               "    sti\n"),
          test="segments_reloaded",
          says="has set IF",
          shows="vector 8 was no exception: the interrupt of line 0 (0 is the timer) leads"),
    Wrong("1.2", "rbx for the return address",
          find="""    pop     rax                         /* our return address */
    push    SELECTOR_KERNEL_CODE
    push    rax
""",
          put="""    pop     rbx
    push    SELECTOR_KERNEL_CODE
    push    rbx
""",
          test="gdt_load_keeps_registers",
          says="rbx after gdt_load",
          shows="gdt_load has changed rbx, which is its caller's"),
    Wrong("1.2", "ES not reloaded",
          find="    mov     es, eax\n",
          put="",
          test="segments_reloaded",
          says="ES 0x0010",
          source="https://github.com/AlgorithMan-de/wyoos/issues/44",
          shows="ES is 0x50, expected 0x10"),
    Wrong("1.2", "the stack left one word lower",
          find="""    push    SELECTOR_KERNEL_CODE
    push    rax
    retfq
""",
          put="""    push    rax
    push    SELECTOR_KERNEL_CODE
    push    rax
    retfq
""",
          test="gdt_load_keeps_registers",
          says="RSP after gdt_load",
          shows="gdt_load has changed rsp, which is its caller's"),
    Wrong("1.2", "SS null, since long mode looks at no data segment",
          find="    mov     ss, eax\n",
          put=("    xor     ecx, ecx\n"
               "    mov     ss, ecx\n"),
          test="segments_reloaded",
          says="SS 0x0010",
          source="https://github.com/phil-opp/blog_os/issues/273",
          shows="SS is 0, expected 0x10"),
    Wrong("1.2", "always the table of the first call",
          find="    lgdt    [rdi]\n",
          put="""    mov     rax, [rip + first_base]
    test    rax, rax
    jnz     1f
    mov     rax, [rdi + 2]
    mov     [rip + first_base], rax
1:  mov     [rdi + 2], rax
    lgdt    [rdi]
    .local  first_base
    .comm   first_base, 8
""",
          test="gdt_load_keeps_registers",
          says="GDTR holds",
          shows="gdt_load has loaded the one at"),
    Wrong("1.2", "CS pushed as four bytes",
          find="    retfq\n",
          put="    retf\n",
          test="segments_reloaded",
          says="retfq",
          shows="retf takes 4 bytes off the stack for each value; in 64-bit code each"),
]
