/*
 * file.h - open files, and the descriptors that name them.
 *
 * A descriptor is an index into the process's own table. An open file has a kind, which is
 * what can be done with it, and a place; fork and dup2 make further descriptors of the same
 * one, and it is closed with the last of them.
 */
#pragma once

#include <file_numbers.h>
#include <archive.h>
#include <task.h>

struct file;
struct pipe;

/* NULL: that cannot be done with it. */
struct file_kind {
    int64_t (*read)(struct file *file, uint64_t buffer, uint64_t length);
    int64_t (*write)(struct file *file, uint64_t buffer, uint64_t length);
    void (*close)(struct file *file); /* the last descriptor is gone */
    bool has_place;                   /* lseek() can change it */
};

struct file {
    const struct file_kind *kind; /* NULL: the entry is free */
    unsigned owners;              /* descriptors, of all processes */
    uint64_t place;               /* the byte that is read next */
    struct archive_file data;
    struct pipe *pipe;
};

/* What lab 5 adds to a task, in the rest of its record. */
struct user {
    struct task task;
    struct file *files[FILES_MAX];
    char name[16]; /* of the program that it executes, for /processes */
};

_Static_assert(sizeof(struct user) <= PAGE_SIZE, "a record takes one frame");

static inline struct user *user_of(struct task *task)
{
    return (struct user *)task;
}

/* Open a file as `wanted` is, with the lowest free descriptor of the current process. The
 * descriptor; −EMFILE: it has FILES_MAX; −ENFILE: there are FILES_OPEN_MAX, of all. */
int file_open(struct file wanted);
#define FILES_OPEN_MAX 128

/* The current process's file of that descriptor; NULL: none. */
struct file *file_of(uint64_t descriptor);

/* One descriptor less, or one more of the same file. */
void file_release(struct file *file);
struct file *file_share(struct file *file);

/* All descriptors of `child` are those of `parent`; and all of a task that ends. */
void files_inherit(struct user *child, const struct user *parent);
void files_close(struct user *user);

/* Descriptors 0, 1 and 2 of a task that the kernel starts: the console. */
void files_console(struct user *user);

/* Exercise 5.2. Read from a file of the archive, from its place on. How many bytes: as many as
 * are left, at most `length`, 0 at the end; an error of copy_to_user(), and the place stays. */
int64_t file_read(struct file *file, uint64_t buffer, uint64_t length);

/* The kinds that there are; pipes have theirs in pipe.c. */
extern const struct file_kind console_kind, archive_kind, folder_kind, processes_kind;

/* Open the file of a path, to be read. Its descriptor; −ENOENT, −EIO, −EMFILE, −ENFILE, −ENOMEM. */
int path_open(const char *path);

/* Give the program the entries of the folder `/` that come next, in records of struct
 * linux_dirent64. How many bytes; 0: there are no further ones; −EINVAL: `length` is too short for
 * one; an error of copy_to_user(), or −EIO. */
int64_t folder_list(struct file *file, uint64_t buffer, uint64_t length);

/* Have the system calls answered that are about files. */
void file_calls_init(void);
