/*
 * linux_calls.c - the system calls that a C library makes beside those of this course.
 */
#include <copy_on_write.h>
#include <errno.h>
#include <frame.h>
#include <linux.h>
#include <schedule.h>
#include <syscall.h>
#include <user_copy.h>
#include <user_memory.h>

#define ARCH_SET_FS 0x1002
#define MAP_FIXED   0x10
#define MAP_ANON    0x20
#define VECTORS_MAX 1024 /* of one readv or writev; as Linux has it */

#define MODE_FOLDER  0040555 /* st_mode: the kind, and who may do what */
#define MODE_FILE    0100444
#define MODE_CONSOLE 0020600
#define MODE_PIPE    0010600

static int64_t call_arch_prctl(struct trap_frame *frame)
{
    if (frame->rdi != ARCH_SET_FS || frame->rsi >= USER_HALF_END)
        return -EINVAL;
    linux_of(current_task())->fs_base = frame->rsi;
    process_resumes(current_process());
    return 0;
}

static int64_t call_pid(struct trap_frame *frame)
{
    (void)frame;
    return current_process()->pid;
}

/* There are no signals. Of brk() 0 says that no area grows: C libraries take mmap() then. */
static int64_t call_nothing(struct trap_frame *frame)
{
    (void)frame;
    return 0;
}

static int64_t call_ioctl(struct trap_frame *frame)
{
    return file_of(frame->rdi) ? -ENOTTY : -EBADF;
}

/* Take away what mmap() has given, from `start` on; others may have the frame, too. */
static void unmap(uint64_t start, uint64_t end)
{
    phys_t root = current_process()->page_table, frame;
    for (uint64_t page = start; page < end; page += PAGE_SIZE) {
        if (page_unmap(root, page, &frame) != 0)
            continue;
        if (owners_further(frame) > 0)
            owners_drop(frame);
        else
            frame_free(frame);
    }
}

/* Always zeroes that may be read and written, wherever there is room. */
static int64_t call_mmap(struct trap_frame *frame)
{
    struct linux_user *user = linux_of(current_task());
    uint64_t start = user->mapped_end, size = align_up(frame->rsi, PAGE_SIZE);
    if (size == 0 || !(frame->r10 & MAP_ANON) || frame->r10 & MAP_FIXED)
        return -EINVAL;
    if (size / PAGE_SIZE > frame_free_count() || size > USER_PROGRAM_END - start)
        return -ENOMEM;
    for (uint64_t page = start; page < start + size; page += PAGE_SIZE) {
        phys_t given = frame_alloc();
        if (given.raw != FRAME_NONE.raw
            && page_map(current_process()->page_table, page, given, PTE_U | PTE_W | PTE_NX) == 0)
            continue;
        if (given.raw != FRAME_NONE.raw)
            frame_free(given);
        unmap(start, page);
        return -ENOMEM;
    }
    user->mapped_end = start + size;
    return (int64_t)start;
}

static int64_t call_munmap(struct trap_frame *frame)
{
    uint64_t start = frame->rdi, size = align_up(frame->rsi, PAGE_SIZE);
    uint64_t end = linux_of(current_task())->mapped_end;
    if (start % PAGE_SIZE || start < MMAP_BASE || start > end || size == 0 || size > end - start)
        return -EINVAL;
    unmap(start, start + size);
    return 0;
}

/* readv and writev: one after the other, until one takes less than it was given. */
static int64_t call_vectors(struct trap_frame *frame)
{
    const struct file *file = file_of(frame->rdi);
    bool writes = frame->rax == SYS_WRITEV;
    if (!file || !(writes ? file->kind->write : file->kind->read))
        return -EBADF;
    if (frame->rdx > VECTORS_MAX)
        return -EINVAL;
    int64_t done = 0;
    for (uint64_t i = 0; i < frame->rdx; i++) {
        uint64_t part[2], at = frame->rsi + i * sizeof part;
        if (user_range_check(current_process()->page_table, at, sizeof part) != 0
            || copy_from_user(part, at, sizeof part) != 0)
            return done ? done : -EFAULT;
        if (part[1] == 0)
            continue;
        int64_t result = (writes ? file->kind->write : file->kind->read)((struct file *)file,
                                                                         part[0], part[1]);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((uint64_t)result < part[1])
            break;
    }
    return done;
}

static int64_t call_fstat(struct trap_frame *frame)
{
    struct {
        uint64_t device, inode, links;
        uint32_t mode, user, group, padding;
        uint64_t special;
        int64_t size, block_size, blocks;
        uint64_t times[9];
    } is = { .links = 1, .block_size = PAGE_SIZE };
    _Static_assert(sizeof is == 144, "Linux' struct stat");
    const struct file *file = file_of(frame->rdi);
    if (!file)
        return -EBADF;
    is.mode = file->kind == &console_kind ? MODE_CONSOLE
        : file->kind == &folder_kind      ? MODE_FOLDER
        : file->pipe                      ? MODE_PIPE
                                          : MODE_FILE;
    is.size = (int64_t)file->data.size;
    return copy_to_user(frame->rsi, &is, sizeof is);
}

void linux_calls_init(void)
{
    static const struct {
        unsigned number;
        syscall_handler_t handler;
    } calls[] = {
        { SYS_FSTAT, call_fstat },      { SYS_MMAP, call_mmap },
        { SYS_MPROTECT, call_nothing }, { SYS_MUNMAP, call_munmap },
        { SYS_BRK, call_nothing },      { SYS_RT_SIGPROCMASK, call_nothing },
        { SYS_IOCTL, call_ioctl },      { SYS_READV, call_vectors },
        { SYS_WRITEV, call_vectors },   { SYS_ARCH_PRCTL, call_arch_prctl },
        { SYS_GETTID, call_pid },       { SYS_SET_TID_ADDRESS, call_pid },
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        syscall_register(calls[i].number, calls[i].handler);
}
