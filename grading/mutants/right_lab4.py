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
    Right("4.4", "the stack first, the family before the table",
          body=r'''
static int64_t give_up(struct process *child, int error)
{
    if (child->page_table.raw) {
        shared_pages_drop(child->page_table);
        destroy_user_page_table(child->page_table);
    }
    if (child->kernel_stack)
        free_kernel_stack(child->kernel_stack);
    process_discard(child);
    return error;
}

int64_t sys_fork(const struct trap_frame *frame)
{
    struct task *parent = current_task();
    struct process *child = process_new();
    if (!child)
        return -ENOMEM;
    int error = allocate_kernel_stack(&child->kernel_stack);
    if (error) {
        child->kernel_stack = 0;
        return give_up(child, error);
    }
    error = create_user_page_table(&child->page_table);
    if (error) {
        child->page_table.raw = 0;
        return give_up(child, error);
    }
    error = user_half_copy(parent->process.page_table, child->page_table, fork_page);
    if (error)
        return give_up(child, error);
    process_segments_save(child);
    child->registers = *frame;
    child->registers.rax = 0;
    child->user_stack = parent->process.user_stack;
    child->started = true;
    child_add(parent, task_of(child));
    task_ready(task_of(child));
    process_enter(child);
    return child->pid;
}
'''),
    Right("4.5", "one search for who has ended, and the list of children by hand",
          body=r'''
void process_ended(struct process *process)
{
    struct task *task = task_of(process), *child = task->first_child, *next;
    task->first_child = NULL;
    for (; child; child = next) {
        next = child->next_sibling;
        child->parent = NULL;
        child->next_sibling = NULL;
        if (child->process.state == PROCESS_ZOMBIE)
            task_destroy(child);
    }
    process->state = PROCESS_ZOMBIE;
    if (task->parent)
        wake_up(&task->parent->child_ended);
    else
        task_destroy(task);
}

int64_t sys_wait4(int pid, uint64_t status, int options, uint64_t usage)
{
    if (usage != 0 || (options != 0 && options != WNOHANG) || (pid < 1 && pid != -1))
        return -EINVAL;
    for (;;) {
        struct task *self = current_task(), *ended = NULL;
        int children = 0;
        for (struct task *child = self->first_child; child; child = child->next_sibling) {
            if (pid != -1 && pid != child->process.pid)
                continue;
            children++;
            if (child->process.state == PROCESS_ZOMBIE)
                ended = child; /* the one that was forked first */
        }
        if (children == 0)
            return -ECHILD;
        if (ended) {
            int value = ended->status, found = ended->process.pid;
            if (status != 0) {
                int error = copy_to_user(status, &value, sizeof value);
                if (error)
                    return error;
            }
            child_remove(ended);
            task_destroy(ended);
            return found;
        }
        if (options == WNOHANG)
            return 0;
        sleep_on(&self->child_ended);
    }
}
'''),
    Right("4.6", "the whole TLB flushed, mapped before it is counted",
          body=r'''
int page_share(phys_t to, uint64_t address, pte_t *entry)
{
    int error = page_map(to, address, pte_frame(*entry), *entry & (PTE_U | PTE_NX));
    if (error)
        return error;
    error = owners_add(pte_frame(*entry));
    if (error) {
        phys_t again;
        page_unmap(to, address, &again);
        return error;
    }
    if (*entry & (PTE_W | PTE_COPY)) {
        *entry &= ~PTE_W;
        *entry |= PTE_COPY;
        *page_table_walk(to, address, 1, false) |= PTE_COPY;
    }
    write_cr3(read_cr3());
    return 0;
}

int cow_fault(phys_t root, uint64_t address)
{
    address -= address % PAGE_SIZE;
    pte_t *entry = page_table_walk(root, address, 1, false);
    if (entry == NULL || (*entry & (PTE_P | PTE_COPY)) != (PTE_P | PTE_COPY))
        return -EFAULT;
    phys_t old = pte_frame(*entry);
    if (owners_further(old) == 0) {
        *entry = (*entry | PTE_W) & ~PTE_COPY;
    } else {
        phys_t own = frame_alloc();
        if (own.raw == FRAME_NONE.raw)
            return -ENOMEM;
        memcpy(phys_to_virt(own), phys_to_virt(old), PAGE_SIZE);
        uint64_t flags = *entry & (PTE_U | PTE_NX);
        *entry = own.raw | flags | PTE_W | PTE_P;
        owners_drop(old);
    }
    write_cr3(read_cr3());
    return 0;
}
'''),
    Right("4.6", "eager first and lazy later: the top of the stack is copied at once",
          body=r'''
int page_share(phys_t to, uint64_t address, pte_t *entry)
{
    phys_t frame = pte_frame(*entry);
    if (address == USER_STACK_TOP - PAGE_SIZE && *entry & PTE_W)
        return page_copy(to, address, entry);
    if (owners_add(frame) != 0)
        return -EAGAIN;
    int error = page_map(to, address, frame, *entry & (PTE_U | PTE_NX));
    if (error) {
        owners_drop(frame);
        return error;
    }
    if (*entry & PTE_W)
        *entry = (*entry | PTE_COPY) & ~PTE_W;
    *page_table_walk(to, address, 1, false) |= *entry & PTE_COPY;
    invlpg(address);
    return 0;
}

int cow_fault(phys_t root, uint64_t address)
{
    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry || (*entry & PTE_P) == 0 || (*entry & PTE_COPY) == 0)
        return -EFAULT;
    phys_t shared = pte_frame(*entry), mine = shared;
    if (owners_further(shared)) {
        mine = frame_alloc();
        if (mine.raw == FRAME_NONE.raw)
            return -ENOMEM;
        memcpy(phys_to_virt(mine), phys_to_virt(shared), PAGE_SIZE);
        owners_drop(shared);
    }
    *entry = mine.raw | PTE_P | PTE_W | (*entry & (PTE_U | PTE_NX));
    invlpg(address);
    return 0;
}
'''),
]
