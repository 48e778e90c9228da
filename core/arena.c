#include "arena.h"

#include <stdlib.h>
#include <string.h>

static void *libc_alloc(void *context, size_t size) {
    (void)context;
    return calloc(1, size);
}
static void libc_release(void *context, void *memory) {
    (void)context;
    free(memory);
}
static tg_allocator allocator = {libc_alloc, libc_release, NULL};

void tg_set_allocator(tg_allocator custom) {
    allocator.alloc = custom.alloc ? custom.alloc : libc_alloc;
    allocator.release = custom.release ? custom.release : libc_release;
    allocator.context = custom.context;
}

void *tg_alloc(size_t size) {
    return allocator.alloc(allocator.context, size ? size : 1);
}

void tg_release(void *memory) {
    if (memory) allocator.release(allocator.context, memory);
}

char *tg_strdup(const char *text) {
    if (!text) return NULL;
    size_t size = strlen(text) + 1;
    char *copy = tg_alloc(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

static size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/* The address that tg_alloc gave stands just before the aligned block. */
void *tg_tensor_alloc(int64_t n, size_t element_size) {
    char *memory = tg_alloc(tg_padded(n, element_size) + TG_ALIGN + sizeof(void *));
    if (!memory) return NULL;
    char *aligned = (char *)round_up((uintptr_t)memory + sizeof(void *), TG_ALIGN);
    memcpy(aligned - sizeof(void *), &memory, sizeof(void *));
    return aligned;
}

void tg_tensor_free(void *tensor) {
    void *memory;
    if (!tensor) return;
    memcpy(&memory, (char *)tensor - sizeof(void *), sizeof(void *));
    tg_release(memory);
}

static bool add_chunk(tg_arena *arena, size_t size) {
    if (arena->count == arena->capacity) {
        int capacity = arena->capacity ? 2 * arena->capacity : 8;
        tg_chunk *chunks = tg_alloc((size_t)capacity * sizeof *chunks);
        if (!chunks) return false;
        if (arena->count) memcpy(chunks, arena->chunks, (size_t)arena->count * sizeof *chunks);
        tg_release(arena->chunks);
        arena->chunks = chunks;
        arena->capacity = capacity;
    }
    size_t last = arena->count ? arena->chunks[arena->count - 1].size : 0;
    size_t wanted = last < 32768 ? 65536 : last < (1u << 23) ? 2 * last : last;
    if (wanted < size) wanted = size;
    char *memory = tg_alloc(wanted + TG_ALIGN);
    if (!memory) return false;
    arena->chunks[arena->count++] = (tg_chunk){memory, (char *)round_up((uintptr_t)memory, TG_ALIGN), wanted};
    return true;
}

void *tg_arena_alloc_next(tg_arena *arena, size_t size, size_t align) {
    if (size > SIZE_MAX / 2) return NULL;
    if (arena->current + 1 < arena->count) {
        arena->current++;
        arena->used = 0;
        return tg_arena_alloc(arena, size, align);
    }
    if (!add_chunk(arena, size)) return NULL;
    arena->current = arena->count - 1;
    arena->used = 0;
    return tg_arena_alloc(arena, size, align);
}

bool tg_arena_holds(const tg_arena *arena, const void *memory) {
    const char *at = memory;
    if (!at) return true;
    for (int i = 0; i <= arena->current && i < arena->count; i++) {
        const tg_chunk *chunk = &arena->chunks[i];
        size_t used = i < arena->current ? chunk->size : arena->used;
        if (at >= chunk->base && at < chunk->base + used) return true;
    }
    return false;
}

void tg_arena_free(tg_arena *arena) {
    for (int i = 0; i < arena->count; i++) tg_release(arena->chunks[i].memory);
    tg_release(arena->chunks);
    *arena = (tg_arena){0};
}

size_t tg_arena_bytes(const tg_arena *arena) {
    size_t bytes = 0;
    for (int i = 0; i < arena->count; i++) bytes += arena->chunks[i].size;
    return bytes;
}
