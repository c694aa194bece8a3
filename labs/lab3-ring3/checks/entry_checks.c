/*
 * entry_checks.c - exercises 3.1 and 3.2: what ring 3 may use, and what it is entered with.
 */
#include <call_checks.h>
#include <cpu.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <irq.h>
#include <schedule.h>
#include <syscall.h>
#include <tss.h>

/* ---- 3.1 ---- */

void entry_tables_check(void)
{
    for (unsigned vector = 0; vector < IDT_ENTRIES; vector++) {
        struct gate gate = idt_get(vector);
        require(vector == SYSCALL_VECTOR || !(gate.type & GATE_DPL(3)), "3.1",
                "the gate of vector %u has DPL %u, expected 0: a program could fake %s", vector,
                gate.type >> 5 & 3, trap_mnemonic(vector));
    }
    uint64_t low = gdt_get(SELECTOR_TSS), high = gdt_get(SELECTOR_TSS + 8);
    const struct tss *tss = (const struct tss *)((low >> 16 & 0xFFFFFF) | low >> 56 << 24
                                                 | high << 32);
    require(tss->io_map_base == sizeof *tss, "3.1",
            "the I/O map base of the TSS is %#x, it was %#zx: ring 3 could use ports",
            tss->io_map_base, sizeof *tss);
}

/* ---- 3.2 ---- */

#define RFLAGS_RF 0x10000 /* set in the frame of a fault: SDM volume 3B, 18.3.1.1 */
#define JUNK      0x5A

static uint16_t read_fs(void)
{
    uint16_t value;
    asm volatile("mov %%fs, %0" : "=r"(value));
    return value;
}

static uint16_t read_gs(void)
{
    uint16_t value;
    asm volatile("mov %%gs, %0" : "=r"(value));
    return value;
}

/* At the first instruction of the page, ud2, or a tick of the timer before it. */
static void entered(struct trap_frame *frame)
{
    const struct trap_frame *expected = &tried->registers;
    const uint64_t *values = (const uint64_t *)frame;
    uint64_t rflags = frame->rflags & ~RFLAGS_RF;
    require(frame->cs == SELECTOR_USER_CODE && frame->ss == SELECTOR_USER_DATA, "3.2",
            "ring 3 is entered with CS %#lx and SS %#lx, expected %#x and %#x", frame->cs,
            frame->ss, SELECTOR_USER_CODE, SELECTOR_USER_DATA);
    require(frame->rip == expected->rip && frame->rsp == expected->rsp, "3.2",
            "ring 3 is entered at rip %#lx with rsp %#lx, expected %#lx and %#lx", frame->rip,
            frame->rsp, expected->rip, expected->rsp);
    require(rflags == (RFLAGS_RESERVED | RFLAGS_IF), "3.2",
            "ring 3 is entered with RFLAGS %#lx, expected %#x: IF and nothing else", rflags,
            RFLAGS_RESERVED | RFLAGS_IF);
    for (unsigned i = 0; i < FRAME_REGISTERS; i++)
        require(values[i] == 0, "3.2", "ring 3 is entered with %s %#lx, expected 0", frame_words[i],
                values[i]);
    require(read_ds() == SELECTOR_USER_DATA && read_es() == SELECTOR_USER_DATA, "3.2",
            "ring 3 is entered with DS %#x and ES %#x, expected %#x", read_ds(), read_es(),
            SELECTOR_USER_DATA);
    require(read_fs() == 0 && read_gs() == 0, "3.2",
            "ring 3 is entered with FS %#x and GS %#x, expected 0", read_fs(), read_gs());
    process_end(tried);
}

/* With something in each register, and in the flags that a program can see. */
void entry_check(void)
{
    trap_register(VECTOR_UD, entered);
    trap_register(VECTOR_TIMER, entered);
    asm volatile(
        "mov %3, %%fs; mov %3, %%gs; push $0x8D7; mov %2, %%eax; mov %%eax, %%ebx;"
        "mov %%eax, %%ecx; mov %%eax, %%edx; mov %%eax, %%ebp; mov %%eax, %%r8d;"
        "mov %%eax, %%r9d; mov %%eax, %%r10d; mov %%eax, %%r11d; mov %%eax, %%r12d;"
        "mov %%eax, %%r13d; mov %%eax, %%r14d; mov %%eax, %%r15d; popf; call jump_to_usermode"
        :
        : "D"(tried->registers.rip), "S"(tried->registers.rsp), "i"(JUNK), "r"(SELECTOR_USER_DATA));
}
