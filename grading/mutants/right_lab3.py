"""Right solutions that are not ours: each must get full marks.

Each row names an exercise and a way to solve it, and gives the body of the file
behind its task: the skeleton's text up to the last #include stays, the rest is this.
"""
from ringstep.grading.rows import Right

RIGHT = [
    Right("3.2", "the frame written with mov",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  jump_to_usermode
jump_to_usermode:
    cli
    sub     rsp, 40
    mov     [rsp], rdi
    mov     qword ptr [rsp + 8], SELECTOR_USER_CODE
    pushfq
    pop     rax
    and     eax, 0x2
    or      eax, 0x200
    mov     [rsp + 16], rax
    mov     [rsp + 24], rsi
    mov     qword ptr [rsp + 32], SELECTOR_USER_DATA
    xor     eax, eax
    mov     fs, eax
    mov     gs, eax
    mov     eax, SELECTOR_USER_DATA
    mov     es, eax
    mov     ds, eax
    mov     eax, 0
    mov     ebx, 0
    mov     ecx, 0
    mov     edx, 0
    mov     esi, 0
    mov     edi, 0
    mov     ebp, 0
    mov     r8d, 0
    mov     r9d, 0
    mov     r10d, 0
    mov     r11d, 0
    mov     r12d, 0
    mov     r13d, 0
    mov     r14d, 0
    mov     r15d, 0
    iretq
'''),
    Right("3.4", "copied in pieces, checked page by page with its own walk",
          body=r'''
int user_range_check(phys_t root, uint64_t address, uint64_t length)
{
    while (length > 0) {
        phys_t table = root;
        if (!is_canonical(address) || address >> 47)
            return -EFAULT;
        for (int level = 4; level > 0; level--) {
            pte_t entry = ((pte_t *)phys_to_virt(table))[page_table_index(address, level)];
            if (!(entry & PTE_P) || !(entry & PTE_U))
                return -EFAULT;
            table = pte_frame(entry);
        }
        uint64_t here = PAGE_SIZE - address % PAGE_SIZE;
        if (here >= length)
            return 0;
        address += here;
        length -= here;
    }
    return 0;
}

int64_t sys_write(int fd, uint64_t buffer, uint64_t length)
{
    if (fd < 1 || fd > 2)
        return -EBADF;
    if (length != 0 && (buffer + length < buffer || buffer + length > USER_HALF_END))
        return -EFAULT;
    uint64_t taken = length < WRITE_MAX ? length : WRITE_MAX;
    int error = user_range_check(current_process()->page_table, buffer, taken);
    if (error)
        return error;
    for (uint64_t i = 0; i < taken; i++) {
        char letter;
        if (copy_from_user(&letter, buffer + i, 1) < 0)
            return -EFAULT;
        console_write(&letter, 1);
    }
    return (int64_t)taken;
}
'''),
    Right("3.5", "registers saved first",
          body=r'''
void timer_tick(struct trap_frame *frame)
{
    struct process *process = current_process();
    process->registers = *frame;
    if (++process->slices < SLICES_MAX)
        schedule();
    printf("PID %d has used up its %d time slices\n", process->pid, process->slices);
    process_end(process);
}
'''),
    Right("3.6", "the name in the middle, more words",
          body=r'''
_Noreturn void process_fault(struct trap_frame *frame)
{
    struct process *dying = current_process();
    printf("%s in PID %d: ", trap_mnemonic((unsigned)frame->vector), dying->pid);
    printf("%s, error code %#lx, ", trap_name((unsigned)frame->vector), frame->error_code);
    printf("rip %#lx, CPL %d\n", frame->rip, (int)(frame->cs & 3));
    printf("(that was PID %d's last instruction)\n", dying->pid);
    process_end(dying);
}
'''),
    Right("3.1", "the gate first, CR3 first",
          body=r'''
void syscall_init(void)
{
    struct gate gate = idt_get(SYSCALL_VECTOR);
    gate.type |= GATE_DPL(3);
    idt_set(SYSCALL_VECTOR, gate);
    trap_register(SYSCALL_VECTOR, &syscall_trap);
}

void process_activate(const struct process *process)
{
    if (read_cr3() != process->page_table.raw)
        write_cr3(process->page_table.raw);
    tss_set_rsp0(process->kernel_stack);
}
'''),
    Right("3.3", "a table of functions",
          body=r'''
static int64_t do_write(struct trap_frame *frame)
{
    return sys_write((int)frame->rdi, frame->rsi, frame->rdx);
}

static int64_t do_getpid(struct trap_frame *frame)
{
    (void)frame;
    return sys_getpid();
}

static int64_t do_exit(struct trap_frame *frame)
{
    sys_exit((int)frame->rdi);
    return 0;
}

static int64_t (*const table[])(struct trap_frame *) = {
    [SYS_WRITE] = do_write, [SYS_GETPID] = do_getpid, [SYS_EXIT] = do_exit,
};

void syscall_dispatch(struct trap_frame *frame)
{
    uint64_t number = frame->rax;
    frame->rax = (uint64_t)-ENOSYS;
    if (number < sizeof table / sizeof *table && table[number])
        frame->rax = (uint64_t)table[number](frame);
}

int64_t sys_getpid(void)
{
    return current_process()->pid;
}

void sys_exit(int status)
{
    printf("PID %d exits with status %d\n", current_process()->pid, status);
    process_end(current_process());
}
'''),
    Right("3.5", "counts down to the limit, one way out",
          body=r'''
void timer_tick(struct trap_frame *frame)
{
    struct process *process = current_process();
    process->registers = *frame;
    if (++process->slices == SLICES_MAX) {
        printf("PID %d has used up its %d time slices\n", process->pid, SLICES_MAX);
        process->state = PROCESS_DEAD;
    }
    schedule();
}
'''),
]
