/*
 * intruders.c - hostile families for hostile_files.c, which says which of them: those that are
 * after files, pipes and the table of processes. The status of the first process is 0, or the line
 * where something was not as it must be.
 */
#include <files.h>
#include <intruders_memory.h>
#include <lab5_calls.h>
#include <must.h>

static void wait_for_all(void)
{
    while (wait4(-1, &status, 0, NULL) > 0)
        ;
}

static void close_all(void)
{
    for (int fd = 3; fd < FILES_MAX; fd++)
        (void)close(fd);
}

static void no_descriptors(void)
{
    static const int none[] = { -1, 3, FILES_MAX, 1000, 0x7FFFFFFF, -0x7FFFFFFF - 1 };
    for (unsigned i = 0; i < sizeof none / sizeof *none; i++) {
        MUST(read(none[i], bytes, 1) == -EBADF && sys_write(none[i], bytes, 1) == -EBADF);
        MUST(close(none[i]) == -EBADF && lseek(none[i], 0, SEEK_SET) == -EBADF);
        MUST(dup2(none[i], 1) == -EBADF && dup2(none[i], none[i]) == -EBADF);
        MUST(none[i] == 3 || dup2(1, none[i]) == -EBADF);
        MUST(getdents64(none[i], (void *)bytes, PAGE) == -EBADF);
        MUST(system_call(SYS_FSTAT, none[i], (long)bytes, 0) == -EBADF);
        MUST(system_call(SYS_WRITEV, none[i], (long)bytes, 1) == -EBADF);
    }
    MUST(close(0) == 0 && read(0, bytes, 1) == -EBADF && close(0) == -EBADF);
}

static void bad_buffers(void)
{
    int ends[2], folder = open("/", O_RDONLY), file = open("poem", O_RDONLY);
    int table = open("/processes", O_RDONLY);
    MUST(pipe(ends) == 0 && sys_write(ends[1], "abcd", 4) == 4);
    for (unsigned i = 0; i < PLACES; i++) {
        char *bad = (char *)bad_places[i];
        MUST(read(file, bad, 4) == -EFAULT && read(table, bad, 4) == -EFAULT);
        MUST(read(ends[0], bad, 4) == -EFAULT && sys_write(ends[1], bad, 4) == -EFAULT);
        MUST(sys_write(1, bad, 4) == -EFAULT && getdents64(folder, (void *)bad, PAGE) == -EFAULT);
        MUST(pipe((int *)bad) == -EFAULT && open(bad, O_RDONLY) < 0);
        MUST(system_call(SYS_FSTAT, file, (long)bad, 0) == -EFAULT);
    }
    char *code = (char *)main;
    MUST(read(file, code, 4) == -EFAULT && read(ends[0], code, 4) == -EFAULT);
    MUST(pipe((int *)code) == -EFAULT && lseek(file, 0, SEEK_CUR) == 0);
    MUST(read(ends[0], bytes, 10) == 4 && open("", O_RDONLY) == -ENOENT);
}

static void lengths(void)
{
    static const unsigned long many[] = { ~0UL, 1UL << 63, 1UL << 47, 1UL << 32 };
    int ends[2], file = open("poem", O_RDONLY);
    MUST(pipe(ends) == 0);
    for (unsigned i = 0; i < sizeof many / sizeof *many; i++) {
        MUST(sys_write(ends[1], bytes, many[i]) == -EFAULT);
        MUST(i >= 2 || sys_write(1, bytes, many[i]) == -EFAULT); /* else it takes a part */
        lseek(file, -3, SEEK_END);
        MUST(read(file, bytes, many[i]) == 3 && read(file, bytes, many[i]) == 0);
        MUST(sys_write(ends[1], "xy", 2) == 2 && read(ends[0], bytes, many[i]) == 2);
        MUST(getdents64(file, (void *)bytes, many[i]) == -ENOTDIR);
    }
    MUST(read(file, (void *)KERNEL_HALF, 0) == 0 && sys_write(1, (void *)8, 0) == 0);
}

