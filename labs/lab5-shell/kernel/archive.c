/*
 * archive.c - see archive.h. Like an ELF file it is not to be trusted: every number in
 * it is checked before it is used.
 */
#include <archive.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* From user/archive.S. */
extern const char archive_start[], archive_end[];

static const char *archive = archive_start, *archive_limit = archive_end;

void archive_use(const void *start, size_t size)
{
    archive = start;
    archive_limit = archive + size;
}

/* Octal digits, up to a space or a zero byte; −1: something else, or too many. */
static int64_t octal(const char *digits, size_t size)
{
    int64_t value = 0;
    size_t at = 0;
    while (at < size && digits[at] >= '0' && digits[at] <= '7')
        value = value * 8 + (digits[at++] - '0');
    return at > 0 && (at == size || digits[at] == ' ' || digits[at] == 0) ? value : -1;
}

/* The sum of all bytes but the checksum's, which count as spaces: of four at a time, in either
 * half of `sums` that of two columns. */
static int64_t sum_of(const struct archive_header *header)
{
    const uint32_t *words = (const uint32_t *)header, low = 0x00FF00FF;
    size_t checksum = offsetof(struct archive_header, checksum) / sizeof *words;
    uint32_t sums = 0;
    for (size_t i = 0; i < ARCHIVE_BLOCK / sizeof *words; i++)
        if (i - checksum >= 2)
            sums += (words[i] & low) + (words[i] >> 8 & low);
    return (sums >> 16) + (sums & 0xFFFF) + 8 * ' ';
}

static bool is_whole(const struct archive_header *header, size_t left)
{
    int64_t size = octal(header->size, sizeof header->size);
    return memcmp(header->magic, "ustar", 5) == 0
        && octal(header->checksum, sizeof header->checksum) == sum_of(header) && size >= 0
        && (uint64_t)size <= left - ARCHIVE_BLOCK;
}

int archive_next(const struct archive_header **header)
{
    const char *at = archive;
    if (*header) {
        uint64_t blocks = (archive_size(*header) + ARCHIVE_BLOCK - 1) / ARCHIVE_BLOCK + 1;
        at = (const char *)*header + blocks * ARCHIVE_BLOCK;
    }
    if (at >= archive_limit || *at == 0)
        return -ENOENT;
    *header = (const struct archive_header *)at;
    ptrdiff_t left = archive_limit - at;
    return left >= ARCHIVE_BLOCK && is_whole(*header, (size_t)left) ? 0 : -EIO;
}

/* Copies up to a zero byte, or to the end of a field that is full. */
static size_t take(char *to, const char *field, size_t size)
{
    size_t count = 0;
    while (count < size && field[count])
        count++;
    memcpy(to, field, count);
    return count;
}

void archive_name(const struct archive_header *header, char name[ARCHIVE_NAME_SIZE])
{
    size_t count = take(name, header->prefix, sizeof header->prefix);
    if (count > 0)
        name[count++] = '/';
    count += take(name + count, header->name, sizeof header->name);
    name[count] = 0;
}

uint64_t archive_size(const struct archive_header *header)
{
    return (uint64_t)octal(header->size, sizeof header->size);
}
