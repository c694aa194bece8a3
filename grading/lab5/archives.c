/*
 * archives.c - exercise 5.2: an archive that is made from this run's letters, with files of odd
 * sizes, names as long as their field, a folder, the same name twice, and a damaged end.
 */
#include <format.h>
#include <lab5.h>

#define FILES 12

static volatile const char letters[] = "archive of ................................";
static char archive[256 * 1024] __attribute__((aligned(512)));
static size_t used;

static void octal(char *field, size_t digits, uint64_t value)
{
    for (size_t i = digits; i-- > 0; value /= 8)
        field[i] = (char)('0' + value % 8);
}

static void seal(struct archive_header *header)
{
    uint64_t sum = 0;
    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < ARCHIVE_BLOCK; i++)
        sum += ((uint8_t *)header)[i];
    octal(header->checksum, 6, sum);
    header->checksum[6] = 0;
}

static char letter(size_t number)
{
    return letters[sizeof "archive of " - 1 + number % 32];
}

/* Byte number n is the letter n + 1, n + 2, …: each file has other bytes. */
static struct archive_header *add(const char *prefix, const char *name, uint64_t size, char type)
{
    static unsigned number;
    struct archive_header *header = (struct archive_header *)(archive + used);
    memcpy(header->name, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(header->prefix, prefix, strlen(prefix));
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    octal(header->size, 11, size);
    header->type = type;
    seal(header);
    number++;
    for (uint64_t i = 0; i < size; i++)
        archive[used + ARCHIVE_BLOCK + i] = letter(i + number);
    used += ARCHIVE_BLOCK + align_up(size, ARCHIVE_BLOCK);
    return header;
}

static void try_find(const char *what, const char *name)
{
    struct archive_file file = { NULL, 0 };
    observe(what, (uint64_t)archive_find(name, &file));
    observe("at", file.bytes ? (uint64_t)(file.bytes - archive) : UINT64_MAX);
    observe("size", file.size);
}

_Noreturn void kmain(void)
{
    static const uint64_t sizes[FILES] = {
        0, 1, 511, 512, 513, 1023, 4095, 4096, 4097, 8200, 3, 77
    };
    char longest[101], name[16], whole[256];
    lab5_start();
    first_task_start(0);
    memset(longest, 'x', 100);
    longest[100] = 0;
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "file%u", i);
        observe("made at", used + ARCHIVE_BLOCK);
        uint64_t size = sizes[i] + (i > 3 ? (uint8_t)letter(i) : 0);
        observe("made size", size);
        (void)add("", name, size, '0');
    }
    uint64_t places[4] = { used };
    (void)add("", longest, 20, '0');
    places[1] = used;
    (void)add("folder/inner", "deep", 30, '0');
    (void)add("", "folder", 0, ARCHIVE_FOLDER);
    places[2] = used;
    (void)add("", "twice", 40, 0);
    (void)add("", "twice", 50, 0);
    places[3] = used;
    struct archive_header *damaged = add("", "damaged", 60, '0');
    damaged->size[10] ^= 1;
    (void)add("", "behind", 70, '0');
    archive_use(archive, used);
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "file%u", i);
        try_find("found", name);
    }
    for (unsigned i = 0; i < 4; i++)
        observe("place", places[i] + ARCHIVE_BLOCK);
    try_find("longest", longest);
    snprintf(whole, sizeof whole, "folder/inner/deep");
    try_find("with a prefix", whole);
    try_find("without its prefix", "deep");
    try_find("a folder", "folder");
    try_find("twice", "twice");
    try_find("behind a damaged header", "behind");
    try_find("a part of a name", "file");
    try_find("a name and more", "file11x");
    damaged->size[10] ^= 1;
    try_find("mended", "behind");
    try_find("absent", "nosuch");
    archive_use(archive, used - ARCHIVE_BLOCK);
    try_find("cut short", "behind");
    archive_use(archive, used);
    schedule();
}
