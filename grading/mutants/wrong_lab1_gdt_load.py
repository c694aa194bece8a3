"""Exercise 1.2, gdt_load: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("1.2", "lgdt forgotten",
          find="    lgdt    [rdi]\n",
          put="",
          test="gdt_in_use",
          says="never came to gdt_check()"),
    Wrong("1.2", "CS not reloaded",
          find="""    pop     rax                         /* our return address */
    push    SELECTOR_KERNEL_CODE
    push    rax
    retfq
""",
          put="    ret\n",
          test="segments_reloaded",
          says="expected CS 0x0008 machine it is 0x0048"),
    Wrong("1.2", "SS not reloaded",
          find="    mov     ss, eax\n",
          put="",
          test="segments_reloaded",
          says="expected SS 0x0010 machine it is 0x0050"),
    Wrong("1.2", "DS not reloaded",
          find="    mov     ds, eax\n",
          put="",
          test="segments_reloaded",
          says="DS 0x0010"),
    Wrong("1.2", "SS loaded with the code segment",
          find="mov     ss, eax",
          put="mov     ecx, SELECTOR_KERNEL_CODE; mov     ss, ecx",
          test="segments_reloaded",
          says="triple fault"),
    Wrong("1.2", "the caller's registers used",
          find="    lgdt    [rdi]\n",
          put=("    lgdt    [rdi]\n"
               "    mov     r12d, 0x10; mov r13, r12; mov r14, r12; mov r15, r12\n"),
          test="gdt_load_keeps_registers",
          says="r12 after gdt_load"),
    Wrong("1.2", "returns with DF set",
          find="    lgdt    [rdi]\n",
          put=("    lgdt    [rdi]\n"
               "    std\n"),
          test="gdt_load_keeps_registers",
          says="DF after gdt_load"),
]
