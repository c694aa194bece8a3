/*
 * loader.S - from real mode to 64-bit code in the upper half.
 *
 * The boot sector has read the kernel to KERNEL_READ_ADDRESS. Left to do: ask
 * the BIOS for the memory map, enter protected mode, move the kernel above
 * 1 MiB, build page tables that are just good enough, enter long mode.
 * Each mode change follows the Intel SDM: volume 3A, 10.9.1 "Switching to
 * Protected Mode" and 10.8.5 "Initializing IA-32e Mode".
 */
#include <memory_layout.h>
#include <paging_bits.h>

#define E820_SIGNATURE  0x534D4150          /* "SMAP" */
#define E820_ENTRY_SIZE 24
#define E820_MAX        ((BOOT_INFO_SIZE - 8) / E820_ENTRY_SIZE)

#define PML4            BOOT_PAGE_TABLES
#define PDPT_LOW        (BOOT_PAGE_TABLES + 0x1000)
#define PD_LOW          (BOOT_PAGE_TABLES + 0x2000)
#define PDPT_KERNEL     (BOOT_PAGE_TABLES + 0x3000)
#define PD_KERNEL       (BOOT_PAGE_TABLES + 0x4000)

    .intel_syntax noprefix
    .section .boot, "ax"
    .code16

    .globl loader
loader:
    /* 1. The memory map: int 15h, EAX=E820h, an entry a call until EBX is 0 or the carry
     *    is set. EAX comes back as the signature, or this BIOS means something else. */
    xor     ebx, ebx
    mov     di, BOOT_INFO_ADDRESS + 8
    mov     dword ptr [BOOT_INFO_ADDRESS], 0
    mov     dword ptr [BOOT_INFO_ADDRESS + 4], 0
1:  mov     dword ptr [di + 20], 1          /* for a BIOS that writes 20 bytes only */
    mov     eax, 0xE820
    mov     ecx, E820_ENTRY_SIZE
    mov     edx, E820_SIGNATURE
    int     0x15
    jc      2f
    mov     si, offset no_memory_map
    cmp     eax, E820_SIGNATURE
    jne     boot_fail
    inc     dword ptr [BOOT_INFO_ADDRESS]
    add     di, E820_ENTRY_SIZE
    cmp     dword ptr [BOOT_INFO_ADDRESS], E820_MAX
    jae     2f
    test    ebx, ebx
    jnz     1b
2:  mov     si, offset no_memory_map
    cmp     dword ptr [BOOT_INFO_ADDRESS], 0
    je      fail

    /* 2. Has this processor long mode and the NX bit? (CPUID 8000_0001h: EDX 29, 20; it has
     *    CPUID if bit 21 of EFLAGS can be changed, and that leaf if 8000_0000h says so) */
    mov     si, offset no_long_mode
    pushfd
    pop     eax
    mov     edx, eax
    xor     eax, 1 << 21
    push    eax
    popfd
    pushfd
    pop     eax
    cmp     eax, edx
    je      fail
    mov     eax, 0x80000000
    cpuid
    cmp     eax, 0x80000001
    jb      fail
    mov     eax, 0x80000001
    cpuid
    and     edx, 1 << 29 | 1 << 20
    cmp     edx, 1 << 29 | 1 << 20
    jne     fail

    /* 3. Is there usable memory where the kernel will run? One entry must hold all of it. */
    mov     si, BOOT_INFO_ADDRESS + 8
    mov     cx, [BOOT_INFO_ADDRESS]
3:  cmp     dword ptr [si + 16], 1          /* usable */
    jne     4f
    cmp     dword ptr [si + 4], 0           /* begins below 4 GiB, */
    jne     4f
    mov     eax, KERNEL_LOAD_ADDRESS        /* and so much before the kernel */
    sub     eax, [si]
    jb      4f
    add     eax, offset kernel_memory_size
    cmp     dword ptr [si + 12], 0
    jne     5f
    cmp     eax, [si + 8]
    jbe     5f
4:  add     si, E820_ENTRY_SIZE
    loop    3b
    mov     si, offset no_memory
fail:
    jmp     boot_fail
5:

    /* 4. Open address line 20, so that odd megabytes are not folded onto even ones: by the
     *    BIOS, by the PC's port 92h, by the keyboard controller, whichever works. */
    call    a20_test
    je      6f
    mov     ax, 0x2401
    int     0x15
    call    a20_test
    je      6f
    in      al, 0x92
    or      al, 2
    and     al, 0xFE                        /* bit 0 would reset the machine */
    out     0x92, al
    call    a20_test
    je      6f
    call    keyboard_wait
    mov     al, 0xD1                        /* what comes next is for the output port: */
    out     0x64, al
    call    keyboard_wait
    mov     al, 0xDF                        /* bit 1 is line 20, bit 0 is not reset */
    out     0x60, al
    call    keyboard_wait
    call    a20_test
    mov     si, offset no_a20
    jne     fail
