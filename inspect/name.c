/* name.c: long names lose their middle where a listing or a picture would become too wide by them. */
#include "graph_model.h"

#include <string.h>

#define ROOM 48 /* characters */

/* The bytes that are left of a name before and behind its ellipsis. */
typedef struct ends {
    size_t head, tail;
} ends;

static bool continues(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Whether a name is longer than `room` characters, and what to leave of it then: whole UTF-8 sequences. */
static bool find_ends(const char *name, int room, ends *e) {
    size_t size = strlen(name);
    int characters = 0, head = room / 2, tail = room - 1 - head;
    for (size_t i = 0; i < size; i++) characters += !continues(name[i]);
    if (characters <= room) return false;
    for (e->head = 0; head; head--)
        for (e->head++; continues(name[e->head]);) e->head++;
    for (e->tail = 0; tail; tail--)
        for (e->tail++; continues(name[size - e->tail]);) e->tail++;
    return true;
}

/* Whether another name would look the same. */
static bool is_ambiguous(const tg_graph *graph, const char *name, int room, const ends *e) {
    const char *tail = name + strlen(name) - e->tail;
    for (int i = 0; i < graph->nodes_count; i++) {
        const char *other = graph->nodes[i].name;
        ends o;
        if (strncmp(other, name, e->head) != 0 || !find_ends(other, room, &o)) continue;
        if (strcmp(other, name) != 0 && o.head == e->head && o.tail == e->tail &&
            memcmp(other + strlen(other) - o.tail, tail, o.tail) == 0)
            return true;
    }
    return false;
}

static void put_ends(tg_text *text, const char *name, const ends *e, tg_escape how) {
    tg_text part = {0};
    tg_text_put_n(&part, name, e->head);
    tg_text_put(&part, "\xe2\x80\xa6");
    tg_text_put_n(&part, name + strlen(name) - e->tail, e->tail);
    if (part.failed)
        text->failed = true;
    else
        tg_text_escape(text, part.data, how);
    tg_text_free(&part);
}

void tg_text_label(tg_text *text, const char *label, tg_escape how) {
    ends e;
    if (find_ends(label, ROOM, &e))
        put_ends(text, label, &e, how);
    else
        tg_text_escape(text, label, how);
}

void tg_text_name(tg_text *text, const tg_graph *graph, const char *name, tg_escape how) {
    ends e;
    for (int room = ROOM; find_ends(name, room, &e); room *= 2) {
        if (is_ambiguous(graph, name, room, &e)) continue;
        put_ends(text, name, &e, how);
        return;
    }
    tg_text_escape(text, name, how);
}
