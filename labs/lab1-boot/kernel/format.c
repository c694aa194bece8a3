/*
 * format.c - see format.h.
 */
#include <format.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct output {
    void (*put)(char c, void *context);
    void *context;
    int length;
};

/* One conversion: %[flags][width][.precision][length]letter */
struct conversion {
    bool left, zero, prefix;
    int width, precision;
    int longs; /* how many l; z counts as one */
};

static void emit(struct output *out, char c)
{
    out->put(c, out->context);
    out->length++;
}

static void emit_repeated(struct output *out, char c, int count)
{
    while (count-- > 0)
        emit(out, c);
}

static void emit_text(struct output *out, const struct conversion *how, const char *text)
{
    int length = 0;
    if (!text)
        text = "(null)";
    while ((how->precision < 0 || length < how->precision) && text[length])
        length++;
    if (!how->left)
        emit_repeated(out, ' ', how->width - length);
    for (int i = 0; i < length; i++)
        emit(out, text[i]);
    if (how->left)
        emit_repeated(out, ' ', how->width - length);
}

static void emit_number(struct output *out, const struct conversion *how, uint64_t value,
                        unsigned base, const char *sign, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[20];
    int count = 0, length;
    do
        text[count++] = digits[value % base];
    while ((value /= base) != 0);
    length = count + (int)strlen(sign);

    if (!how->left && !how->zero)
        emit_repeated(out, ' ', how->width - length);
    while (*sign)
        emit(out, *sign++);
    if (!how->left && how->zero)
        emit_repeated(out, '0', how->width - length);
    while (count > 0)
        emit(out, text[--count]);
    if (how->left)
        emit_repeated(out, ' ', how->width - length);
}

static const char *parse_number(const char *at, int *number)
{
    for (*number = 0; *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (*at - '0');
    return at;
}

/* Read what stands between '%' and the letter; returns where the letter is. */
static const char *parse(const char *at, struct conversion *how)
{
    *how = (struct conversion){ .precision = -1 };
    for (;; at++) {
        if (*at == '-')
            how->left = true;
        else if (*at == '0')
            how->zero = true;
        else if (*at == '#')
            how->prefix = true;
        else
            break;
    }
    at = parse_number(at, &how->width);
    if (*at == '.')
        at = parse_number(at + 1, &how->precision);
    while (*at == 'l' || *at == 'z') {
        how->longs++;
        at++;
    }
    return at;
}

int format(void (*put)(char c, void *context), void *context, const char *text, va_list arguments)
{
    struct output out = { put, context, 0 };
    struct conversion how;
    for (const char *at = text; *at; at++) {
        if (*at != '%') {
            emit(&out, *at);
            continue;
        }
        const char *percent = at;
        at = parse(at + 1, &how);
        switch (*at) {
        case 'c':
            emit_text(&out, &how, (char[]){ (char)va_arg(arguments, int), 0 });
            break;
        case 's':
            emit_text(&out, &how, va_arg(arguments, const char *));
            break;
        case 'd':
        case 'i': {
            int64_t value = how.longs ? va_arg(arguments, long) : va_arg(arguments, int);
            uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
            emit_number(&out, &how, size, 10, value < 0 ? "-" : "", false);
            break;
        }
        case 'u':
        case 'x':
        case 'X': {
            uint64_t value = how.longs ? va_arg(arguments, unsigned long)
                                       : va_arg(arguments, unsigned);
            emit_number(&out, &how, value, *at == 'u' ? 10 : 16, how.prefix && value ? "0x" : "",
                        *at == 'X');
            break;
        }
        case 'p':
            emit_number(&out, &how, (uintptr_t)va_arg(arguments, void *), 16, "0x", false);
            break;
        case '%':
            emit(&out, '%');
            break;
        default: /* unknown: as it stands */
            while (percent < at)
                emit(&out, *percent++);
            if (*at == 0)
                return out.length;
            emit(&out, *at);
        }
    }
    return out.length;
}

struct buffer {
    char *at;
    size_t left; /* room, the zero byte not counted */
};

static void put_buffer(char c, void *context)
{
    struct buffer *buffer = context;
    if (buffer->left > 0) {
        *buffer->at++ = c;
        buffer->left--;
    }
}

int snprintf(char *buffer, size_t size, const char *text, ...)
{
    struct buffer out = { buffer, size ? size - 1 : 0 };
    va_list arguments;
    va_start(arguments, text);
    int length = format(put_buffer, &out, text, arguments);
    va_end(arguments);
    if (size)
        *out.at = 0;
    return length;
}
