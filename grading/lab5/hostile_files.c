/*
 * hostile_files.c - hostile families and malformed archives beside an innocent neighbour: what
 * hostile_forks.c of lab 4 does, where there are files, pipes, keys, and `syscall`.
 *
 * programs/intruders.c asks which attack it is; its exit status is 0, or the line that went wrong.
 * Each attack comes twice: the second program makes its calls by `syscall`.
 */
#include <clock.h>
#include <lab5.h>
#include <program.h>

#define NEIGHBOUR      0x600000
#define NEIGHBOUR_DATA 0x700000
#define TURN           119 /* as in innocent.S */
#define PATIENCE       50  /* turns of the neighbour in which nobody else has run */

asm(".pushsection .rodata\n"
    ".intel_syntax noprefix\n"
    ".set DATA, 0x500000\n"
    ".set NEIGHBOUR_DATA, 0x700000\n"
    ".set TURN, 119\n"
    ".macro leave_with status\n"
    "mov edi, \\status\n mov eax, 60\n int 0x80\n"
    ".endm\n"
    ".include \"grading/hostile/innocent.S\"\n"
    ".popsection\n"
    ".att_syntax\n");

/* Of an archive: what is changed in the header of its second file, "x"; whether its checksum is
 * made right again; how many bytes are cut off; what open("x") and the list of files must give. */
struct damage {
    size_t offset, size;
    const char *bytes;
    bool seal;
    size_t cut;
    int64_t opens, lists;
};

static const char letters[156] = { [0 ... 154] = 'x' };
extern const char archive_start[], archive_end[];

#define FIELD(name) offsetof(struct archive_header, name)

/* As in hostile.c: a name, no body, a kind, and how the first process must end. */
const struct row {
    const char *name;
    const struct damage *body;
    uint64_t kind, vector, value;
} hostile_rows[] = {
#define ROW(name, body)                                 \
    { name, body, 0, SYSCALL_VECTOR, 0 },               \
    {                                                   \
        name ", by syscall", body, 0, SYSCALL_VECTOR, 0 \
    }
#define ATTACK(name)       ROW(name, NULL)
#define ARCHIVE(name, ...) ROW("an archive: " name, &((const struct damage){ __VA_ARGS__ }))
    ATTACK("descriptors that are none"),
    ATTACK("buffers that are not its own, for every kind of file"),
    ATTACK("lengths over the end of everything"),
    ATTACK("all descriptors, and all open files"),
    ATTACK("pipes whose ends it holds itself, until Ctrl-C"),
    ATTACK("pipes until there is no memory"),
    ATTACK("execve with bad paths and vectors"),
    ATTACK("execve, and again, while pages are shared"),
    ATTACK("execve while there is no memory"),
    ATTACK("lseek at every edge"),
    ATTACK("vectors that are too many, or not there"),
    ATTACK("mmap and munmap of what it may not have"),
    ATTACK("FS bases in the kernel, and floating-point traps"),
    ATTACK("many writers, one reader, and nobody waits for them"),
    ARCHIVE("nothing is wrong", .opens = 3, .lists = 3),
    ARCHIVE("a size that is no number", FIELD(size), 3, "9z!", true, .opens = -EIO, .lists = -EIO),
    ARCHIVE("a size beyond the end", FIELD(size), 12, "77777777777", true, .opens = -EIO,
            .lists = -EIO),
    ARCHIVE("a size of base 256", FIELD(size), 4, "\x80\xFF\xFF\xFF", true, .opens = -EIO,
            .lists = -EIO),
    ARCHIVE("a size below zero", FIELD(size), 3, "-01", true, .opens = -EIO, .lists = -EIO),
    ARCHIVE("a wrong checksum", FIELD(mtime), 2, "12", false, .opens = -EIO, .lists = -EIO),
    ARCHIVE("a checksum without digits", FIELD(checksum), 8, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
            false, .opens = -EIO, .lists = -EIO),
    ARCHIVE("not ustar", FIELD(magic), 5, "pax  ", true, .opens = -EIO, .lists = -EIO),
    ARCHIVE("a name without an end, and a prefix", FIELD(name) + 1, 99, letters, true,
            .opens = -ENOENT, .lists = 3),
    ARCHIVE("a prefix without an end", FIELD(prefix), 155, letters, true, .opens = -ENOENT,
            .lists = 3),
    ARCHIVE("a file without a name", FIELD(name), 1, "", true, .opens = -ENOENT, .lists = 1),
    ARCHIVE("a folder", FIELD(type), 1, "5", true, .opens = -EISDIR, .lists = 3),
    ARCHIVE("cut short in a header", .cut = 3 * ARCHIVE_BLOCK + 100, .opens = -EIO, .lists = -EIO),
    ARCHIVE("cut short in a file", .cut = 3 * ARCHIVE_BLOCK, .opens = -EIO, .lists = -EIO),
    ARCHIVE("nothing at all", .cut = SIZE_MAX, .opens = -ENOENT, .lists = 0),
};
#define ROWS 58
asm(".globl hostile_rows_end\n"
    ".set hostile_rows_end, hostile_rows + 58 * 40\n");
