/*
 * page_fault.c - a page fault in words: where it was, and whose page it hit.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <describe.h>
#include <machine.h>
#include <page_fault.h>
#include <page_table.h>
#include <process.h>
#include <stacks.h>
#include <tss.h>

/* In probe_read.S: the one instruction that may fault, and where to go then. */
extern char probe_read_instruction[], probe_read_faulted[];

static bool in_page(uint64_t address, uint64_t page)
{
    return address - page < PAGE_SIZE;
}

/* What is special about the page of the address, in words to follow "#PF". */
static void describe_place(char text[DESCRIBE_SIZE], uint64_t address, uint64_t cr3)
{
    text[0] = 0;
    for (struct process *process = process_first(); process; process = process->next) {
        bool kernel = in_page(address, process->kernel_stack - KERNEL_STACK_SLOT);
        bool user = process->page_table.raw == cr3
            && in_page(address, process->user_stack - USER_STACK_SIZE - PAGE_SIZE);
        if (kernel || user)
            snprintf(text, DESCRIBE_SIZE, " in the guard page of PID %d (%s stack)", process->pid,
                     kernel ? "kernel" : "user");
    }
    if (text[0])
        return;
    uint64_t slot = (address - KERNEL_STACK_BASE) / KERNEL_STACK_SLOT;
    if (slot < KERNEL_STACK_SLOTS && in_page(address, KERNEL_STACK_BASE + slot * KERNEL_STACK_SLOT))
        snprintf(text, DESCRIBE_SIZE, " in the guard page of kernel stack %lu", slot);
    else if (in_page(address, USER_STACK_TOP - USER_STACK_SIZE - PAGE_SIZE))
        snprintf(text, DESCRIBE_SIZE, " in the guard page of the user stack");
    else if (in_page(address, (uint64_t)boot_stack_guard))
        snprintf(text, DESCRIBE_SIZE, " in the guard page of the boot stack");
    else if (in_page(address, 0))
        snprintf(text, DESCRIBE_SIZE, " in the null page");
}

static void report(const struct trap_frame *frame, uint64_t cr3)
{
    char place[DESCRIBE_SIZE], what[DESCRIBE_SIZE];
    describe_place(place, read_cr2(), cr3);
    describe_page_fault(what, frame->error_code);
    printf("    #PF%s: %s, address %#lx", place, what, read_cr2());
    if (cr3 != kernel_page_table.raw)
        printf(" in the page table at %#lx", cr3);
    printf("\n");
}

/* If the process table or a page table is broken, the report itself may fault: so it is
 * made in the kernel's own page table, and the first fault is what counts. */
void page_fault(struct trap_frame *frame)
{
    static struct trap_frame *reported;
    static bool failed;
    if (failed)
        machine_off(MACHINE_PANIC);
    if (reported) {
        failed = true;
        trap_unexpected(reported);
    }
    reported = frame;
    uint64_t cr3 = read_cr3();
    write_cr3(kernel_page_table.raw);
    report(frame, cr3);
    if (frame->rip != (uint64_t)probe_read_instruction)
        trap_unexpected(frame);
    reported = NULL;
    write_cr3(cr3);
    frame->rip = (uint64_t)probe_read_faulted;
}

/* Usually a full stack. The processor does not say what it could not deliver, and CR2 is
 * whatever the last page fault left there, perhaps long ago: it counts only when it lies
 * where a trap would push, in the 48 bytes below a multiple of 16. */
static _Noreturn void double_fault(struct trap_frame *frame)
{
    uint64_t stack = trap_from_user(frame) ? tss_rsp0() : frame->rsp;
    if (stack - read_cr2() < 64) {
        char place[DESCRIBE_SIZE];
        describe_place(place, read_cr2(), read_cr3());
        printf("    #DF after a #PF%s, address %#lx\n", place, read_cr2());
    } else if (!is_canonical(stack - 1)) {
        printf("    #DF after a #SS: a stack at %#lx, which is not canonical\n", stack);
    } else {
        printf("    #DF: an exception could not be delivered\n");
    }
    trap_unexpected(frame);
}

void page_fault_init(void)
{
    trap_register(VECTOR_PF, page_fault);
    trap_register(VECTOR_DF, double_fault);
}
