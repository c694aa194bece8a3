/*
 * hostile.c - one hostile program after the other, beside an innocent neighbour.
 *
 * The programs and files are those of grading/hostile/, or, with a seed, made of random
 * bytes here. Each is noted with the trap that was its last one and the frames that it cost;
 * tools/ringstep/grading/hostile.py compares that with the emulator's record.
 */
#include <elf.h>
#include <errno.h>
#include <lab3.h>
#include <program.h>
#include <syscall.h>
#include <timer.h>

asm(".pushsection .rodata\n"
    ".include \"grading/hostile/programs.S\"\n"
    ".include \"grading/hostile/edges.S\"\n"
    ".include \"grading/hostile/instructions.S\"\n"
    ".include \"grading/hostile/files.S\"\n"
    ".include \"grading/hostile/innocent.S\"\n"
    ".section .rodata.hostile_rows\n"
    ".globl hostile_rows_end\n"
    "hostile_rows_end:\n"
    ".section .rodata.hostile_code\n"
    ".globl hostile_code_end\n"
    "hostile_code_end:\n"
    ".popsection\n"
    ".att_syntax\n");

#define DATA           0x500000
#define NEIGHBOUR      0x600000
#define NEIGHBOUR_DATA 0x700000
#define TURN           119
#define SLICES_LEFT    3 /* for a hostile program */
#define FILE_ROW       1
#define REFUSED        0x100 /* in place of a vector: it was not loaded */
#define NO_TRAP        0x101

/* Places in a file that are changed; no byte ends the list. */
struct patch {
    uint64_t offset, size, value;
};

struct row {
    const char *name;
    const void *body; /* code, or patches */
    uint64_t kind, vector, value;
};

extern const struct row hostile_rows[], hostile_rows_end[];
extern const uint8_t hostile_code_end[], hostile_elf[], hostile_elf_end[];
extern const uint8_t hostile_prelude[], hostile_prelude_end[];
extern const uint8_t hostile_neighbour[], hostile_neighbour_end[];

/* The tools write into the image what is to be run. No seed: the rows. */
static volatile struct {
    char mark[16];
    uint64_t seed, first, step, end;
} order = { "order of attack", 0, 0, 1, ~0UL };

static struct process *neighbour, *guest;
static uint64_t number, frames;

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

/* ---- making a process ---- */

static void *fresh_page(phys_t root, uint64_t address, uint64_t flags)
{
    phys_t frame = frame_alloc();
    (void)page_map(root, address, frame, PTE_U | flags);
    return phys_to_virt(frame);
}

/* Gives the page for its code. */
static uint8_t *new_process(struct process **made, uint64_t code, uint64_t data)
{
    struct process *process = process_find(create_process(code));
    uint8_t *page = fresh_page(process->page_table, code, 0);
    (void)fresh_page(process->page_table, data, PTE_W | PTE_NX);
    process->state = PROCESS_READY;
    *made = process;
    return page;
}

static void load_code(const uint8_t *code, size_t size)
{
    size_t prelude = (size_t)(hostile_prelude_end - hostile_prelude);
    uint8_t *page = new_process(&guest, USER_PROGRAM_BASE, DATA);
    memset(page, 0xCC, PAGE_SIZE);
    memcpy(page, hostile_prelude, prelude);
    memcpy(page + prelude, code, size < PAGE_SIZE - prelude ? size : PAGE_SIZE - prelude);
}

static int load_file(const struct patch *patch)
{
    static uint8_t image[0x400] __attribute__((aligned(16)));
    size_t size = (size_t)(hostile_elf_end - hostile_elf);
    memcpy(image, hostile_elf, size);
    for (; patch->size; patch++) {
        if (patch->offset < size)
            memcpy(image + patch->offset, &patch->value, patch->size);
        else
            size = patch->value;
    }
    pid_t pid = process_load(image, size);
    guest = pid > 0 ? process_find(pid) : NULL;
    return pid;
}

/* ---- random programs ---- */

static uint64_t state;

/* xorshift64*: Marsaglia 2003, Vigna 2016. */
static uint64_t random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717UL;
}

static uint64_t random_value(void)
{
    /* clang-format off */
    static const uint64_t edges[] = {
        0, DATA, USER_PROGRAM_BASE, USER_STACK_TOP, USER_HALF_END, USER_PROGRAM_END, KERNEL_BASE,
        KERNEL_STACK_BASE, PHYSICAL_MAP_BASE, NEIGHBOUR_DATA, 1UL << 63,
    };
    /* clang-format on */
    uint64_t edge = edges[random() % (sizeof edges / sizeof *edges)];
    if (random() % 4 == 0)
        return random() >> random() % 64;
    uint64_t near = random() % 4096;
    return random() % 2 ? edge + near : edge - near % 16;
}

static uint8_t *put(uint8_t *at, uint64_t value, size_t size)
{
    memcpy(at, &value, size);
    return at + size;
}

