"""Exercise 1.5, trap_entry: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("1.5", "direction flag left set",
          find="    cld\n",
          put="",
          test="entry_follows_the_abi",
          says="DF clear",
          shows="trap_dispatch() was called with the direction flag set"),
    Wrong("1.5", "stack misaligned",
          find=("    mov     rdi, rsp\n"
                "    call    trap_dispatch\n"),
          put="""    mov     rdi, rsp
    sub     rsp, 8
    call    trap_dispatch
    add     rsp, 8
""",
          test="entry_follows_the_abi",
          says="aligned",
          shows="trap_dispatch() was called with a stack that is not 16-byte aligned"),
    Wrong("1.5", "frame taken from the stack",
          find="    mov     rsp, rdi\n",
          put="",
          test="registers_restored",
          says="iretq` in trap_return() faulted",
          shows="iretq to CS 0x54 and SS 0x51: CS is an empty entry of the GDT, not a code"),
    Wrong("1.5", "rcx not pushed",
          find="    push    rcx\n",
          put="",
          test="trap_frames",
          says="fewer registers",
          shows="what the kernel takes for RIP, 0x8, is the CS that the processor pushed"),
    Wrong("1.5", "rcx not popped",
          find="    pop     rcx\n",
          put="",
          test="breakpoint_returns",
          says="as many pops as pushes",
          shows="RSP was 8 bytes too low at iretq, so that CS was taken from where RIP"),
    Wrong("1.5", "rbx and rcx swapped",
          find=("    push    rbx\n"
                "    push    rcx\n"),
          put=("    push    rcx\n"
               "    push    rbx\n"),
          test="trap_frames",
          says="rcx is not in its place",
          shows="the frame's rcx is 0x52, expected 0x53"),
    Wrong("1.5", "error code not dropped",
          find="add     rsp, 16 ",
          put="add     rsp, 8 ",
          test="breakpoint_returns",
          says="int3 comes into the kernel and returns",
          source="https://github.com/apsun/loliOS/issues/1",
          shows="RSP was 8 bytes too low at iretq, so that CS was taken from where RIP"),
    Wrong("1.5", "nothing dropped",
          find="    add     rsp, 16                     /* vector and error code */\n",
          put="",
          test="breakpoint_returns",
          says="int3 comes into the kernel and returns",
          shows="RSP was 16 bytes too low at iretq, so that CS was taken from where the"),
    Wrong("1.5", "r15 not restored",
          find="    pop     r15\n",
          put="    add     rsp, 8\n",
          test="registers_restored",
          says="r15 is not",
          shows="after int3 r15 has another value: it was not loaded from the frame"),
    Wrong("1.5", "rax and rbx restored in the wrong order",
          find=("    pop     rbx\n"
                "    pop     rax\n"),
          put=("    pop     rax\n"
               "    pop     rbx\n"),
          test="registers_restored",
          says="rbx has another value",
          shows="after int3 rbx has another value: it was not loaded from the frame"),
    Wrong("1.5", "return with retfq",
          find="    iretq\n",
          put="    retfq\n",
          test="registers_restored",
          says="RSP intact",
          shows="after int3 rsp is not as it was before"),
    Wrong("1.5", "frame not handed over",
          find=("    mov     rdi, rsp\n"
                "    call    trap_dispatch\n"),
          put="    call    trap_dispatch\n",
          test="trap_frames",
          says="1.5",
          shows="trap_dispatch() was called with 0x56 for its frame: trap_entry must put"),
    Wrong("1.5", "the frame's address kept in static memory",
          find="""    call    trap_dispatch
    /* 4. */
    mov     rdi, rsp
""",
          put="""    mov     [rip + frame_in_use], rsp
    call    trap_dispatch
    mov     rdi, [rip + frame_in_use]
    .local  frame_in_use
    .comm   frame_in_use, 8
""",
          test="traps_within_traps",
          says="the return from a trap in whose handler another one came",
          shows="a trap came while another one was handled, and the return from the first"),
    Wrong("1.5", "interrupts on in the handler",
          find="    cld\n",
          put=("    cld\n"
               "    sti\n"),
          test="entry_follows_the_abi",
          says="IF",
          shows="vector 8 was no exception: the interrupt of line 0 (0 is the timer) leads"),
    Wrong("1.5", "stack moved the wrong way for the call",
          find=("    mov     rdi, rsp\n"
                "    call    trap_dispatch\n"),
          put="""    mov     rdi, rsp
    add     rsp, 8
    call    trap_dispatch
    sub     rsp, 8
""",
          test="entry_follows_the_abi",
          says="misaligned",
          source="https://github.com/roscopeco/anos/issues/132",
          shows="the frame's r15 is"),
    Wrong("1.5", "iret with two-byte values",
          find="    iretq\n",
          put="    iretw\n",
          test="breakpoint_returns",
          says="iretq",
          source="https://github.com/confidential-containers/td-shim/pull/253",
          shows="iret takes 2 bytes off the stack for each value; in 64-bit code each"),
    Wrong("1.5", "rcx saved, never restored",
          find="    pop     rcx\n",
          put="    add     rsp, 8\n",
          test="registers_restored",
          says="rcx has another value",
          source="https://github.com/nanvix/monolithic-kernel/issues/6",
          shows="after int3 rcx has another value: it was not loaded from the frame"),
    Wrong("1.5", "three control registers pushed, too",
          find=("    mov     rdi, rsp\n"
                "    call    trap_dispatch\n"),
          put="""    mov     rdi, rsp
    mov     rax, cr2
    push    rax
    mov     rax, cr3
    push    rax
    mov     rax, cr4
    push    rax
    call    trap_dispatch
    add     rsp, 24
""",
          test="entry_follows_the_abi",
          says="aligned",
          source="https://github.com/seL4/seL4/pull/1664",
          shows="trap_dispatch() was called with a stack that is not 16-byte aligned"),
    Wrong("1.5", "DF cleared in the frame, too",
          find="    cld\n",
          put=("    cld\n"
               "    and     dword ptr [rsp + 152], 0xfffffbff\n"),
          test="registers_restored",
          says="the direction flag after",
          shows="after int3 the direction flag is not as it was before"),
]
