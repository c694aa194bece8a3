/*
 * file.c - open files and descriptors.
 */
#include <errno.h>
#include <file.h>
#include <schedule.h>

static struct file files[FILES_OPEN_MAX];

static struct file **table(void)
{
    return user_of(current_task())->files;
}

int file_open(struct file wanted)
{
    unsigned descriptor = 0, free = 0;
    while (descriptor < FILES_MAX && table()[descriptor])
        descriptor++;
    while (free < FILES_OPEN_MAX && files[free].kind)
        free++;
    if (descriptor == FILES_MAX)
        return -EMFILE;
    if (free == FILES_OPEN_MAX)
        return -ENFILE;
    files[free] = wanted;
    table()[descriptor] = file_share(&files[free]);
    return (int)descriptor;
}

struct file *file_of(uint64_t descriptor)
{
    return descriptor < FILES_MAX ? table()[descriptor] : NULL;
}

struct file *file_share(struct file *file)
{
    file->owners++;
    return file;
}

void file_release(struct file *file)
{
    if (--file->owners > 0)
        return;
    if (file->kind->close)
        file->kind->close(file);
    file->kind = NULL;
}

void files_inherit(struct user *child, const struct user *parent)
{
    for (unsigned i = 0; i < FILES_MAX; i++)
        if (parent->files[i])
            child->files[i] = file_share(parent->files[i]);
}

void files_close(struct user *user)
{
    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (user->files[i])
            file_release(user->files[i]);
        user->files[i] = NULL;
    }
}

void files_console(struct user *user)
{
    static struct file console = { .kind = &console_kind, .owners = 1 }; /* never closed */
    for (unsigned i = 0; i < 3; i++)
        user->files[i] = file_share(&console);
}
