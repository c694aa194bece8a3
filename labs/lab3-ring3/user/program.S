/*
 * program.S - packs one program into the kernel's image. Assembled once for
 * each, with PROGRAM_NAME and PROGRAM_FILE set; see struct program.
 */
    .section .rodata
name:
    .asciz  PROGRAM_NAME
    .balign 16
image:
    .incbin PROGRAM_FILE
image_end:

    .section .programs, "a"
    .quad   name, image, image_end - image
