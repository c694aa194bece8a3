"""Other right solutions of lab 4: fork, wait4, copy on write."""
from ringstep.grading.rows import Right

RIGHT = [
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
