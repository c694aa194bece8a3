/*
 * hostile_files.c - hostile families and malformed archives, where there are files, pipes, keys,
 * and `syscall`: see hostile_family.h.
 *
 * programs/intruders.c asks which attack it is; its exit status is 0, or the line that went wrong.
 * Each attack comes twice: the second program makes its calls by `syscall`.
 */
#include <hostile_family.h>
#include <lab5.h>

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

const struct row hostile_rows[] = {
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
asm(".globl hostile_rows_end\n"
    ".set hostile_rows_end, hostile_rows + 58 * 40\n");
_Static_assert(sizeof hostile_rows == 58L * 40, "what the tools read");
static const uint64_t rows_count = 58;

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

static void ended(struct process *process)
{
    note_ended(process);
    user_ended(process);
}

static struct process *next(void)
{
    struct process *process = next_ready();
    linux_switch(process);
    return process;
}

static pid_t begin(void)
{
    first_task_start(running % 2);
    if (hostile_rows[running].body)
        pack(hostile_rows[running].body);
    return first_task->process.pid;
}

static void note_more(void)
{
    archive_use(archive_start, (size_t)(archive_end - archive_start));
    observe("frames lost", frames - frame_free_count());
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
    syscall_register(CALL_ATTACK, call_attack);
    schedule_use(next, ended);
    neighbour_start();
    linux_start(task_of(neighbour));
    schedule();
}
