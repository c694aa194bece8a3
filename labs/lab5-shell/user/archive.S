/*
 * archive.S - packs the archive into the kernel's image, and what the kernel types by itself
 * (not in the kernel of `make shell`).
 */
    .section .rodata
    .balign 16
    .globl  archive_start, archive_end, typed_start, typed_end
archive_start:
    .incbin ARCHIVE_FILE
archive_end:
typed_start:
#ifdef TYPED_FILE
    .incbin TYPED_FILE
#endif
typed_end:
