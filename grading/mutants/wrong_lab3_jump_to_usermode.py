"""Exercise 3.2, jump_to_usermode: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("3.2", "interrupts off",
          find="#define RFLAGS_START 0x202",
          put="#define RFLAGS_START 0x002",
          test="ring_3_execution",
          says="RFLAGS",
          shows="PID 1 runs with RFLAGS 0x2: IF is 0, so that no timer can interrupt it"),
    Wrong("3.2", "IOPL 3",
          find="#define RFLAGS_START 0x202",
          put="#define RFLAGS_START 0x3202",
          test="ring_3_execution",
          says="RFLAGS",
          source="https://github.com/rcore-os/rCore/issues/76",
          shows="PID 1 runs with RFLAGS 0x3202: its IOPL lets it use cli and the ports"),
    Wrong("3.2", "arithmetic flags set",
          find="#define RFLAGS_START 0x202",
          put="#define RFLAGS_START 0xAD7",
          test="ring_3_execution",
          says="it is 0xad7",
          shows="ring 3 is entered with RFLAGS 0xad7, expected 0x202: IF and nothing else"),
    Wrong("3.2", "arithmetic flags as they were",
          find="""    cli
    mov     eax, SELECTOR_USER_DATA
    mov     ds, eax
    mov     es, eax
    xor     ecx, ecx
    mov     fs, ecx
    mov     gs, ecx
    push    rax                         /* SS */
    push    rsi                         /* RSP */
    push    RFLAGS_START
""",
          put="""    mov     eax, SELECTOR_USER_DATA
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
          test="no_register_leaks",
          says="RFLAGS",
          shows="ring 3 is entered with RFLAGS 0xad7, expected 0x202: IF and nothing else"),
    Wrong("3.2", "CS with RPL 0",
          find="    push    SELECTOR_USER_CODE\n",
          put="    push    SELECTOR_USER_CODE & ~3\n",
          test="ring_3_execution",
          says="#GP",
          shows="iretq to CS 0x18 and SS 0x23: CS has RPL 0, and its descriptor has DPL 3"),
    Wrong("3.2", "SS with RPL 0",
          find="    push    rax                         /* SS */\n",
          put="    push    SELECTOR_USER_DATA & ~3\n",
          test="ring_3_execution",
          says="#GP",
          shows="iretq to CS 0x1b and SS 0x20: SS has RPL 0 and CS has RPL 3: both must be"),
    Wrong("3.2", "RSP and RIP swapped",
          find="    push    rsi                         /* RSP */\n",
          put=("    xchg    rsi, rdi\n"
               "    push    rsi\n"),
          test="ring_3_execution",
          says="which is its stack pointer",
          shows="which is its stack pointer; its entry point is"),
    Wrong("3.2", "stays in ring 0",
          find=("    push    SELECTOR_USER_CODE\n"
                "    push    rdi                         /* RIP */\n"),
          put=("    push    SELECTOR_KERNEL_CODE\n"
               "    push    rdi\n"),
          test="ring_3_execution",
          says="#GP",
          shows="iretq to CS 0x8 and SS 0x23: SS has RPL 3 and CS has RPL 0: both must be"),
    Wrong("3.2", "DS left as the kernel's",
          find="    mov     ds, eax\n",
          put="",
          test="ring_3_execution",
          says="DS",
          shows="ring 3 is entered with DS 0 and ES 0x23, expected 0x23"),
    Wrong("3.2", "kernel values left in registers",
          find="eax, ebx, edx,",
          put="eax, ebx,",
          test="no_register_leaks",
          says="rdx",
          shows="ring 3 is entered with rdx 0x5a, expected 0"),
    Wrong("3.2", "stack off by eight",
          find="    push    rsi                         /* RSP */\n",
          put=("    sub     rsi, 8\n"
               "    push    rsi\n"),
          test="first_stack",
          says="RSP",
          shows="ring 3 is entered at rip"),
    Wrong("3.2", "jump instead of iretq",
          find="    iretq\n",
          put="    pop     rdi; add rsp, 32; xor edi, edi; mov rdi, 0x400000; jmp rdi\n",
          test="ring_3_execution",
          says="CPL",
          shows="PID 1 runs in ring 0, in place of ring 3: only iretq leads to ring 3"),
    Wrong("3.2", "the five values in reverse",
          find="""    push    rax                         /* SS */
    push    rsi                         /* RSP */
    push    RFLAGS_START
    push    SELECTOR_USER_CODE
    push    rdi                         /* RIP */
""",
          put="""    push    rdi
    push    SELECTOR_USER_CODE
    push    RFLAGS_START
    push    rsi
    push    rax
""",
          test="ring_3_execution",
          says="in reverse",
          shows="the five values lie in reverse: the processor takes RIP first, then CS"),
    Wrong("3.2", "r9 not zeroed",
          find="r8d, r9d,",
          put="r8d,",
          test="no_register_leaks",
          says="r9",
          shows="ring 3 is entered with r9 0x5a, expected 0"),
    Wrong("3.2", "r15 not zeroed",
          find=", r15d",
          put="",
          test="no_register_leaks",
          says="r15",
          shows="ring 3 is entered with r15 0x5a, expected 0"),
    Wrong("3.2", "FS and GS left as they were",
          find=("    mov     fs, ecx\n"
                "    mov     gs, ecx\n"),
          put="",
          test="no_register_leaks",
          says="FS",
          shows="ring 3 is entered with FS 0x23 and GS 0x23, expected 0"),
    Wrong("3.2", "RFLAGS as the kernel has them",
          find="    push    RFLAGS_START\n",
          put="    pushfq\n",
          test="ring_3_execution",
          says="RFLAGS",
          shows="IF is 0, so that no timer can interrupt it"),
    Wrong("3.2", "the five values pushed on the user stack",
          find="    cli\n",
          put=("    cli\n"
               "    mov     rsp, rsi\n"),
          test="ring_3_execution",
          says="`push rax` in jump_to_usermode()",
          source="https://github.com/roscopeco/anos/issues/143",
          shows="#PF page fault at `push rax` in jump_to_usermode"),
    Wrong("3.2", "RBP as RSP",
          find="    iretq\n",
          put=("    mov     rbp, [rsp + 24]\n"
               "    iretq\n"),
          test="no_register_leaks",
          says="rbp",
          shows="ring 3 is entered with rbp"),
    Wrong("3.2", "iret with four-byte values",
          find="    iretq\n",
          put="    iretd\n",
          test="ring_3_execution",
          says="iretq",
          shows="iretd takes 4 bytes off the stack for each value; in 64-bit code each"),
]
