/*
 * segments.c - two processes with their own DS, ES, FS and GS: what each finds there
 * after the other has run. Not an exercise's test: tests/test_ring3.py reads it.
 */
#include <gdt.h>
#include <lab3.h>
#include <timer.h>

/* clang-format off */
static const uint8_t loads[] = {
    0xB8, SELECTOR_USER_DATA, 0, 0, 0, /* mov eax, SELECTOR_USER_DATA */
    0x8E, 0xE0, 0x8E, 0xE8,            /* mov fs, eax; mov gs, eax */
    0x31, 0xC0,                        /* xor eax, eax */
    0x8E, 0xD8, 0x8E, 0xC0,            /* mov ds, eax; mov es, eax */
    0xEB, 0xFE                         /* jmp . */
};
static const uint8_t stays[] = { 0xEB, 0xFE }; /* jmp . */
/* clang-format on */

static const uint64_t loaded = USER_PROGRAM_BASE + sizeof loads - sizeof stays;

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void tick(struct trap_frame *frame)
{
    int pid = current_process()->pid;
    uint16_t ds, es, fs, gs;
    if (pid == 1 && frame->rip != loaded) { /* a tick before its first instruction */
        timer_tick(frame);
        return;
    }
    asm volatile("mov %%ds, %0; mov %%es, %1" : "=r"(ds), "=r"(es));
    asm volatile("mov %%fs, %0; mov %%gs, %1" : "=r"(fs), "=r"(gs));
    observe("tick in PID", (uint64_t)pid);
    observe("DS", ds);
    observe("ES", es);
    observe("FS", fs);
    observe("GS", gs);
    timer_tick(frame);
}

_Noreturn void kmain(void)
{
    lab3_start();
    (void)lab3_process(loads, sizeof loads);
    (void)lab3_process(stays, sizeof stays);
    timer_init();
    irq_register(IRQ_TIMER, tick);
    schedule();
}
