"""Wrong solutions of exercise 4.1, one mistake a row."""
from ringstep.grading.rows import Wrong


def without(register: str) -> Wrong:
    """A register that wait_switch() does not save."""
    return Wrong("4.1", f"{register} is not saved",
                 find=f"    mov     [rdi + TRAP_{register.upper()}], {register}\n",
                 put="",
                 test="registers_survive_a_wait",
                 says=f"{register} as it was")


WRONG = [
    *(without(register) for register in ("rbx", "rbp", "r12", "r13", "r14", "r15")),
    Wrong("4.1", "RSP with the return address still on the stack",
          find="    pop     rax                         /* where to go on; RSP is as "
               "before the call */\n",
          put="    mov     rax, [rsp]\n",
          test="registers_survive_a_wait",
          says="PF"),
    Wrong("4.1", "goes on in ring 3's segment",
          find="SELECTOR_KERNEL_CODE\n",
          put="SELECTOR_USER_CODE\n",
          test="registers_survive_a_wait",
          says="iretq"),
    Wrong("4.1", "SS of ring 3",
          find="SELECTOR_KERNEL_DATA\n",
          put="SELECTOR_USER_DATA\n",
          test="registers_survive_a_wait",
          says="SS"),
    Wrong("4.1", "IF set in the kernel",
          find="#define RFLAGS_START 0x2 ",
          put="#define RFLAGS_START 0x202 ",
          test="kernel_state",
          says="IF, DF, TF and IOPL"),
    Wrong("4.1", "RFLAGS not written",
          find="    mov     qword ptr [rdi + TRAP_RFLAGS], RFLAGS_START\n",
          put="",
          test="kernel_state",
          says="IF, DF, TF and IOPL"),
    Wrong("4.1", "rbx and rbp exchanged",
          find="    mov     [rdi + TRAP_RBX], rbx\n    mov     [rdi + TRAP_RBP], rbp\n",
          put="    mov     [rdi + TRAP_RBX], rbp\n    mov     [rdi + TRAP_RBP], rbx\n",
          test="registers_survive_a_wait",
          says="rbx as it was"),
    Wrong("4.1", "returns at once",
          find="    jmp     schedule\n",
          put="    jmp     rax\n",
          test="others_run_meanwhile",
          says="to leave and to go on in turns"),
    Wrong("4.1", "goes on at its own start",
          find="    mov     [rdi + TRAP_RIP], rax\n",
          put="    lea     rax, [rip + wait_switch]\n    mov     [rdi + TRAP_RIP], rax\n",
          test="others_run_meanwhile",
          says="null pointer"),
]
