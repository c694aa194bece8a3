/*
 * sh.c - the shell: reads a line, splits it into commands and words, runs it, and so on.
 */
#include <shell.h>
#include <stdbool.h>

static struct command commands[COMMANDS_MAX];

static void say(const char *text)
{
    (void)write_all(1, text, strlen(text));
}

/* One line, without its end. Its length; −1: it has more than LINE_SIZE − 1 bytes, and was passed
 * over; −2: there are no further ones. */
static int read_line(char line[LINE_SIZE])
{
    int length = 0;
    for (bool too_long = false;;) {
        char c;
        if (read(0, &c, 1) <= 0)
            return length > 0 && !too_long ? length : -2;
        if (c == '\n')
            return too_long ? -1 : length;
        too_long = too_long || length == LINE_SIZE - 1;
        if (!too_long)
            line[length++] = c;
    }
}

/* Cut the line into commands[]. How many; 0: an empty line; −1: it is refused, and why was said. */
static int split(char *line)
{
    int count = 0;
    unsigned words = 0;
    bool in_word = false;
    for (char *at = line; *at; at++) {
        if (*at == '>' || *at == '<') {
            say("sh: > and < are not here: files cannot be written, and cat FILE | reads one\n");
            return -1;
        }
        bool is_pipe = *at == '|', is_space = *at == ' ' || *at == '\t' || is_pipe;
        if (!is_space && !in_word) {
            if (words == WORDS_MAX) {
                say("sh: too many words\n");
                return -1;
            }
            commands[count].words[words++] = at;
            commands[count].words[words] = NULL;
        }
        in_word = !is_space;
        if (is_space)
            *at = 0;
        if (!is_pipe)
            continue;
        if (words == 0 || ++count == COMMANDS_MAX) {
            say(words ? "sh: too many commands\n" : "sh: there is no command before |\n");
            return -1;
        }
        words = 0;
    }
    if (words == 0 && count > 0) {
        say("sh: there is no command behind |\n");
        return -1;
    }
    return words ? count + 1 : 0;
}

static int number(const char *digits)
{
    int value = 0;
    while (*digits >= '0' && *digits <= '9')
        value = value * 10 + (*digits++ - '0');
    return value;
}

static void tell(int status)
{
    if (status > 0 && (status & 0x7F) == SIGINT)
        printf("sh: ended with Ctrl-C\n");
    else if (status > 0 && (status & 0x7F) != 0)
        printf("sh: ended by signal %d\n", status & 0x7F);
}

int main(void)
{
    static char line[LINE_SIZE];
    for (;;) {
        say("$ ");
        int length = read_line(line);
        if (length == -2)
            return 0;
        if (length == -1) {
            say("sh: the line is too long\n");
            continue;
        }
        line[length] = 0;
        int count = split(line);
        if (count <= 0)
            continue;
        const char *const *words = commands[0].words;
        if (strcmp(words[0], "exit") == 0)
            return words[1] ? number(words[1]) : 0;
        tell(run_line(commands, (unsigned)count));
    }
}
