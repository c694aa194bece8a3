/*
 * Exercise 5.4: sys_execve
 *
 * In:  frame        the process's registers, at its system call
 *      path, argv   addresses in ring 3
 * Out: 0, and the process goes on as the program of that name: in a page table that has the file's
 *      segments and a new stack with the arguments, at the file's entry point
 *      (registers_start()).
 *      Its PID, its family, its kernel stack and its open files are what they were, and of its old
 *      page table nothing is left.
 *      When anything fails, the error; the process goes on as before, and no frame is lost
 *
 * In this order: the two from ring 3 (string_from_user() with a buffer of NAME_SIZE bytes,
 * arguments_from_user()), the file (archive_find(path_name(…)), program_check()), the new page
 * table with all that belongs into it (program_map(), allocate_user_stack(), arguments_push()).
 * Only when nothing can fail any more the process changes over: record, CR3, and then the old
 * page table goes, shared_pages_drop() first. process_rename() tells /processes.
 * struct arguments is larger than a quarter of the kernel's stack: make it static.
 * POSIX, exec.
 * Check: make grade ONLY=5.4
 */
#include <archive.h>
#include <copy_on_write.h>
#include <cpu.h>
#include <execute.h>
#include <exercise.h>
#include <file_numbers.h>
#include <program.h>
#include <schedule.h>
#include <stacks.h>

int64_t sys_execve(struct trap_frame *frame, uint64_t path, uint64_t argv)
{
    todo("5.4");
}
