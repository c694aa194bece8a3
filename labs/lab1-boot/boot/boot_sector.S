/*
 * boot_sector.S - the 512 bytes that the BIOS loads to 0x7C00 and jumps to.
 *
 * They read the rest of the disk image, the loader and the kernel, with the
 * BIOS's extended disk service and go on in loader.S. How much there is to
 * read comes from the linker, so the boot sector never limits the kernel's size.
 */
#include <memory_layout.h>

#define SECTOR_SIZE     512
#define CHUNK_SECTORS   64      /* 32 KiB: never crosses a 64 KiB boundary */
#define COM1            0x3F8

    .intel_syntax noprefix
    .section .boot, "ax"
    .code16

    .globl boot_sector
boot_sector:
    /* 1. The BIOS promises only DL, the drive: set CS, the data segments and a stack. */
    cli
    xor     ax, ax
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     sp, BOOT_SECTOR_ADDRESS
    sti
    cld
    .byte   0xEA                            /* jmp 0:code_segment_is_zero, spelled out: */
    .word   code_segment_is_zero, 0         /* assemblers disagree on far jumps */
code_segment_is_zero:
    mov     [boot_drive], dl

    /* 2. Has this BIOS the extended disk service? (int 13h, AH=41h) */
    mov     ah, 0x41
    mov     bx, 0x55AA
    int     0x13
    jc      disk_error

    /* 3. The loader, behind this sector. */
    mov     si, offset disk_packet
    call    read_packet

    /* 4. The kernel, in chunks, to KERNEL_READ_ADDRESS. */
    mov     word ptr [packet_offset], 0
    mov     word ptr [packet_segment], KERNEL_READ_ADDRESS / 16
    mov     word ptr [packet_lba], BOOT_CODE_SIZE / SECTOR_SIZE
    mov     bx, offset kernel_sectors       /* a number, from the linker script */
2:  mov     ax, CHUNK_SECTORS
    cmp     ax, bx
    jbe     3f
    mov     ax, bx
3:  mov     [packet_count], ax
    call    read_packet
    add     word ptr [packet_segment], CHUNK_SECTORS * SECTOR_SIZE / 16
    add     word ptr [packet_lba], CHUNK_SECTORS
    sub     bx, [packet_count]
    jnz     2b
    jmp     loader

/* Read what disk_packet says. (int 13h, AH=42h) */
read_packet:
    push    word ptr [packet_count]         /* the BIOS may change it */
    mov     si, offset disk_packet
    mov     dl, [boot_drive]
    mov     ah, 0x42
    int     0x13
    pop     word ptr [packet_count]
    jc      disk_error
    ret

disk_error:
    mov     si, offset disk_error_text
    /* fall through */

/* Print the text at SI on the screen and on the serial port, and turn the machine off. */
    .globl boot_fail
boot_fail:
    lodsb
    test    al, al
    jz      5f
    mov     bx, 7
    mov     ah, 0x0E
    push    ax
    int     0x10
    mov     dx, COM1 + 5
4:  in      al, dx                          /* line status: wait for bit 5, */
    test    al, 0x20                        /* transmitter holding register empty */
    jz      4b
    pop     ax
    mov     dx, COM1
    out     dx, al
    jmp     boot_fail
5:  mov     dx, COM1 + 5
6:  in      al, dx
    test    al, 0x40                        /* bit 6: the last byte has left, too */
    jz      6b
    mov     al, '1'                         /* the status of machine.h: MACHINE_PANIC */
    out     0xE9, al
    mov     ax, 0x2000                      /* power off, as machine_off() does */
    mov     dx, 0x604
    out     dx, ax
    mov     si, offset bochs_off
    mov     dx, 0x8900
    mov     cx, 8
    rep outsb
7:  hlt
    jmp     7b

/* The disk address packet of int 13h, AH=42h. */
disk_packet:    .byte 16, 0
packet_count:   .word BOOT_CODE_SIZE / SECTOR_SIZE - 1
packet_offset:  .word BOOT_SECTOR_ADDRESS + SECTOR_SIZE
packet_segment: .word 0
packet_lba:     .quad 1

boot_drive:     .byte 0
disk_error_text:.asciz "boot: cannot read the disk\r\n"
bochs_off:      .ascii "Shutdown"

    .org    510
    .word   0xAA55
