"""Right solutions that are not ours: each must get full marks.

Each row names an exercise and a way to solve it, and gives the body of the file
behind its task: the skeleton's text up to the last #include stays, the rest is this.
"""

RIGHT = [
    ("2.1", "a bitmap instead of a list", r'''
#define BITMAP_FRAMES (1 << 20)         /* up to 4 GiB */

static uint8_t taken[BITMAP_FRAMES / 8];
static uint64_t taken_count;

static bool is_taken(uint64_t number)
{
    return taken[number / 8] >> number % 8 & 1;
}

phys_t frame_alloc(void)
{
    static unsigned region;
    static uint64_t next;
    for (unsigned tries = 0; tries <= memory_region_count; tries++) {
        struct memory_region *r = &memory_regions[region];
        if (next < r->start || next > r->end)
            next = r->start;
        for (; next < r->end; next += PAGE_SIZE) {
            uint64_t number = next / PAGE_SIZE;
            if (is_taken(number))
                continue;
            taken[number / 8] |= (uint8_t)(1 << number % 8);
            taken_count++;
            memset(phys_to_virt(phys(next)), 0, PAGE_SIZE);
            return phys(next);
        }
        region = (region + 1) % memory_region_count;
        next = memory_regions[region].start;
    }
    return FRAME_NONE;
}

void frame_free(phys_t frame)
{
    uint64_t number = frame.raw / PAGE_SIZE;
    taken[number / 8] &= (uint8_t)~(1 << number % 8);
    taken_count--;
}

uint64_t frame_free_count(void)
{
    return frame_usable_count() - taken_count;
}
'''),
    ("2.1", "a stack that is filled at the first call, frames from the top", r'''
static uint64_t top;                    /* the free frame on top, 0: none */
static uint64_t count;
static bool filled;

static void push(uint64_t frame)
{
    *(uint64_t *)phys_to_virt(phys(frame)) = top;
    top = frame;
    count++;
}

static void fill(void)
{
    if (filled)
        return;
    filled = true;
    for (unsigned i = 0; i < memory_region_count; i++)
        for (uint64_t at = memory_regions[i].start; at < memory_regions[i].end; at += PAGE_SIZE)
            push(at);
}

phys_t frame_alloc(void)
{
    fill();
    uint64_t frame = top;
    if (frame) {
        top = *(uint64_t *)phys_to_virt(phys(frame));
        count--;
        memset(phys_to_virt(phys(frame)), 0, PAGE_SIZE);
    }
    return phys(frame);
}

void frame_free(phys_t frame)
{
    push(frame.raw);
}

uint64_t frame_free_count(void)
{
    fill();
    return count;
}
'''),
    ("2.2", "a recursive walk", r'''
static pte_t *walk(phys_t table, int at, uint64_t address, int level, bool create)
{
    pte_t *entry = &((pte_t *)phys_to_virt(table))[page_table_index(address, at)];
    if (at == level)
        return entry;
    if (!(*entry & PTE_P)) {
        if (!create)
            return NULL;
        phys_t made = frame_alloc();
        if (!made.raw)
            return NULL;
        *entry = made.raw + (address >> 63 ? PTE_P + PTE_W : PTE_P + PTE_W + PTE_U);
    }
    return *entry & PTE_PS ? NULL : walk(pte_frame(*entry), at - 1, address, level, create);
}

pte_t *page_table_walk(phys_t root, uint64_t address, int level, bool create)
{
    return walk(root, 4, address, level, create);
}
'''),
    ("2.3", "the whole TLB instead of one page", r'''
int page_map(phys_t root, uint64_t address, phys_t frame, uint64_t flags)
{
    if ((address | frame.raw) & 0xFFF || !is_canonical(address))
        return -EINVAL;
    pte_t *large = page_table_walk(root, address, 2, false);
    pte_t *huge = page_table_walk(root, address, 3, false);
    if ((large && *large & PTE_P && *large & PTE_PS) || (huge && *huge & PTE_P && *huge & PTE_PS))
        return -EEXIST;
    pte_t *entry = page_table_walk(root, address, 1, true);
    if (!entry)
        return -ENOMEM;
    if (*entry & PTE_P)
        return -EEXIST;
    *entry = PTE_P | flags | frame.raw | PTE_A | PTE_D;
    return 0;
}

int page_unmap(phys_t root, uint64_t address, phys_t *frame)
{
    if (address & 0xFFF || !is_canonical(address))
        return -EINVAL;
    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry || !(*entry & PTE_P))
        return -ENOENT;
    *frame = pte_frame(*entry);
    *entry &= ~(pte_t)PTE_P;
    write_cr3(read_cr3());
    return 0;
}
'''),
    ("2.4", "entry by entry, freed level by level without recursion", r'''
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
    ("2.4", "only the entries that are present are copied", r'''
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
    ("2.5", "frames counted and pages looked at before anything is mapped", r'''
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
    ("2.5", "kernel stacks from the top of their area down, mapped late to early", r'''
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
    ("2.6", "one place that undoes, asked what there is", r'''
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
