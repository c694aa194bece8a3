"""Right solutions that are not ours: each must get full marks.

Each row names an exercise and a way to solve it, and gives the body of the file
behind its task: the skeleton's text up to the last #include stays, the rest is this.
"""
from ringstep.grading.rows import Right

RIGHT = [
    Right("2.4", "entry by entry, freed level by level without recursion",
          body=r'''
int create_user_page_table(phys_t *root)
{
    phys_t made = frame_alloc();
    if (made.raw == 0)
        return -ENOMEM;
    for (unsigned i = 256; i < 512; i++)
        ((pte_t *)phys_to_virt(made))[i] = ((pte_t *)phys_to_virt(kernel_page_table))[i];
    *root = made;
    return 0;
}

void destroy_user_page_table(phys_t root)
{
    pte_t *l4 = phys_to_virt(root);
    for (int a = 0; a < 256; a++) {
        if (!(l4[a] & PTE_P))
            continue;
        pte_t *l3 = phys_to_virt(pte_frame(l4[a]));
        for (int b = 0; b < 512; b++) {
            if (!(l3[b] & PTE_P))
                continue;
            pte_t *l2 = phys_to_virt(pte_frame(l3[b]));
            for (int c = 0; c < 512; c++) {
                if (!(l2[c] & PTE_P))
                    continue;
                pte_t *l1 = phys_to_virt(pte_frame(l2[c]));
                for (int d = 0; d < 512; d++)
                    if (l1[d] & PTE_P)
                        frame_free(pte_frame(l1[d]));
                frame_free(pte_frame(l2[c]));
            }
            frame_free(pte_frame(l3[b]));
        }
        frame_free(pte_frame(l4[a]));
    }
    frame_free(root);
}
'''),
    Right("2.4", "only the entries that are present are copied",
          body=r'''
int create_user_page_table(phys_t *root)
{
    const pte_t *kernel = phys_to_virt(kernel_page_table);
    *root = frame_alloc();
    if (root->raw == FRAME_NONE.raw)
        return -ENOMEM;
    for (int i = PTE_COUNT - 1; i >= PTE_COUNT / 2; i--)
        if (kernel[i] & PTE_P)
            ((pte_t *)phys_to_virt(*root))[i] = kernel[i];
    return 0;
}

static void release(phys_t table, int level)
{
    const pte_t *entries = phys_to_virt(table);
    for (int i = level == 4 ? PTE_COUNT / 2 : PTE_COUNT; i-- > 0;)
        if (level > 0 && entries[i] & PTE_P)
            release(pte_frame(entries[i]), level - 1);
    frame_free(table);
}

void destroy_user_page_table(phys_t root)
{
    release(root, 4);
}
'''),
    Right("2.5", "frames counted and pages looked at before anything is mapped",
          body=r'''
static int free_to_map(phys_t root, uint64_t bottom, uint64_t top)
{
    uint64_t needed = (top - bottom) / PAGE_SIZE;
    for (uint64_t page = bottom; page < top; page += PAGE_SIZE) {
        pte_t *entry = page_table_walk(root, page, 1, false);
        if (entry && *entry & PTE_P)
            return -EEXIST;
    }
    for (int level = 3; level >= 1; level--)
        needed += !page_table_walk(root, bottom, level, false);
    return frame_free_count() < needed ? -ENOMEM : 0;
}

static int map_all(phys_t root, uint64_t bottom, uint64_t top, uint64_t flags)
{
    int error = free_to_map(root, bottom, top);
    for (uint64_t page = bottom; page < top && !error; page += PAGE_SIZE)
        error = page_map(root, page, frame_alloc(), flags);
    return error;
}

int allocate_kernel_stack(uint64_t *top)
{
    int error = -EAGAIN;
    for (uint64_t slot = 0; slot < KERNEL_STACK_SLOTS; slot++) {
        *top = KERNEL_STACK_BASE + (slot + 1) * KERNEL_STACK_SLOT;
        error = map_all(kernel_page_table, *top - KERNEL_STACK_SIZE, *top, PTE_W | PTE_NX);
        if (error != -EEXIST)
            break;
    }
    return error == -EEXIST ? -EAGAIN : error;
}

void free_kernel_stack(uint64_t top)
{
    phys_t frame;
    for (uint64_t page = top - KERNEL_STACK_SIZE; page < top; page += PAGE_SIZE)
        if (page_unmap(kernel_page_table, page, &frame) == 0)
            frame_free(frame);
}

int allocate_user_stack(phys_t root, uint64_t *top)
{
    *top = USER_STACK_TOP;
    return map_all(root, *top - USER_STACK_SIZE, *top, PTE_W | PTE_U | PTE_NX);
}
'''),
    Right("2.5", "kernel stacks from the top of their area down, mapped late to early",
          body=r'''
static uint64_t slot_top(uint64_t slot)
{
    return KERNEL_STACK_BASE + (slot + 1) * KERNEL_STACK_SLOT;
}

static int back_out(phys_t root, uint64_t from, uint64_t to, int error)
{
    for (uint64_t page = from; page < to; page += PAGE_SIZE) {
        phys_t frame;
        if (page_unmap(root, page, &frame) == 0)
            frame_free(frame);
    }
    return error;
}

static int fill(phys_t root, uint64_t top, uint64_t size, uint64_t flags)
{
    for (uint64_t page = top - PAGE_SIZE; page >= top - size; page -= PAGE_SIZE) {
        phys_t frame = frame_alloc();
        if (!frame.raw)
            return back_out(root, page + PAGE_SIZE, top, -ENOMEM);
        int error = page_map(root, page, frame, flags);
        if (error) {
            frame_free(frame);
            return back_out(root, page + PAGE_SIZE, top, error);
        }
    }
    return 0;
}

int allocate_kernel_stack(uint64_t *top)
{
    static uint8_t used[KERNEL_STACK_SLOTS];
    for (uint64_t slot = KERNEL_STACK_SLOTS; slot-- > 0;) {
        pte_t *entry = page_table_walk(kernel_page_table, slot_top(slot) - PAGE_SIZE, 1, false);
        used[slot] = entry && (*entry & PTE_P);
        if (used[slot])
            continue;
        *top = slot_top(slot);
        return fill(kernel_page_table, *top, KERNEL_STACK_SIZE, PTE_W | PTE_NX);
    }
    return -EAGAIN;
}

void free_kernel_stack(uint64_t top)
{
    (void)back_out(kernel_page_table, top - KERNEL_STACK_SIZE, top, 0);
}

int allocate_user_stack(phys_t root, uint64_t *top)
{
    *top = USER_STACK_TOP;
    return fill(root, USER_STACK_TOP, USER_STACK_SIZE, PTE_W | PTE_U | PTE_NX);
}
'''),
    Right("2.6", "one place that undoes, asked what there is",
          body=r'''
static pid_t fail(struct process *process, int error)
{
    if (process->kernel_stack)
        free_kernel_stack(process->kernel_stack);
    if (process->page_table.raw)
        destroy_user_page_table(process->page_table);
    process_discard(process);
    return error;
}

pid_t create_process(uint64_t entry_point)
{
    if (entry_point >= USER_PROGRAM_END)
        return -EINVAL;
    struct process *process = process_new();
    if (!process)
        return -ENOMEM;
    phys_t root;
    uint64_t kernel_stack, user_stack;
    int error = create_user_page_table(&root);
    if (error)
        return fail(process, error);
    process->page_table = root;
    error = allocate_kernel_stack(&kernel_stack);
    if (error)
        return fail(process, error);
    process->kernel_stack = kernel_stack;
    error = allocate_user_stack(root, &user_stack);
    if (error)
        return fail(process, error);
    process->user_stack = user_stack;
    process->registers = (struct trap_frame){
        .rip = entry_point, .cs = 0x1B, .rflags = 0x202, .rsp = user_stack - 64, .ss = 0x23,
    };
    process->state = PROCESS_NEW;
    process_enter(process);
    return process->pid;
}

int destroy_process(pid_t pid)
{
    for (struct process *process = process_first(); process; process = process->next) {
        if (process->pid != pid)
            continue;
        destroy_user_page_table(process->page_table);
        free_kernel_stack(process->kernel_stack);
        process_remove(process);
        process_discard(process);
        return 0;
    }
    return -ESRCH;
}
'''),
]