_Static_assert(sizeof hostile_rows == ROWS * 40L, "what the tools read");

extern const uint8_t hostile_neighbour[], hostile_neighbour_end[];

/* The tools write into the image what is to be run, as in hostile.c. */
static volatile struct {
    char mark[16];
    uint64_t seed, first, step, end;
} order = { "order of attack", 0, 0, 1, ~0UL };

static struct process *neighbour;
static uint64_t number, running, frames, quiet;
static pid_t guest; /* its first process; 0: it has ended */
static struct trap_frame last;

/* ---- archives ---- */

static char packed[6 * ARCHIVE_BLOCK] __attribute__((aligned(8)));

static void seal(struct archive_header *header)
{
    uint64_t sum = 0;
    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < ARCHIVE_BLOCK; i++)
        sum += ((const uint8_t *)header)[i];
    for (size_t i = 6; i-- > 0; sum /= 8)
        header->checksum[i] = (char)('0' + sum % 8);
    header->checksum[6] = 0;
}

/* Three files, "a", "x" and "z", of a byte each, and no end. */
static void pack(const struct damage *damage)
{
    memset(packed, 0, sizeof packed);
    for (unsigned i = 0; i < 3; i++) {
        struct archive_header *header = (struct archive_header *)packed + 2 * i;
        header->name[0] = "axz"[i];
        memcpy(header->size, "00000000001", 11);
        memcpy(header->magic, "ustar", 6);
        header->type = '0';
        seal(header);
        if (i == 1 && damage->size) {
            memcpy((char *)header + damage->offset, damage->bytes, damage->size);
            if (damage->seal)
                seal(header);
        }
    }
    archive_use(packed, damage->cut > sizeof packed ? 0 : sizeof packed - damage->cut);
}

/* ---- running them ---- */

static void *fresh_page(phys_t root, uint64_t address, uint64_t flags)
{
    phys_t frame = frame_alloc();
    (void)page_map(root, address, frame, PTE_U | flags);
    return phys_to_virt(frame);
}

static void ended(struct process *process)
{
    const struct trap_frame *trap = (const struct trap_frame *)process->kernel_stack - 1;
    if (process == neighbour) {
        observe("neighbour harmed", trap->vector << 32 | (uint32_t)trap->rdi);
        observed_all();
    }
    if (process->pid == guest) {
        last = *trap;
        guest = 0;
    }
    user_ended(process);
}

static struct process *next(void)
{
    struct process *process = next_ready();
    linux_switch(process);
    return process;
}

/* Whether all of the family is gone, or waits in vain. */
static bool is_over(void)
{
    quiet = ready.first ? 0 : quiet + 1;
    return !guest && (!neighbour->next || quiet > PATIENCE);
}

static void note_end(void)
{
    archive_use(archive_start, (size_t)(archive_end - archive_start));
    observe("vector", last.vector);
    observe("value", last.vector == SYSCALL_VECTOR ? last.rdi : last.error_code);
    observe("rip", last.rip);
    observe("frames lost", frames - frame_free_count());
}

static int64_t turn(struct trap_frame *frame)
{
    if (current_process() != neighbour)
        return -ENOSYS;
    if (frames && is_over()) {
        note_end();
        frames = 0;
    }
    if (!frames && (number >= ROWS || number >= order.end))
        observed_all();
    if (!frames) {
        running = number;
        observe("program", number);
        number += order.step;
        frames = frame_free_count();
        first_task_start(running % 2);
        guest = first_task->process.pid;
        if (hostile_rows[running].body)
            pack(hostile_rows[running].body);
        quiet = 0;
    }
    neighbour->registers = *frame;
    task_ready(task_of(neighbour));
    schedule();
}

static int64_t call_attack(struct trap_frame *frame)
{
    const struct damage *damage = hostile_rows[running].body;
    if (frame->rdi == 0)
        return damage ? -1 : (int64_t)running / 2;
    return frame->rdi == 1 ? damage->opens : damage->lists;
}

_Noreturn void kmain(void)
{
    lab5_start();
    syscall_register(TURN, turn);
    syscall_register(CALL_ATTACK, call_attack);
    schedule_use(next, ended);
    clock_init();
    number = order.first;
    neighbour = process_find(create_process(NEIGHBOUR));
    memcpy(fresh_page(neighbour->page_table, NEIGHBOUR, 0), hostile_neighbour,
           (size_t)(hostile_neighbour_end - hostile_neighbour));
    (void)fresh_page(neighbour->page_table, NEIGHBOUR_DATA, PTE_W | PTE_NX);
    linux_start(task_of(neighbour));
    task_ready(task_of(neighbour));
    schedule();
}