static void all_files(void)
{
    int ends[2] = { 77, 77 };
    for (int fd = 3; fd < FILES_MAX; fd++)
        MUST(open("poem", O_RDONLY) == fd);
    MUST(open("poem", O_RDONLY) == -EMFILE && pipe(ends) == -EMFILE && ends[0] == 77);
    MUST(open("/processes", O_RDONLY) == -EMFILE && open("/", O_RDONLY) == -EMFILE);
    MUST(close(9) == 0 && pipe(ends) == -EMFILE && open("poem", O_RDONLY) == 9);
    close_all();
    for (int child = 0; child < 14; child++)
        if (fork() == 0) {
            int fd;
            while ((fd = open("/processes", O_RDONLY)) > 0)
                sched_yield();
            MUST(fd == -EMFILE || fd == -ENFILE);
            for (int i = 0; i < 30; i++)
                sched_yield();
            sys_exit(0);
        }
    while (wait4(-1, &status, 0, NULL) > 0)
        MUST(status == 0);
    MUST(open("poem", O_RDONLY) == 3);
}

static void until_control_c(void)
{
    int ends[2], child = 0;
    MUST(system_call(CALL_TYPE, (long)"x\n", 2, 0) == 0 && read(0, bytes, 9) == 2);
    MUST(pipe(ends) == 0);
    while (child < 5 && fork() != 0)
        child++;
    if (child == 0)
        (void)read(ends[0], bytes, 1); /* it could write itself */
    if (child == 1)
        for (;;)
            (void)sys_write(ends[1], bytes, PAGE); /* somebody could read it */
    if (child == 2)
        (void)read(0, bytes, 1);
    if (child == 3)
        sleep_ms(1L << 40);
    if (child < 5)
        for (int i = 0;; i++)
            if (i > 3 || fork() < 0) /* a family of its own */
                sched_yield();
    for (int i = 0; i < 8; i++)
        sched_yield();
    MUST(system_call(CALL_TYPE, (long)"\x03", 1, 0) == 0);
    for (int i = 0; i < 5; i++)
        MUST(wait4(-1, &status, 0, NULL) > 0 && status == SIGINT);
    MUST(wait4(-1, &status, 0, NULL) == -ECHILD);
}

static void pipes(void)
{
    int ends[2], error;
    for (int child = 0; child < 20; child++)
        if (fork() == 0) {
            while ((error = pipe(ends)) == 0)
                (void)sys_write(ends[1], bytes, 2048);
            MUST(error == -EMFILE || error == -ENFILE || error == -ENOMEM);
            sched_yield();
            if (child % 2)
                *(volatile char *)8 = 1; /* it leaves them open */
            sys_exit(0);
        }
    wait_for_all();
    MUST(pipe(ends) == 0 && sys_write(ends[1], bytes, 2048) == 2048);
}

static void seeks(void)
{
    static const long places[] = { -0x7FFFFFFFFFFFFFFF - 1, -1 };
    int ends[2], file = open("poem", O_RDONLY);
    MUST(pipe(ends) == 0 && lseek(ends[0], 0, SEEK_CUR) == -ESPIPE);
    MUST(lseek(1, 0, SEEK_CUR) == -ESPIPE);
    for (unsigned i = 0; i < 2; i++)
        MUST(lseek(file, places[i], SEEK_SET) == -EINVAL);
    MUST(lseek(file, 0x7FFFFFFFFFFFFFFF, SEEK_SET) == 0x7FFFFFFFFFFFFFFF);
    MUST(read(file, bytes, PAGE) == 0 && lseek(file, 1, SEEK_CUR) == -EINVAL);
    MUST(lseek(file, 0x7FFFFFFFFFFFFFFF, SEEK_END) == -EINVAL && lseek(file, 0, 3) == -EINVAL);
    MUST(lseek(file, 0, -1) == -EINVAL && lseek(file, -1, SEEK_END) > 0);
    MUST(read(file, bytes, PAGE) == 1);
}