/* mov register, value */
static uint8_t *put_load(uint8_t *at, unsigned which, uint64_t value)
{
    at = put(at, 0x48 | which >> 3 | (0xB8 | (which & 7)) << 8, 2);
    return put(at, value, 8);
}

static uint8_t *random_call(uint8_t *at)
{
    static const uint64_t numbers[] = { SYS_WRITE, SYS_WRITE, SYS_GETPID };
    at = put_load(at, 0, random() % 8 ? numbers[random() % 3] : random_value());
    at = put_load(at, 7, random() % 4 ? 1 : random_value());
    at = put_load(at, 6, random_value());
    at = put_load(at, 2, random() % 2 ? random() % 64 : random_value());
    return put(at, 0x80CD, 2);
}

/* A piece of a hostile program, perhaps with a bit of it changed. */
static uint8_t *random_piece(uint8_t *at)
{
    const uint8_t *codes = hostile_rows->body;
    size_t size = 2 + random() % 14;
    memcpy(at, codes + random() % (uint64_t)(hostile_code_end - codes - 16), size);
    if (random() % 2)
        at[random() % size] ^= (uint8_t)(1 << random() % 8);
    return at + size;
}

static void load_random(uint64_t seed)
{
    uint8_t code[512], *at = code;
    state = seed * 0x9E3779B97F4A7C15 | 1;
    for (unsigned i = 0; i < 8; i++)
        (void)random();
    unsigned kind = random() % 4;
    for (unsigned reg = 0; reg < 16; reg++) /* with something in the registers */
        if (reg != 4 || random() % 16 == 0)
            at = put_load(at, reg, random_value());
    while (at < code + sizeof code - 64)
        switch (kind == 3 ? random() % 3 : kind) {
        case 0:
            at = put(at, random(), 8);
            break;
        case 1:
            at = random_piece(at);
            break;
        case 2:
            at = random_call(at);
            break;
        }
    load_code(code, sizeof code);
}

/* ---- running it ---- */

static struct trap_frame *frame_below(uint64_t top)
{
    return (struct trap_frame *)top - 1;
}

/* The trap with which a process ended: on its kernel stack, or, for #DB, on that of its IST. */
static const struct trap_frame *last_trap(const struct process *process)
{
    const struct trap_frame *debug = frame_below(tss_ist(4));
    bool stepped = debug->vector == VECTOR_DB && trap_from_user(debug);
    return stepped ? debug : frame_below(process->kernel_stack);
}

static void note_end(uint64_t vector, uint64_t value)
{
    observe("vector", vector);
    observe("value", value);
    observe("frames lost", frames - frame_free_count());
}

static void ended(struct process *process)
{
    const struct trap_frame trap = *last_trap(process);
    uint64_t value = trap.vector == SYSCALL_VECTOR ? trap.rdi : trap.error_code;
    if (process == neighbour) {
        observe("neighbour harmed", trap.vector << 32 | (uint32_t)value);
        observed_all();
    }
    destroy_process(process->pid);
    guest = NULL;
    note_end(trap.vector, value);
}

/* The neighbour and its guest, by turns. */
static struct process *next(void)
{
    static struct process *last;
    last = last == neighbour && guest ? guest : neighbour;
    return last;
}

static void begin(void)
{
    const struct row *row = &hostile_rows[number];
    int error = 0;
    observe("program", number);
    frames = frame_free_count();
    if (order.seed)
        load_random(order.seed + number);
    else if (row->kind == FILE_ROW)
        error = load_file(row->body);
    else
        load_code(row->body,
                  row + 1 < hostile_rows_end && row[1].kind != FILE_ROW
                      ? (size_t)((const uint8_t *)row[1].body - (const uint8_t *)row->body)
                      : 256);
    number += order.step;
    if (!guest) {
        note_end(REFUSED, (uint64_t)error);
        return;
    }
    guest->slices = SLICES_MAX - SLICES_LEFT;
    frame_below(guest->kernel_stack)->vector = NO_TRAP;
    frame_below(tss_ist(4))->vector = NO_TRAP;
}

/* The neighbour has found all as it was. */
static int64_t turn(struct trap_frame *frame)
{
    uint64_t rows = (uint64_t)(hostile_rows_end - hostile_rows);
    uint64_t end = order.seed || order.end < rows ? order.end : rows;
    if (current_process() != neighbour)
        return -ENOSYS;
    neighbour->registers = *frame;
    neighbour->slices = 0;
    while (!guest && number < end)
        begin();
    if (!guest)
        observed_all();
    schedule();
}

_Noreturn void kmain(void)
{
    lab3_start();
    exceptions_init();
    syscall_init();
    syscall_register(TURN, turn);
    schedule_use(next, ended);
    number = order.first;
    uint8_t *code = new_process(&neighbour, NEIGHBOUR, NEIGHBOUR_DATA);
    memcpy(code, hostile_neighbour, (size_t)(hostile_neighbour_end - hostile_neighbour));
    timer_init();
    schedule();
}
