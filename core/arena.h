/* arena.h: memory handed out in one direction and taken back all at once, or down to a mark. Private. */
#ifndef TG_CORE_ARENA_H
#define TG_CORE_ARENA_H

#include "tape.h"

#define TG_ALIGN 64 /* of tensors: a cache line and an AVX-512 vector */

typedef struct tg_chunk {
    char *memory; /* as allocated */
    char *base;   /* its first aligned byte */
    size_t size;  /* from base */
} tg_chunk;

typedef struct tg_arena {
    tg_chunk *chunks;
    int count, capacity;
    int current; /* the chunk that is being filled */
    size_t used; /* of it */
} tg_arena;

/* size bytes aligned to `align` (8 or TG_ALIGN); NULL when memory is out. Contents: zero the first time,
   leftovers after a reset. Chunks that were passed over stay reserved for after the next reset, so that the
   same requests find the same places. */
static inline void *tg_arena_alloc(tg_arena *arena, size_t size, size_t align);
/* Whether memory (or NULL) lies in what is handed out now, and not behind it. */
bool tg_arena_holds(const tg_arena *arena, const void *memory);
void tg_arena_free(tg_arena *arena);
size_t tg_arena_bytes(const tg_arena *arena); /* reserved in all */

/* The library's allocator (tg_set_allocator). tg_alloc returns zeroed memory or NULL. */
void *tg_alloc(size_t size);
void tg_release(void *memory);
/* A copy of text from tg_alloc; NULL for NULL or without memory. */
char *tg_strdup(const char *text);
/* Aligned and padded memory for n elements, zeroed; free with tg_tensor_free. */
void *tg_tensor_alloc(int64_t n, size_t element_size);
void tg_tensor_free(void *tensor);
/* Bytes of n elements with the padding that kernels may run into: up to a multiple of 16 elements. */
static inline size_t tg_padded(int64_t n, size_t element_size) {
    size_t bytes = (((size_t)n + 15) & ~(size_t)15) * element_size;
    bytes = (bytes + TG_ALIGN - 1) & ~(size_t)(TG_ALIGN - 1);
    return bytes ? bytes : TG_ALIGN;
}

/* The way of tg_arena_alloc when the current chunk is full. */
void *tg_arena_alloc_next(tg_arena *arena, size_t size, size_t align);

static inline void *tg_arena_alloc(tg_arena *arena, size_t size, size_t align) {
    if (arena->current < arena->count) {
        const tg_chunk *chunk = &arena->chunks[arena->current];
        size_t at = (arena->used + align - 1) & ~(align - 1);
        if (at <= chunk->size && size <= chunk->size - at) {
            arena->used = at + size;
            return chunk->base + at;
        }
    }
    return tg_arena_alloc_next(arena, size, align);
}

#endif
