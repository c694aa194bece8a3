/*
 * process_load.c - from an ELF file to a process.
 *
 * The file is not to be trusted: every number in it is checked before it is
 * used, and sums are compared so that they cannot wrap around.
 */
#include <elf.h>
#include <errno.h>
#include <frame.h>
#include <page_table.h>
#include <program.h>
#include <schedule.h>
#include <string.h>

/* Linkers leave empty segments in the file. Nothing is mapped for one, wherever it says it lies. */
static bool is_loaded(const Elf64_Phdr *segment)
{
    return segment->p_type == PT_LOAD && (segment->p_memsz > 0 || segment->p_filesz > 0);
}

static bool segment_is_valid(const Elf64_Phdr *segment, size_t size)
{
    return segment->p_filesz <= segment->p_memsz && segment->p_offset <= size
        && segment->p_filesz <= size - segment->p_offset && segment->p_vaddr >= USER_PROGRAM_BASE
        && segment->p_vaddr < USER_PROGRAM_END
        && segment->p_memsz <= USER_PROGRAM_END - segment->p_vaddr
        && (segment->p_flags & (PF_W | PF_X)) != (PF_W | PF_X);
}

static const Elf64_Phdr *segments_of(const Elf64_Ehdr *elf)
{
    return (const Elf64_Phdr *)((const uint8_t *)elf + elf->e_phoff);
}

static int segments_check(const Elf64_Ehdr *elf, size_t size)
{
    const Elf64_Phdr *segments = segments_of(elf);
    bool entry_is_code = false;
    for (int i = 0; i < elf->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type == PT_INTERP) /* wants a dynamic linker */
            return -ENOEXEC;
        if (!is_loaded(segment))
            continue;
        if (!segment_is_valid(segment, size))
            return -ENOEXEC;
        if (segment->p_flags & PF_X && elf->e_entry - segment->p_vaddr < segment->p_memsz)
            entry_is_code = true;
    }
    return entry_is_code ? 0 : -ENOEXEC;
}

static bool elf_is_ours(const Elf64_Ehdr *elf, size_t size)
{
    return size >= sizeof *elf && memcmp(elf->e_ident, ELF_IDENT, sizeof ELF_IDENT - 1) == 0
        && elf->e_type == ET_EXEC && elf->e_machine == EM_X86_64
        && elf->e_phentsize == sizeof(Elf64_Phdr) && elf->e_phoff % 8 == 0 && elf->e_phoff <= size
        && elf->e_phnum * sizeof(Elf64_Phdr) <= size - elf->e_phoff;
}

/* Copy the part of the segment's file bytes that falls into the page. */
static void copy_page(uint8_t *to, uint64_t page, const uint8_t *image, const Elf64_Phdr *segment)
{
    uint64_t start = page > segment->p_vaddr ? page : segment->p_vaddr;
    uint64_t end = segment->p_vaddr + segment->p_filesz;
    if (end > page + PAGE_SIZE)
        end = page + PAGE_SIZE;
    if (start < end)
        memcpy(to + (start - page), image + segment->p_offset + (start - segment->p_vaddr),
               end - start);
}

static int segment_map(phys_t root, const uint8_t *image, const Elf64_Phdr *segment)
{
    uint64_t flags = PTE_U | (segment->p_flags & PF_W ? PTE_W : 0)
        | (segment->p_flags & PF_X ? 0 : PTE_NX);
    uint64_t end = segment->p_vaddr + segment->p_memsz;
    for (uint64_t page = align_down(segment->p_vaddr, PAGE_SIZE); page < end; page += PAGE_SIZE) {
        phys_t frame = frame_alloc();
        if (frame.raw == FRAME_NONE.raw)
            return -ENOMEM;
        copy_page(phys_to_virt(frame), page, image, segment);
        int error = page_map(root, page, frame, flags);
        if (error) {
            frame_free(frame);
            return error == -EEXIST ? -ENOEXEC : error; /* two segments in one page */
        }
    }
    return 0;
}

int program_check(const void *image, size_t size, uint64_t *entry_point)
{
    const Elf64_Ehdr *elf = image;
    if (!elf_is_ours(elf, size))
        return -ENOEXEC;
    *entry_point = elf->e_entry;
    return segments_check(elf, size);
}

int program_map(phys_t root, const void *image)
{
    const Elf64_Ehdr *elf = image;
    const Elf64_Phdr *segments = segments_of(elf);
    int error = 0;
    for (int i = 0; i < elf->e_phnum && !error; i++)
        if (is_loaded(&segments[i]))
            error = segment_map(root, image, &segments[i]);
    return error;
}

pid_t process_load(const void *image, size_t size)
{
    uint64_t entry_point;
    int error = program_check(image, size, &entry_point);
    if (error)
        return error;
    pid_t pid = create_process(entry_point);
    if (pid < 0)
        return pid;
    struct process *process = process_find(pid);
    error = program_map(process->page_table, image);
    if (error) {
        destroy_process(pid);
        return error;
    }
    process_ready(process);
    return pid;
}
