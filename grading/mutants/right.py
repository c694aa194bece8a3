"""Right solutions that are not ours: each must get full marks.

Each row names an exercise and a way to solve it, and gives the body of the file
behind its task: the skeleton's text up to the last #include stays, the rest is this.
"""

RIGHT = [
    ("1.1", "flat segments with limit, granularity and B, already accessed, code execute-only", r'''
uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    static const uint64_t base[] = {
        [CODE_SEGMENT] = 0x00AF99000000FFFF,
        [DATA_SEGMENT] = 0x00CF93000000FFFF,
    };
    return base[type] | (uint64_t)dpl << 45;
}
'''),
    ("1.2", "CS by way of iretq, segments last", r'''
    .intel_syntax noprefix
    .section .text
    .globl  gdt_load
gdt_load:
    lgdt    [rdi]
    mov     rax, rsp
    push    SELECTOR_KERNEL_DATA
    push    rax
    pushfq
    push    SELECTOR_KERNEL_CODE
    lea     rax, [rip + 1f]
    push    rax
    mov     eax, SELECTOR_KERNEL_DATA
    mov     ss, eax
    iretq
1:  mov     eax, SELECTOR_KERNEL_DATA
    mov     ds, eax
    mov     es, eax
    mov     fs, eax
    mov     gs, eax
    ret
'''),
    ("1.3", "the descriptor through a packed struct", r'''
struct packed_descriptor {
    uint16_t limit_low, base_low;
    uint8_t base_middle, type, limit_high, base_high;
    uint32_t base_upper, reserved;
} __attribute__((packed));

struct system_descriptor tss_descriptor(uint64_t base, uint32_t limit)
{
    union { struct packed_descriptor packed; struct system_descriptor words; } made = { .packed = {
        .limit_low = (uint16_t)limit, .limit_high = limit >> 16 & 15, .type = 0x89,
        .base_low = (uint16_t)base, .base_middle = (uint8_t)(base >> 16),
        .base_high = (uint8_t)(base >> 24), .base_upper = (uint32_t)(base >> 32) } };
    return made.words;
}

void tss_load(const struct tss *tss)
{
    struct system_descriptor made = tss_descriptor((uint64_t)tss, 103);
    gdt_set(SELECTOR_TSS + 8, made.high);
    gdt_set(SELECTOR_TSS, made.low);
    asm volatile ("ltr %w0" : : "r"(SELECTOR_TSS));
}
'''),
    ("1.5", "registers stored with mov, stack aligned by hand", r'''
    .intel_syntax noprefix
    .section .text
    .globl  trap_entry, trap_return
trap_entry:
    sub     rsp, 120
    mov     [rsp], r15
    mov     [rsp + 8], r14
    mov     [rsp + 16], r13
    mov     [rsp + 24], r12
    mov     [rsp + 32], r11
    mov     [rsp + 40], r10
    mov     [rsp + 48], r9
    mov     [rsp + 56], r8
    mov     [rsp + 64], rbp
    mov     [rsp + 72], rdi
    mov     [rsp + 80], rsi
    mov     [rsp + 88], rdx
    mov     [rsp + 96], rcx
    mov     [rsp + 104], rbx
    mov     [rsp + 112], rax
    mov     rbx, rsp
    mov     rdi, rsp
    and     rsp, -16
    cld
    call    trap_dispatch
    mov     rdi, rbx
trap_return:
    mov     r15, [rdi]
    mov     r14, [rdi + 8]
    mov     r13, [rdi + 16]
    mov     r12, [rdi + 24]
    mov     r11, [rdi + 32]
    mov     r10, [rdi + 40]
    mov     r9, [rdi + 48]
    mov     r8, [rdi + 56]
    mov     rbp, [rdi + 64]
    mov     rsi, [rdi + 80]
    mov     rdx, [rdi + 88]
    mov     rcx, [rdi + 96]
    mov     rbx, [rdi + 104]
    mov     rax, [rdi + 112]
    lea     rsp, [rdi + 136]
    mov     rdi, [rdi + 72]
    iretq
'''),
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
    ("3.2", "the frame written with mov", r'''
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
    ("3.4", "copied in pieces, checked page by page with its own walk", r'''
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
    int error = user_range_check(current_process()->page_table, buffer, length);
    if (error)
        return error;
    for (uint64_t i = 0; i < length; i++)
        console_write((const char *)buffer + i, 1);
    return (int64_t)length;
}
'''),
    ("3.5", "other words, registers saved first", r'''
void timer_tick(struct trap_frame *frame)
{
    struct process *process = current_process();
    process->registers = *frame;
    if (++process->slices < SLICES_MAX)
        schedule();
    printf("PID %d has used up its time slices\n", process->pid);
    process_end(process);
}
'''),
    ("3.6", "the name in the middle, more words", r'''
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
]
