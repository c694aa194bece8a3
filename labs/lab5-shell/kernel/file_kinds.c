/*
 * file_kinds.c - what a path may name, and what can be done with it.
 */
#include <console_input.h>
#include <errno.h>
#include <execute.h>
#include <file.h>
#include <format.h>
#include <frame.h>
#include <string.h>
#include <syscall.h>
#include <user_copy.h>

static int64_t console_write_to(struct file *file, uint64_t buffer, uint64_t length)
{
    (void)file;
    return sys_write(1, buffer, length);
}

static int64_t console_read_from(struct file *file, uint64_t buffer, uint64_t length)
{
    (void)file;
    if (!console_owner)
        console_owner = current_task();
    return console_read(buffer, length);
}

static int64_t folder_read(struct file *file, uint64_t buffer, uint64_t length)
{
    (void)file, (void)buffer, (void)length;
    return -EISDIR;
}

static void processes_close(struct file *file)
{
    frame_free(phys((uint64_t)file->data.bytes - PHYSICAL_MAP_BASE));
}

const struct file_kind console_kind = { .read = console_read_from, .write = console_write_to };
const struct file_kind archive_kind = { .read = file_read, .has_place = true };
const struct file_kind folder_kind = { .read = folder_read };
const struct file_kind processes_kind = { .read = file_read,
                                          .close = processes_close,
                                          .has_place = true };

/* /processes: a text that is made when it is opened, a page at most. */
static int processes_open(void)
{
    static const char *const states[] = { "new", "ready", "running", "dead", "waiting", "zombie" };
    phys_t frame = frame_alloc();
    if (frame.raw == FRAME_NONE.raw)
        return -ENOMEM;
    char *text = phys_to_virt(frame);
    size_t size = (size_t)snprintf(text, PAGE_SIZE, "  PID PARENT STATE    PROGRAM\n");
    for (struct process *process = process_first(); process && size < PAGE_SIZE - 64;
         process = process->next) {
        const struct task *parent = task_of(process)->parent;
        size += (size_t)snprintf(text + size, PAGE_SIZE - size, "%5d %6d %-8s %s\n", process->pid,
                                 parent ? parent->process.pid : 0, states[process->state],
                                 user_of(task_of(process))->name);
    }
    int descriptor = file_open((struct file){ .kind = &processes_kind, .data = { text, size } });
    if (descriptor < 0)
        frame_free(frame);
    return descriptor;
}

int path_open(const char *path)
{
    const char *name = path_name(path);
    if (name[0] == 0 && path[0] != 0)
        return file_open((struct file){ .kind = &folder_kind });
    if (strcmp(name, "processes") == 0)
        return processes_open();
    struct archive_file data;
    int error = archive_find(name, &data);
    return error ? error : file_open((struct file){ .kind = &archive_kind, .data = data });
}

/* The place in the folder is the number of entries that were given. */
int64_t folder_list(struct file *file, uint64_t buffer, uint64_t length)
{
    union {
        struct linux_dirent64 entry;
        char bytes[sizeof(struct linux_dirent64) + ARCHIVE_NAME_SIZE + 8];
    } is;
    const struct archive_header *header = NULL;
    uint64_t number = 0, done = 0;
    int error;
    while ((error = archive_next(&header)) == 0) {
        if (number++ < file->place)
            continue;
        memset(&is, 0, sizeof is);
        archive_name(header, is.entry.d_name);
        size_t size = align_up(
            offsetof(struct linux_dirent64, d_name) + strlen(is.entry.d_name) + 1, 8);
        if (size > length - done)
            return done ? (int64_t)done : -EINVAL;
        is.entry.d_ino = number;
        is.entry.d_off = (long)number;
        is.entry.d_reclen = (unsigned short)size;
        is.entry.d_type = DT_REG;
        int failed = copy_to_user(buffer + done, &is, size);
        if (failed)
            return failed;
        done += size;
        file->place = number;
    }
    return done || error == -ENOENT ? (int64_t)done : error;
}
