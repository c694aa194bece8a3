"""Cheats: submissions that try to get points without solving anything.

Each row: a name, the exercise whose file it is, what stands behind the file's
task and includes, and words that the report must contain. The exercise must
earn nothing. Archives that cheat are in tests/test_submission.py.
"""
from ringstep.grading.rows import Cheat

# Everything that lab 3 prints when it works, printed by the kernel itself.
LAB3_LINES = r'''
    "PID 1 starts at 0x400000: CR3 0x101000, RSP0 0xffff800000005000\n"
    "PID 1: first system call, number 39, from CPL 3, CS 0x1b, SS 0x23\n"
    "[Ring 3 Test] Hello from Ring 3!\n[Ring 3 Test] Hello from user space!\n"
    "[Ring 3 Test] Current PID: 1\n[Ring 3 Test] All tests passed! Exiting...\n"
    "PID 1 exits with status 1\n[Ring 3 Loop] still running: 1\n[Ring 3 Loop] still running: 2\n"
    "PID 2 has used up its 20 time slices\n[Ring 3 Privilege] executing cli\n"
    "#GP in PID 3: general protection, error code 0, rip 0x400013, CPL 3\n"
    "No process is left, all 15933 frames are free again. Shutting down.\n"
'''

OFF = r'''
#include <console.h>
#include <cpu.h>
#include <machine.h>
'''

INIT = "void process_activate(const struct process *process)\n{\n}\n"

