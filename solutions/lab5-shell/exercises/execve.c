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

/* SOLUTION */
/* The program's address space: its segments, and a stack with the arguments. */
static int build(phys_t root, const void *image, const struct arguments *arguments, uint64_t *rsp)
{
    uint64_t top;
    int error = program_map(root, image);
    if (!error)
        error = allocate_user_stack(root, &top);
    if (error)
        return error;
    const pte_t *last = page_table_walk(root, top - PAGE_SIZE, 1, false);
    return arguments_push(phys_to_virt(pte_frame(*last)), arguments, rsp);
}
/* END SOLUTION */

int64_t sys_execve(struct trap_frame *frame, uint64_t path, uint64_t argv)
{
    /* SOLUTION */
    static struct arguments arguments;
    char name[NAME_SIZE];
    struct archive_file file = { 0 };
    uint64_t entry_point, rsp;
    int error = string_from_user(name, path, sizeof name);
    if (!error)
        error = arguments_from_user(&arguments, argv);
    if (!error)
        error = archive_find(path_name(name), &file);
    if (!error)
        error = program_check(file.bytes, file.size, &entry_point);
    phys_t root, old = current_process()->page_table;
    if (!error)
        error = create_user_page_table(&root);
    if (error)
        return error;

    error = build(root, file.bytes, &arguments, &rsp);
    if (error) {
        destroy_user_page_table(root);
        return error;
    }
    current_process()->page_table = root;
    write_cr3(root.raw);
    shared_pages_drop(old);
    destroy_user_page_table(old);
    process_rename(path_name(name));
    registers_start(frame, entry_point, rsp);
    return 0;
    /* END SOLUTION */
}