static void vectors(void)
{
    struct {
        const void *bytes;
        unsigned long size;
    } parts[] = { { "ab", 2 }, { (void *)KERNEL_HALF, 0 }, { bytes, ~0UL }, { "cd", 2 } };
    int ends[2];
    MUST(pipe(ends) == 0);
    MUST(system_call(SYS_WRITEV, ends[1], (long)parts, 1025) == -EINVAL);
    MUST(system_call(SYS_WRITEV, ends[1], (long)parts, -1) == -EINVAL);
    MUST(system_call(SYS_WRITEV, ends[1], (long)parts, 4) == 2); /* as far as it is good */
    MUST(system_call(SYS_WRITEV, ends[0], (long)parts, 1) == -EBADF);
    for (unsigned i = 0; i < PLACES; i++) {
        MUST(system_call(SYS_WRITEV, ends[1], (long)bad_places[i], 1) == -EFAULT);
        MUST(system_call(SYS_READV, ends[0], (long)bad_places[i], 1) == -EFAULT);
    }
    parts[0].bytes = main;
    MUST(system_call(SYS_READV, ends[0], (long)parts, 2) == -EFAULT);
    MUST(read(ends[0], bytes, 9) == 2);
}

static void crowd(void)
{
    int ends[2], all = 0, children = 0, pid;
    MUST(pipe(ends) == 0);
    while (children < 60 && (pid = fork()) != 0) {
        if (pid < 0)
            break;
        children++;
    }
    if (pid == 0) {
        (void)sys_write(ends[1], bytes, 100);
        (void)fork(); /* which nobody asks for */
        sys_exit(0);
    }
    close(ends[1]);
    for (long got; (got = read(ends[0], bytes, 77)) > 0; all += (int)got)
        ;
    MUST(all == 100 * children);
}

/* An archive that the kernel has made: "a", perhaps "x", perhaps "z". */
static void archive(void)
{
    static const char *const words[] = { "x", NULL };
    long opens = system_call(CALL_ATTACK, 1, 0, 0), lists = system_call(CALL_ATTACK, 2, 0, 0);
    long got, count = 0;
    int fd = open("x", O_RDONLY);
    MUST(fd == opens && execve("x", words) == (opens == 3 ? -ENOEXEC : opens));
    if (fd == 3)
        MUST(read(fd, bytes, PAGE) == 1 && read(fd, bytes, PAGE) == 0 && close(fd) == 0);
    fd = open("/", O_RDONLY);
    MUST(fd == 3);
    while ((got = getdents64(fd, (void *)bytes, 400)) > 0)
        for (long at = 0; at < got; count++)
            at += ((const struct linux_dirent64 *)(bytes + at))->d_reclen;
    MUST((got < 0 ? got : count) == lists);
    for (unsigned length = 0; length < 28; length++)
        MUST(getdents64(fd, (void *)bytes, length) <= 0);
}

int main(int argc, char **argv)
{
    static void (*const attacks[])(void) = {
        no_descriptors,        bad_buffers, lengths,    all_files,
        until_control_c,       pipes,       bad_execve, again,
        execve_without_memory, seeks,       vectors,    maps,
        processor_state,       crowd,
    };
    if (argc > 1 && argv[1][0]) {
        const char *const words[] = { "intruders", argv[1] + 1, NULL };
        if (fork() == 0)
            MUST(execve("intruders", words) == 0);
        MUST(wait4(-1, &status, 0, NULL) > 0 && status == 0);
        return 0;
    }
    if (argc > 1)
        return 0;
    long attack = system_call(CALL_ATTACK, 0, 0, 0);
    if (attack < 0)
        archive();
    else
        attacks[attack]();
    return 0;
}