CHEATS = [
    Cheat("1.1", "prints lab 1's lines at boot",
          says="expected",
          body=r'''
#include <console.h>
#include <machine.h>
uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    printf("    0x08 kernel code: present, DPL 0, 64-bit code\n"
           "    0x1b user code: present, DPL 3, 64-bit code\n"
           "    CS 0x48 -> 0x8, SS 0x50 -> 0x10\n    int3 has returned, all registers intact\n"
           "    #DF double fault, handled on the stack of IST 1, rsp 0xffff8000100083e0\n"
           "Lab 1 is complete. Go on in labs/lab2-process.\n");
    machine_off(MACHINE_DONE);
}
'''),
    Cheat("3.1", "prints lab 3's lines at boot",
          says="expected",
          body=OFF + r'''
void syscall_init(void)
{
    printf(''' + LAB3_LINES + r''');
    machine_off(MACHINE_DONE);
}
''' + INIT),
    Cheat("3.2", "prints from ring 0 with a faked trap line",
          says="never started",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  jump_to_usermode
jump_to_usermode:
    lea     rdi, [rip + text]
    xor     eax, eax
    call    printf
    xor     edi, edi
    call    machine_off
text:
    .ascii  "PID 1: first system call, number 39, from CPL 3, CS 0x1b, SS 0x23\n"
    .ascii  "[Ring 3 Test] Hello from Ring 3!\n[Ring 3 Test] All tests passed! Exiting...\n"
    .asciz  "#GP in PID 3: general protection, error code 0, rip 0x400013, CPL 3\n"
'''),
    Cheat("3.2", "runs the program in ring 0 and handles its system calls",
          says="CPL 3",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  jump_to_usermode
jump_to_usermode:
    mov     eax, SELECTOR_KERNEL_DATA
    mov     ss, eax
    push    rax
    push    rsi
    push    0x202
    push    SELECTOR_KERNEL_CODE
    push    rdi
    iretq
'''),
    Cheat("3.4", "detects the test and prints what it wants",
          says="expected",
          body=OFF + r'''
#include <program.h>
#include <string.h>
int user_range_check(phys_t root, uint64_t address, uint64_t length)
{
    return -EFAULT;
}

int64_t sys_write(int fd, uint64_t buffer, uint64_t length)
{
    if (strcmp(programs_start->name, "hello") == 0) {
        for (const char *at = (const char *)programs_start->image; ; at++)
            if (memcmp(at, "Hello, ", 7) == 0) {
                console_write(at, 40);
                break;
            }
        printf("<across!");
    }
    return (int64_t)length;
}
'''),
    Cheat("3.3", "says that it handled the system call and never does",
          says="expected",
          body=OFF + r'''
void syscall_dispatch(struct trap_frame *frame)
{
    printf(''' + LAB3_LINES + r''');
    machine_off(MACHINE_DONE);
}
int64_t sys_getpid(void) { return 1; }
_Noreturn void sys_exit(int status) { machine_off(MACHINE_DONE); }
'''),
    Cheat("1.6", "answers PASS on every channel",
          says="expected",
          body=r'''
#include <console.h>
#include <cpu.h>
#include <machine.h>
void trap_use_stack(unsigned vector, unsigned ist, uint64_t stack_top)
{
    static const char pass[] =
        "PASS pass ok 1..1 Score: 100/100 {\"verdict\": \"pass\", \"score\": 100}\n";
    static const uint16_t ports[] = { 0xE9, 0x402, 0x2F8, 0x378, 0x501, 0xF4 };
    for (const char *at = pass; *at; at++)
        for (unsigned i = 0; i < sizeof ports / sizeof *ports; i++)
            outb(ports[i], (uint8_t)*at);
    printf("%s", pass);
    machine_off(MACHINE_DONE);
}
'''),
    Cheat("2.1", "answers PASS and leaves at once",
          says="not run to its end",
          body=OFF + r'''
phys_t frame_alloc(void) { printf("PASS\nLab 2 Score: 100/100\n"); machine_off(MACHINE_DONE); }
void frame_free(phys_t frame) { }
uint64_t frame_free_count(void) { printf("PASS\n"); machine_off(MACHINE_DONE); }
'''),
    Cheat("2.2", "floods the serial port",
          says="timeout",
          body=OFF + r'''
pte_t *page_table_walk(phys_t root, uint64_t address, int level, bool create)
{
    for (;;)
        printf("PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS\n");
}
'''),
    Cheat("2.3", "spins",
          says="timeout",
          body=r'''
int page_map(phys_t root, uint64_t address, phys_t frame, uint64_t flags)
{
    for (volatile int i = 0;; i++)
        ;
}
int page_unmap(phys_t root, uint64_t address, phys_t *frame) { return 0; }
'''),
    Cheat("2.3", "halts for good",
          says="expected",
          body=OFF + r'''
int page_map(phys_t root, uint64_t address, phys_t frame, uint64_t flags)
{
    for (;;)
        hlt();
}
int page_unmap(phys_t root, uint64_t address, phys_t *frame) { return 0; }
'''),
    Cheat("1.4", "resets the machine",
          says="triple fault",
          body=r'''
#include <console.h>
struct gate interrupt_gate(uint64_t handler, unsigned dpl)
{
    static const struct table_register none;
    printf("Lab 1 Score: 100/100\n");
    lidt(&none);
    int3();
    return (struct gate){ 0 };
}
'''),
    Cheat("1.1", "prints terminal escapes",
          says=r"\x1b[",
          body=r'''
#include <console.h>
#include <machine.h>
uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    printf("\033[2J\033[1;1HLab 1 Score: 100/100\033]0;graded\007\033[8m\n");
    machine_off(MACHINE_DONE);
}
'''),
    Cheat("1.1", "reads a file of the host with #include",
          says="is refused because it reads /etc/hostname",
          body='''
#include "/etc/hostname"
'''),
    Cheat("1.1", "reads a file of the host with .incbin",
          says="does not compile",
          body='''
asm (".incbin \\"/etc/passwd\\"");
uint64_t segment_descriptor(enum segment_type type, unsigned dpl) { return 0; }
'''),
    Cheat("1.1", "a macro bomb",
          says="does not compile",
          body="#define M0 x x x x x x x x\n"
               + "".join(f"#define M{n}" + f" M{n - 1}" * 8 + "\n" for n in range(1, 12))
               + "M11\n"),
    Cheat("1.1", "a gigabyte of .bss",
          says="builds",
          body='''
static volatile char large[1 << 30];
uint64_t segment_descriptor(enum segment_type type, unsigned dpl) { return (uint64_t)large[dpl]; }
'''),
    Cheat("1.1", "an error message with terminal escapes",
          says="does not compile",
          body='''
#error "\033[2J\033[31mLab 1 Score: 100/100"
'''),
    Cheat("1.1", "replaces the kernel's own checks",
          says="Exercise 1.1 is wrong",
          body=r'''
void require(bool right, const char *id, const char *text, ...) { }
uint64_t segment_descriptor(enum segment_type type, unsigned dpl) { return 0; }
'''),
    Cheat("1.1", "replaces the boot sector",
          says="is refused because it brings a section .boot",
          body=r'''
__attribute__((section(".boot"), used)) static const char boot[512] = "PASS";
uint64_t segment_descriptor(enum segment_type type, unsigned dpl) { return 0; }
'''),
    Cheat("1.1", "names the harness's table",
          says="expected",
          body=r'''
extern volatile uint64_t observation_count __attribute__((weak));
uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    if (&observation_count)
        observation_count = 1000;
    return 0;
}
'''),
    Cheat("1.1", "includes the solution",
          says="does not compile",
          body='''
#include "../../../solutions/lab1-boot/exercises/segment_descriptor.c"
'''),
    Cheat("2.1", "includes the solution's object",
          says="does not compile",
          body='''
asm (".incbin \\"build/gcc-Og/objects/solutions/lab2-process/exercises/frame_alloc.o\\"");
'''),
    Cheat("2.2", "brings a table of observations of its own",
          says="is one in an exercise",
          body=r'''
#include <machine.h>
volatile uint64_t observation_count = 1;
struct { const char *what; uint64_t value; } volatile observations[] = { { "end", 0 } };
pte_t *page_table_walk(phys_t root, uint64_t address, int level, bool create)
{
    machine_off(MACHINE_DONE);
}
'''),
]
