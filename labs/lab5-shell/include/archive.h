/*
 * archive.h - the files that are packed into the kernel's image: a tar archive, read in place.
 *
 * POSIX, pax, "ustar Interchange Format": for each file a header of 512 bytes, then its
 * bytes, filled up to a multiple of 512; after the last one two blocks of zeroes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_BLOCK 512

struct archive_header {
    char name[100]; /* without a zero byte when it has 100 */
    char mode[8], uid[8], gid[8];
    char size[12]; /* octal digits */
    char mtime[12];
    char checksum[8]; /* of the header's bytes, these 8 taken as spaces; octal digits */
    char type;        /* '0' or 0: a file; '5': a folder */
    char link[100];
    char magic[6]; /* "ustar" */
    char version[2];
    char uname[32], gname[32];
    char devmajor[8], devminor[8];
    char prefix[155]; /* of the name, with a slash between them; mostly empty */
    char unused[12];
};

_Static_assert(sizeof(struct archive_header) == ARCHIVE_BLOCK, "a header is a block");

#define ARCHIVE_FOLDER '5'

/* A file's bytes, and how many. */
struct archive_file {
    const char *bytes;
    uint64_t size;
};

/* Use another archive than the image's: `size` bytes at `start`. */
void archive_use(const void *start, size_t size);

/* The header after *header, or the first one, for NULL. 0 and it is in *header; −ENOENT:
 * there is no further one; −EIO: what is there is no header, its checksum is wrong, or its
 * file is cut short by the archive's end. */
int archive_next(const struct archive_header **header);

/* The name of a file, with its prefix. */
#define ARCHIVE_NAME_SIZE 257
void archive_name(const struct archive_header *header, char name[ARCHIVE_NAME_SIZE]);

/* How many bytes the file has. */
uint64_t archive_size(const struct archive_header *header);

/* Exercise 5.2. Find the file of that name. 0 and it is in *file; −ENOENT; −EISDIR: it is a
 * folder; −EIO: the archive is damaged before the file comes. */
int archive_find(const char *name, struct archive_file *file);
