#include "text.h"
#include "core/arena.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool reserve(tg_text *text, size_t more) {
    if (text->failed) return false;
    if (text->capacity - text->size > more) return true;
    size_t capacity = 2 * text->capacity + more + 256;
    char *data = capacity > more ? tg_alloc(capacity) : NULL;
    if (!data) {
        text->failed = true;
        return false;
    }
    if (text->size) memcpy(data, text->data, text->size);
    tg_release(text->data);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void tg_text_put_n(tg_text *text, const char *bytes, size_t n) {
    if (!reserve(text, n)) return;
    memcpy(text->data + text->size, bytes, n);
    text->size += n;
    text->data[text->size] = 0;
}

void tg_text_put(tg_text *text, const char *string) {
    tg_text_put_n(text, string, strlen(string));
}

void tg_text_add(tg_text *text, const char *format, ...) {
    char small[512];
    va_list va, again;
    va_start(va, format);
    va_copy(again, va);
    int n = vsnprintf(small, sizeof small, format, va);
    va_end(va);
    if (n < 0) {
        text->failed = true;
    } else if ((size_t)n < sizeof small) {
        tg_text_put_n(text, small, (size_t)n);
    } else if (reserve(text, (size_t)n)) {
        vsnprintf(text->data + text->size, (size_t)n + 1, format, again);
        text->size += (size_t)n;
    }
    va_end(again);
}

char *tg_number_text(double value, int digits, char *buffer) {
    if (isnan(value)) return strcpy(buffer, "nan");
    if (isinf(value)) return strcpy(buffer, value < 0 ? "-inf" : "inf");
    char printed[TG_NUMBER_TEXT];
    snprintf(printed, sizeof printed, "%.*g", digits > 17 ? 17 : digits, value == 0 ? 0.0 : value);
    char *to = buffer;
    bool point = false;
    for (const char *from = printed; *from; from++) {
        if (strchr("0123456789+-e", *from))
            *to++ = *from;
        else if (!point)
            *to++ = '.', point = true; /* the locale's, of one byte or more */
    }
    *to = 0;
    return buffer;
}

void tg_text_number(tg_text *text, double value, int digits) {
    char buffer[TG_NUMBER_TEXT];
    tg_text_put(text, tg_number_text(value, digits, buffer));
}

/* How many columns of a terminal the character takes that begins at s: the scripts of East Asia and emoji take
   two, accents that are put upon the letter before them none. */
static int columns(const unsigned char *s) {
    if (*s < 0xc0) return *s < 0x80;
    if (*s == 0xcc || (*s == 0xcd && s[1] < 0xb0)) return 0;                   /* up to U+036F */
    return (*s >= 0xe3 && *s <= 0xed) || (*s == 0xf0 && s[1] >= 0x9f) ? 2 : 1; /* U+3000..DFFF, U+1F000.. */
}

int tg_text_width(const char *string, size_t n) {
    int width = 0;
    for (size_t i = 0; i < n; i++) width += columns((const unsigned char *)string + i);
    return width;
}

void tg_text_pad(tg_text *text, int column) {
    size_t begin = text->size;
    while (begin > 0 && text->data[begin - 1] != '\n') begin--;
    for (int at = text->size ? tg_text_width(text->data + begin, text->size - begin) : 0; at < column; at++)
        tg_text_put_n(text, " ", 1);
}

void tg_text_free(tg_text *text) {
    tg_release(text->data);
    *text = (tg_text){0};
}

char *tg_text_take(tg_text *text) {
    tg_text_put_n(text, "", 0);
    char *data = text->failed ? NULL : text->data;
    if (text->failed) tg_release(text->data);
    *text = (tg_text){0};
    return data;
}

/* ---- labels ---- */

static const char *replacement(char c, tg_escape how) {
    switch (how) {
    case TG_ESCAPE_QUOTED:
        if (c == '"') return "\\\"";
        if (c == '\\') return "\\\\";
        if (c == '\n') return "\\n";
        if (c == '&') return "&amp;"; /* dot reads entities */
        break;
    case TG_ESCAPE_LABEL:
        if (c == '\\')
            return "&#92;&#8203;"; /* dot expands \N, \G and others, entities or not: a space of no width parts them */
        /* fall through */
    case TG_ESCAPE_MARKUP:
        if (c == '&') return "&amp;";
        if (c == '<') return "&lt;";
        if (c == '>') return "&gt;";
        if (c == '"') return "&quot;";
        if (c == '\\') return "&#92;";   /* dot expands \N, \G and others */
        if (c == '\n') return "&#9166;"; /* a return symbol */
        break;
    case TG_ESCAPE_MERMAID:
        if (c == '"') return "#quot;";
        if (c == '#') return "#35;";
        if (c == '&') return "#amp;";
        if (c == '<') return "#lt;";
        if (c == '>') return "#gt;";
        if (c == '`') return "#96;"; /* would begin Markdown */
        if (c == '\\') return "#92;";
        if (c == '\n') return "#9166;";
        break;
    case TG_ESCAPE_JSON:
        if (c == '"') return "\\\"";
        if (c == '\\') return "\\\\";
        if (c == '\n') return "\\n";
        if (c == '\t') return "\\t";
        if (c == '<') return "\\u003c"; /* no </script> */
        break;
    case TG_ESCAPE_LINE:
        if (c == '\n') return "\\n";
        if (c == '\t') return "\\t";
        if (c == '\\') return "\\\\";
        break;
    }
    return NULL;
}

void tg_text_escape(tg_text *text, const char *label, tg_escape how) {
    const char *plain = label;
    for (; *label; label++) {
        const char *safe = replacement(*label, how);
        if (!safe) continue;
        tg_text_put_n(text, plain, (size_t)(label - plain));
        tg_text_put(text, safe);
        plain = label + 1;
    }
    tg_text_put_n(text, plain, (size_t)(label - plain));
}

static void put_quotable(tg_text *text, const char *string) {
    for (; *string; string++) {
        const char c = (unsigned char)*string < ' ' ? ' ' : *string;
        tg_text_put(text, c == '\'' ? "''" : (char[]){c, 0});
    }
}

void tg_text_quote(tg_text *text, const char *string) {
    tg_text_put(text, "'");
    put_quotable(text, string);
    tg_text_put(text, "'");
}

void tg_text_quote_file(tg_text *text, const char *path, const char *ending) {
    tg_text_put(text, *path == '/' ? "'" : "'./");
    put_quotable(text, path);
    put_quotable(text, ending);
    tg_text_put(text, "'");
}

/* The bytes of the UTF-8 sequence at s, 0 when it is not one (overlong forms, surrogates, too large). */
static int sequence(const unsigned char *s) {
    if (s[0] < 0x80) return 1;
    int n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
    /* U+0080..9F are control characters, U+FFFE and U+FFFF no characters. */
    if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe)) return 0;
    return n;
}

void tg_text_clean(tg_text *text, const char *label) {
    const unsigned char *s = (const unsigned char *)label;
    while (*s) {
        int n = sequence(s);
        bool control = n == 1 && (*s < 0x20 || *s == 0x7f) && *s != '\n' && *s != '\t';
        if (n && !control)
            tg_text_put_n(text, (const char *)s, (size_t)n);
        else
            tg_text_put(text, "\xef\xbf\xbd");
        s += n ? n : 1;
    }
}
