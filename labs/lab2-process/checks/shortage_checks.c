/*
 * shortage_checks.c - exercises 2.2 to 2.6 with no frame left, or too few: each reports
 * that, and whatever it has taken is free again.
 */
#include <boot.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <page_table.h>
#include <process.h>
#include <process_checks.h>
#include <stacks.h>

#define FAR_ADDRESS (100UL << 39)

/* Each takes something; 0, or the error. */
static phys_t root;

static int try_page(void)
{
    return page_map(root, FAR_ADDRESS, kernel_page_table, PTE_NX);
}

static int try_space(void)
{
    phys_t made;
    int error = create_user_page_table(&made);
    if (!error)
        destroy_user_page_table(made);
    return error;
}

static int try_kernel_stack(void)
{
    uint64_t top;
    int error = allocate_kernel_stack(&top);
    if (!error)
        free_kernel_stack(top);
    return error;
}

static int try_user_stack(void)
{
    uint64_t top;
    return allocate_user_stack(root, &top);
}

static int try_process(void)
{
    pid_t pid = create_process(USER_PROGRAM_BASE);
    return pid > 0 ? destroy_process(pid) : pid;
}

/* With no frame left, with one, and so on up to one too few: -ENOMEM each time, and no frame
 * is lost. Tables that were made below `root` may stay: they belong to it. */
static void try_shortages(const char *id, const char *call, int (*try)(void), uint64_t needed)
{
    for (uint64_t left = 0; left < needed; left++) {
        give_frames(id, 1, false);
        int error = create_user_page_table(&root);
        require(error == 0, "2.4", "create_user_page_table() gives %s with a frame free",
                error_name(error));
        give_frames(id, left, false);
        error = try();
        require(error == -ENOMEM, id, "%s with %lu frames left gives %s, expected -ENOMEM", call,
                left, error < 0 ? error_name(error) : "no error");
        bool has_root = try == try_page || try == try_user_stack;
        require(has_root || frame_free_count() == left, id,
                "%s has failed for want of memory: %lu frames are free after it, before there "
                "were %lu",
                call, frame_free_count(), left);
        destroy_user_page_table(root);
        uint64_t taken = take_frames(id, UINT64_MAX);
        require(taken == left + 1, id,
                "%s has failed for want of memory, and of %lu frames %lu are left", call, left + 1,
                taken);
    }
}

void try_without_memory(void)
{
    uint64_t before = frame_free_count(), taken = take_frames("2.2", UINT64_MAX);
    require(!page_table_walk(kernel_page_table, FAR_ADDRESS, 1, true), "2.2",
            "no frame is left, yet page_table_walk(…, 1, true) has made a table");

    const uint64_t kernel_stack = KERNEL_STACK_SIZE / PAGE_SIZE;
    const uint64_t user_stack = USER_STACK_SIZE / PAGE_SIZE + 3;
    try_shortages("2.3", "page_map()", try_page, 3);
    try_shortages("2.4", "create_user_page_table()", try_space, 1);
    try_shortages("2.5", "allocate_kernel_stack()", try_kernel_stack, kernel_stack);
    try_shortages("2.5", "allocate_user_stack()", try_user_stack, user_stack);
    try_shortages("2.6", "create_process()", try_process, 2 + kernel_stack + user_stack);
    give_frames("2.6", taken, false);
    require_frames("2.6", before);
}
