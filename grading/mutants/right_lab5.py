"""Right solutions of lab 5 that are not ours, as in right_lab3.py."""
from ringstep.grading.rows import Right

RIGHT = [
    Right("5.1", "byte by byte into the program, and the ring is read twice",
          body=r'''
void serial_interrupt(struct trap_frame *frame)
{
    (void)frame;
    for (;;) {
        uint8_t status = inb(UART_LINE_STATUS);
        if (!(status & UART_HAS_DATA))
            return;
        uint8_t byte = inb(UART_DATA);
        console_typed((char)byte);
    }
}

static char at(unsigned number)
{
    return console_input.bytes[number & (INPUT_SIZE - 1)];
}

int64_t console_read(uint64_t buffer, uint64_t length)
{
    for (; console_input.ready == console_input.taken; sleep_on(&console_input.readers))
        ;
    unsigned first = console_input.taken, end = first; /* of the line, with what ends it */
    while (at(end) != '\n' && at(end) != CTRL_D)
        end++;
    bool is_cut = at(end) == CTRL_D;
    uint64_t has = end - first + (is_cut ? 0 : 1);
    uint64_t count = has < length ? has : length;
    for (uint64_t i = 0; i < count; i++) {
        char c = at(first + (unsigned)i);
        if (copy_to_user(buffer + i, &c, 1) != 0)
            return copy_to_user(buffer + i, &c, 1);
    }
    console_input.taken = first + (unsigned)count + (is_cut && count == has ? 1 : 0);
    return (int64_t)count;
}
'''),
    Right("5.2", "the name in two parts, and the place is set last",
          body=r'''
/* Whether `name` goes on with the field, and then with `rest`. */
static const char *behind(const char *name, const char *field, size_t size)
{
    for (size_t i = 0; i < size && field[i]; i++)
        if (*name++ != field[i])
            return NULL;
    return name;
}

static bool is_it(const struct archive_header *header, const char *name)
{
    if (header->prefix[0]) {
        name = behind(name, header->prefix, sizeof header->prefix);
        if (!name || *name++ != '/')
            return false;
    }
    name = behind(name, header->name, sizeof header->name);
    return name && *name == 0;
}

int archive_find(const char *name, struct archive_file *file)
{
    const struct archive_header *header = NULL;
    for (;;) {
        int error = archive_next(&header);
        if (error != 0)
            return error;
        if (is_it(header, name))
            break;
    }
    file->bytes = (const char *)header + ARCHIVE_BLOCK;
    file->size = archive_size(header);
    if (header->type == ARCHIVE_FOLDER)
        return -EISDIR;
    return 0;
}

int64_t file_read(struct file *file, uint64_t buffer, uint64_t length)
{
    uint64_t end = file->place + length;
    if (end > file->data.size || end < file->place)
        end = file->data.size;
    if (end <= file->place)
        return 0;
    uint64_t count = end - file->place;
    int error = copy_to_user(buffer, &file->data.bytes[file->place], count);
    if (error == 0)
        file->place = end;
    return error ? error : (int64_t)count;
}
'''),
    Right("5.3", "strings behind the vectors, from below to above",
          body=r'''
int arguments_push(char *page, const struct arguments *arguments, uint64_t *rsp)
{
    const char *from = arguments->text;
    uint64_t vectors = (arguments->count + 3 + AUXILIARY_WORDS) * 8;
    uint64_t all = align_up(vectors + arguments->size, 16);
    if (all > PAGE_SIZE)
        return -E2BIG;
    uint64_t block = USER_STACK_TOP - all;
    char *to = page + PAGE_SIZE - all;          /* the same, for us */
    uint64_t *words = (uint64_t *)to;
    uint64_t string = vectors;
    words[0] = arguments->count;
    for (unsigned i = 0; i < arguments->count; i++) {
        words[1 + i] = block + string;
        do
            to[string++] = *from;
        while (*from++);
    }
    words[1 + arguments->count] = 0;
    words[2 + arguments->count] = 0;
    for (unsigned i = 0; i < AUXILIARY_WORDS; i++)
        words[3 + arguments->count + i] = auxiliary[i];
    *rsp = block;
    return 0;
}
'''),
    Right("5.4", "file first, and one way out",
          body=r'''
int64_t sys_execve(struct trap_frame *frame, uint64_t path, uint64_t argv)
{
    static struct arguments arguments;
    static char name[NAME_SIZE];
    struct process *process = current_process();
    struct archive_file file;
    uint64_t entry_point, top, rsp;
    phys_t root, before = process->page_table;
    int64_t result = string_from_user(name, path, NAME_SIZE);
    if (result != 0 || (result = archive_find(path_name(name), &file)) != 0)
        return result;
    if ((result = arguments_from_user(&arguments, argv)) != 0)
        return result;
    if ((result = create_user_page_table(&root)) != 0)
        return result;
    if ((result = program_check(file.bytes, file.size, &entry_point)) != 0
        || (result = program_map(root, file.bytes)) != 0
        || (result = allocate_user_stack(root, &top)) != 0)
        goto given_up;
    pte_t *entry = page_table_walk(root, USER_STACK_TOP - PAGE_SIZE, 1, false);
    result = arguments_push(phys_to_virt(pte_frame(*entry)), &arguments, &rsp);
    if (result != 0)
        goto given_up;

    registers_start(frame, entry_point, rsp);
    process_rename(path_name(name));
    write_cr3(root.raw);
    process->page_table = root;
    shared_pages_drop(before);
    destroy_user_page_table(before);
    return 0;
given_up:
    destroy_user_page_table(root);
    return result;
}
'''),
    Right("5.5", "in pieces that never run over the end",
          body=r'''
int64_t pipe_read(struct pipe *pipe, uint64_t buffer, uint64_t length)
{
    uint64_t done = 0;
    while (pipe->taken == pipe->put && pipe->writers > 0)
        sleep_on(&pipe->can_read);
    while (done < length && pipe->taken + done < pipe->put) {
        uint64_t from = (pipe->taken + done) & (PIPE_SIZE - 1), count = PIPE_SIZE - from;
        if (count > length - done)
            count = length - done;
        if (count > pipe->put - pipe->taken - done)
            count = pipe->put - pipe->taken - done;
        int error = copy_to_user(buffer + done, &pipe->bytes[from], count);
        if (error)
            return error;
        done += count;
    }
    bool was_full = pipe->put - pipe->taken == PIPE_SIZE;
    pipe->taken += done;
    if (was_full)
        wake_up(&pipe->can_write);
    return (int64_t)done;
}

int64_t pipe_write(struct pipe *pipe, uint64_t buffer, uint64_t length)
{
    uint64_t left = length;
    if (user_range_check(current_process()->page_table, buffer, length) != 0)
        return -EFAULT;
    while (pipe->readers > 0 && left > 0) {
        uint64_t used = pipe->put - pipe->taken;
        if (used == PIPE_SIZE) {
            sleep_on(&pipe->can_write);
            continue;
        }
        char byte;
        if (copy_from_user(&byte, buffer++, 1) != 0)
            return -EFAULT;
        pipe->bytes[pipe->put++ % PIPE_SIZE] = byte;
        left--;
        if (used == 0)
            wake_up(&pipe->can_read);
    }
    if (left == length)
        return -EPIPE;
    return (int64_t)(length - left);
}

void pipe_close(struct pipe *pipe, bool writer)
{
    if (writer)
        pipe->writers--;
    else
        pipe->readers--;
    wake_up(&pipe->can_read);
    wake_up(&pipe->can_write);
    if (!pipe->writers && !pipe->readers)
        frame_free((phys_t){ (uint64_t)pipe - PHYSICAL_MAP_BASE });
}
'''),
    Right("5.6", "all pipes first, and waits for each by its PID",
          body=r'''
static int ends[COMMANDS_MAX][2];

static void close_all(unsigned pipes)
{
    for (unsigned i = 0; i < pipes; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

int run_line(const struct command *commands, unsigned count)
{
    int children[COMMANDS_MAX], status = -1;
    unsigned pipes = 0, started = 0;
    while (pipes + 1 < count && pipe(ends[pipes]) == 0)
        pipes++;
    if (pipes + 1 == count)
        for (; started < count; started++) {
            children[started] = fork();
            if (children[started] < 0)
                break;
            if (children[started] > 0)
                continue;
            if (started > 0)
                dup2(ends[started - 1][0], 0);
            if (started + 1 < count)
                dup2(ends[started][1], 1);
            close_all(pipes);
            int error = execve(commands[started].words[0], commands[started].words);
            print_error(commands[started].words[0], error);
            sys_exit(EXIT_NO_PROGRAM);
        }
    close_all(pipes);
    if (started < count)
        print_error("sh", -EAGAIN);
    for (unsigned i = 0; i < started; i++)
        wait4(children[i], &status, 0, NULL);
    return started == count ? status : -1;
}
'''),
]