6:
    /* 5. Protected mode. Interrupts stay off until the kernel has an IDT. */
    cli
    lgdt    [boot_gdtr]
    mov     eax, cr0
    or      eax, CR0_PE
    mov     cr0, eax
    .byte   0xEA                            /* jmp BOOT_CODE32:protected_mode */
    .word   protected_mode, BOOT_CODE32

    .code32
protected_mode:
    mov     ax, BOOT_DATA
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     esp, BOOT_SECTOR_ADDRESS

    /* 6. Move the kernel to where it runs and clear the .bss after it. */
    mov     esi, KERNEL_READ_ADDRESS
    mov     edi, KERNEL_LOAD_ADDRESS
    mov     ecx, offset kernel_file_size
    shr     ecx, 2
    rep movsd
    xor     eax, eax
    mov     ecx, offset kernel_bss_size
    shr     ecx, 2
    rep stosd

    /* 7. Page tables: the first GiB at address 0 and in the physical map, the
     *    kernel at KERNEL_BASE. boot/paging.c replaces them by the real ones. */
    mov     edi, BOOT_PAGE_TABLES
    mov     ecx, 5 * PAGE_SIZE / 4
    rep stosd
    mov     dword ptr [PML4], PDPT_LOW + (PTE_P | PTE_W)
    mov     dword ptr [PML4 + 256 * 8], PDPT_KERNEL + (PTE_P | PTE_W)
    mov     dword ptr [PML4 + 273 * 8], PDPT_LOW + (PTE_P | PTE_W)
    mov     dword ptr [PDPT_LOW], PD_LOW + (PTE_P | PTE_W)
    mov     dword ptr [PDPT_KERNEL], PD_KERNEL + (PTE_P | PTE_W)
    mov     edi, PD_LOW
    mov     eax, PTE_P | PTE_W | PTE_PS
    mov     ecx, 512
3:  mov     [edi], eax
    add     eax, LARGE_PAGE_SIZE
    add     edi, 8
    loop    3b
    mov     edi, PD_KERNEL + 128 * 8        /* KERNEL_BASE: bits 29–21 are 128 */
    mov     eax, KERNEL_LOAD_ADDRESS | PTE_P | PTE_W | PTE_PS
    mov     ecx, 512 - 128
4:  mov     [edi], eax
    add     eax, LARGE_PAGE_SIZE
    add     edi, 8
    loop    4b

    /* 8. Long mode: PAE, CR3, EFER.LME with NX, and paging turns it on. */
    mov     eax, CR4_PAE
    mov     cr4, eax
    mov     eax, PML4
    mov     cr3, eax
    mov     ecx, MSR_EFER
    rdmsr
    or      eax, EFER_LME | EFER_NXE
    wrmsr
    mov     eax, CR0_PG | CR0_WP | CR0_EM | CR0_NE | CR0_ET | CR0_PE
    mov     cr0, eax
    .byte   0xEA                            /* jmp BOOT_CODE64:long_mode */
    .long   long_mode
    .word   BOOT_CODE64

    .code64
long_mode:
    /* 9. The GDT by its address in the physical map: the low one goes away. */
    lgdt    [rip + boot_gdtr_high]
    movabs  rax, offset kernel_entry
    jmp     rax

    .code16
/* ZF: the line is open. Else 1 MiB + x is x. (FFFFh:x + 16 is 1 MiB + x) */
a20_test:
    push    es
    mov     ax, 0xFFFF
    mov     es, ax
    mov     word ptr [a20_word], 0
    mov     word ptr es:[a20_word + 16], 1
    cmp     word ptr [a20_word], 0
    pop     es
    ret
a20_word:
    .word   0

/* Until the keyboard controller can take a byte, or for as long as it may need. */
keyboard_wait:
    xor     cx, cx
1:  in      al, 0x64
    test    al, 2
    loopnz  1b
    ret

/* Flat segments. Their first eight entries are empty: see BOOT_CODE32. */
    .balign 8
boot_gdt:
    .fill   BOOT_CODE32 / 8, 8, 0
    .quad   0x00CF9A000000FFFF              /* 32-bit code, DPL 0, 4 GiB */
    .quad   0x00AF9A000000FFFF              /* 64-bit code, DPL 0 */
    .quad   0x00CF92000000FFFF              /* data, DPL 0, 4 GiB */
boot_gdt_end:

boot_gdtr:
    .word   boot_gdt_end - boot_gdt - 1
    .long   boot_gdt
boot_gdtr_high:
    .word   boot_gdt_end - boot_gdt - 1
    .quad   PHYSICAL_MAP_BASE + boot_gdt

no_memory_map:  .asciz "boot: the BIOS gives no memory map\r\n"
no_long_mode:   .asciz "boot: this processor has no 64-bit mode or no NX bit\r\n"
no_memory:      .asciz "boot: this machine has too little memory for the kernel\r\n"
no_a20:         .asciz "boot: address line 20 cannot be opened\r\n"
