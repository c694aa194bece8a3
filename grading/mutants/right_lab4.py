"""Right solutions of lab 4 that are not ours, as in right_lab3.py."""
from ringstep.grading.rows import Right

RIGHT = [
    Right("4.1", "all on the stack, as a thread library does it",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  wait_switch
wait_switch:
    push    rbp
    push    rbx
    push    r12
    push    r13
    push    r14
    push    r15
    lea     rax, [rip + comes_back]
    mov     [rdi + TRAP_RIP], rax
    mov     [rdi + TRAP_RSP], rsp
    xor     eax, eax
    mov     ax, cs
    mov     [rdi + TRAP_CS], rax
    mov     qword ptr [rdi + TRAP_SS], 0
    mov     qword ptr [rdi + TRAP_RFLAGS], 2
    mov     ax, SELECTOR_KERNEL_DATA
    mov     [rdi + TRAP_SS], rax
    call    schedule
comes_back:
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     rbx
    pop     rbp
    ret
'''),
    Right("4.1", "by an interrupt's frame of its own, popped into the record",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  wait_switch
wait_switch:
    mov     rax, rsp
    push    SELECTOR_KERNEL_DATA        /* as int would */
    add     rax, 8
    push    rax
    pushfq
    and     qword ptr [rsp], 0x2
    push    SELECTOR_KERNEL_CODE
    push    [rax - 8]
    pop     [rdi + TRAP_RIP]
    pop     [rdi + TRAP_CS]
    pop     [rdi + TRAP_RFLAGS]
    pop     [rdi + TRAP_RSP]
    pop     [rdi + TRAP_SS]
    mov     [rdi + TRAP_R15], r15
    mov     [rdi + TRAP_R14], r14
    mov     [rdi + TRAP_R13], r13
    mov     [rdi + TRAP_R12], r12
    mov     [rdi + TRAP_RBX], rbx
    mov     [rdi + TRAP_RBP], rbp
    lea     rax, [rip + schedule]
    jmp     rax
'''),
    Right("4.2", "queues without the given functions, and no loop around hlt",
          body=r'''
void sleep_on(struct queue *queue)
{
    struct task *task = current_task();
    task->next_in_queue = NULL;
    if (queue->first == NULL)
        queue->first = task;
    else
        queue->last->next_in_queue = task;
    queue->last = task;
    task->waits_in = queue;
    task->process.state = PROCESS_WAITING;
    wait_switch(&task->process.registers);
}

void wake_up(struct queue *queue)
{
    struct task *task = queue->first;
    queue->first = NULL;
    while (task) {
        struct task *next = task->next_in_queue;
        task_ready(task);
        task = next;
    }
}

struct process *next_ready(void)
{
    if (!process_first())
        return NULL;
    if (!ready.first) {
        asm volatile("sti\n hlt\n cli" : : : "memory");
        return next_ready();
    }
    struct task *task = ready.first;
    ready.first = task->next_in_queue;
    return (struct process *)task;
}
'''),
    Right("4.3", "page after page by the walk, and mapped before it is filled",
          body=r'''
static uint64_t next_table(uint64_t address, int level)
{
    uint64_t size = 1UL << (12 + 9 * (level - 1));
    return (address & ~(size - 1)) + size;
}

int user_half_copy(phys_t from, phys_t to, page_function_t *function)
{
    uint64_t address = 0;
    while (address < USER_HALF_END) {
        phys_t table = from;
        pte_t *entry = NULL;
        int level = 4;
        for (; level >= 1; level--) {
            entry = (pte_t *)phys_to_virt(table) + page_table_index(address, level);
            if (!(*entry & PTE_P) || level == 1)
                break;
            table = pte_frame(*entry);
        }
        if (*entry & PTE_P) {
            int error = function(to, address, entry);
            if (error)
                return error;
        }
        address = next_table(address, level);
    }
    return 0;
}

int page_copy(phys_t to, uint64_t address, pte_t *entry)
{
    phys_t frame = frame_alloc();
    if (frame.raw == FRAME_NONE.raw)
        return -ENOMEM;
    int error = page_map(to, address, frame, *entry & (PTE_NX | PTE_W | PTE_U));
    if (error != 0) {
        frame_free(frame);
        return error;
    }
    const uint64_t *source = phys_to_virt(pte_frame(*entry));
    uint64_t *words = phys_to_virt(frame);
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        words[i] = source[i];
    return 0;
}
'''),
]
