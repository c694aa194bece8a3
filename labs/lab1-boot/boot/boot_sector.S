/*
 * boot_sector.S - the 512 bytes that the BIOS loads to 0x7C00 and jumps to.
 *
 * They read the rest of the disk image, the loader and the kernel, with the
 * BIOS's extended disk service, and continue in loader.S. How much there is to
 * read comes from the linker, so the boot sector never limits the kernel's size.
 */
#include <memory_layout.h>

#define SECTOR_SIZE     512
#define CHUNK_SECTORS   64      /* 32 KiB: never crosses a 64 KiB boundary */
#define COM1            0x3F8
#define SERIAL_STEPS    6
#define BPB_SIZE        62      /* with the jump: of a FAT's boot sector */
#define PARTITIONS      446     /* where the partition table lies */

    .intel_syntax noprefix
    .section .boot, "ax"
    .code16

    .globl boot_sector
boot_sector:
    /* A BIOS that takes a USB stick for a floppy may write its parameters here, where a FAT
     * has them. */
    jmp     start
    nop
    .org    BPB_SIZE

start:
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

    /* 2. The serial port, as in kernel/console.c: not every BIOS has set it up. */
    mov     si, offset serial_setup
    mov     cx, SERIAL_STEPS
    mov     dh, COM1 >> 8
1:  lodsw
    mov     dl, al
    mov     al, ah
    out     dx, al
    loop    1b

    /* 3. Has this BIOS the extended disk service? (int 13h, AH=41h: no carry, BX turned
     *    around, bit 0 of CX for AH=42h) */
    mov     ah, 0x41
    mov     bx, 0x55AA
    mov     dl, [boot_drive]
    int     0x13
    mov     si, offset no_disk_service
    jc      boot_fail
    cmp     bx, 0xAA55
    jne     boot_fail
    test    cl, 1
    jz      boot_fail

    /* 4. The loader, which follows this sector. */
    call    read_packet

    /* 5. The kernel, in chunks, to KERNEL_READ_ADDRESS. */
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
    mov     si, offset disk_error
    jc      boot_fail
    ret

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

/* Pairs: a register's port (its low byte), and what goes there. */
serial_setup:   .byte 0xF9, 0               /* no interrupts */
                .byte 0xFB, 0x80            /* the divisor's turn: */
                .byte 0xF8, 1, 0xF9, 0      /* 115200 baud */
                .byte 0xFB, 0x03            /* 8 bits, no parity, 1 stop bit */
                .byte 0xFA, 0x07            /* both queues on and empty */

disk_error:     .asciz "boot: cannot read the disk\r\n"
no_disk_service:.asciz "boot: the BIOS has no extended disk service for this drive\r\n"
bochs_off:      .ascii "Shutdown"

/* A BIOS that takes a USB stick for a hard disk wants to see an active partition. */
    .org    PARTITIONS
    .byte   0x80, 0, 2, 0                   /* active; first sector by head, sector, cylinder */
    .byte   0xDA, 0xFE, 0xFF, 0xFF          /* no file system; the last sector: by number only */
    .long   1                               /* from sector 1 on, */
    .long   image_sectors                   /* as many as the image has; from the linker script */

    .org    510
    .word   0xAA55
