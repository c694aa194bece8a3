/*
 * pipe.c - the two ends of a pipe, as files.
 */
#include <errno.h>
#include <frame.h>
#include <pipe.h>
#include <schedule.h>

static int64_t read_end_read(struct file *file, uint64_t buffer, uint64_t length)
{
    return pipe_read(file->pipe, buffer, length);
}

static int64_t write_end_write(struct file *file, uint64_t buffer, uint64_t length)
{
    return pipe_write(file->pipe, buffer, length);
}

static void read_end_close(struct file *file)
{
    pipe_close(file->pipe, false);
}

static void write_end_close(struct file *file)
{
    pipe_close(file->pipe, true);
}

static const struct file_kind read_end = { .read = read_end_read, .close = read_end_close };
static const struct file_kind write_end = { .write = write_end_write, .close = write_end_close };

int pipe_open(int ends[2])
{
    phys_t frame = frame_alloc();
    if (frame.raw == FRAME_NONE.raw)
        return -ENOMEM;
    struct pipe *pipe = phys_to_virt(frame);
    ends[0] = file_open((struct file){ .kind = &read_end, .pipe = pipe });
    if (ends[0] < 0) {
        frame_free(frame);
        return ends[0];
    }
    pipe->readers = pipe->writers = 1;
    ends[1] = file_open((struct file){ .kind = &write_end, .pipe = pipe });
    if (ends[1] >= 0)
        return 0;
    pipe->writers = 0;
    file_release(file_of((uint64_t)ends[0]));
    user_of(current_task())->files[ends[0]] = NULL;
    return ends[1];
}
