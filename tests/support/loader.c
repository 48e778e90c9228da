#include "loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static char folder[64];

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "could not remove %s\n", folder);
}

const char *temporary_path(const char *name) {
    static char paths[4][160];
    static int next;
    if (!folder[0]) {
        strcpy(folder, "/tmp/tapegrad-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *write_file(const char *name, const void *bytes, size_t size) {
    const char *path = temporary_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* ---- an allocator that counts, and fails on demand ---- */

static struct {
    size_t live, peak, blocks, calls;
    size_t fail_from; /* this call and all later ones fail; 0: none */
    bool fail_once;
} memory;

typedef union block_header {
    size_t size;
    max_align_t aligned;
} block_header;

static void *counted_alloc(void *context, size_t size) {
    (void)context;
    memory.calls++;
    if (memory.fail_from &&
        (memory.fail_once ? memory.calls == memory.fail_from : memory.calls >= memory.fail_from))
        return NULL;
    block_header *block = calloc(1, sizeof *block + size);
    if (!block) return NULL;
    block->size = size;
    memory.live += size;
    memory.blocks++;
    if (memory.live > memory.peak) memory.peak = memory.live;
    return block + 1;
}

static void counted_release(void *context, void *given) {
    (void)context;
    block_header *block = (block_header *)given - 1;
    memory.live -= block->size;
    memory.blocks--;
    free(block);
}

/* One load under the allocator: nothing may stay behind, whatever the result. */
static bool tried(const loader_case *c, const char *path, size_t file_size, tg_status *status) {
    memory.peak = memory.calls = 0;
    bool loaded = c->load(path, status);
    if (memory.blocks != 0) fail_msg("%s: %zu blocks leaked (%s)", c->name, memory.blocks, status->message);
    if (memory.peak > 4 * file_size + (1u << 20))
        fail_msg("%s: %zu bytes in use for a file of %zu", c->name, memory.peak, file_size);
    if (!loaded && !strstr(status->message, path))
        fail_msg("%s: the message does not name the file: %s", c->name, status->message);
    return loaded;
}

static void cuts(const loader_case *c) {
    for (size_t size = 0; size < c->size; size++) {
        tg_status status = {0};
        const char *path = write_file(c->name, c->bytes, size);
        if (tried(c, path, size, &status) && !c->shorter_may_be_valid)
            fail_msg("%s: loaded with %zu of %zu bytes", c->name, size, c->size);
    }
}

/* Every byte in turn becomes several others, then several bytes at random. */
static void flips(const loader_case *c) {
    unsigned char *bytes = malloc(c->size);
    assert_non_null(bytes);
    tg_rng rng = {.seed = 1};
    for (size_t round = 0; round < 6 * c->size; round++) {
        memcpy(bytes, c->bytes, c->size);
        if (round < 3 * c->size)
            bytes[round / 3] ^= (unsigned char[]){0xff, 0x01, 0x80}[round % 3];
        else
            for (int k = 0; k < 4; k++)
                bytes[tg_rng_below(&rng, c->size)] = (unsigned char)tg_rng_below(&rng, 256);
        tg_status status = {0};
        (void)tried(c, write_file(c->name, bytes, c->size), c->size, &status);
    }
    free(bytes);
}

void assert_survives_no_memory(loader call, const char *path) {
    memset(&memory, 0, sizeof memory);
    tg_set_allocator((tg_allocator){counted_alloc, counted_release, NULL});
    for (int once = 0; once < 2; once++)
        for (size_t n = 1;; n++) {
            tg_status status = {0};
            memory.calls = 0;
            memory.fail_from = n;
            memory.fail_once = once;
            bool done = call(path, &status);
            size_t calls = memory.calls;
            memory.fail_from = 0;
            assert_int_equal(memory.blocks, 0);
            if (n > calls) {
                assert_true(done);
                break;
            }
            assert_false(done);
            assert_true(status.failed && status.message[0]);
        }
    tg_set_allocator((tg_allocator){0});
}

void assert_loader_contract(loader_case c) {
    tg_status status = {0};
    memset(&memory, 0, sizeof memory);
    tg_set_allocator((tg_allocator){counted_alloc, counted_release, NULL});
    if (!tried(&c, write_file(c.name, c.bytes, c.size), c.size, &status))
        fail_msg("%s: the valid file is refused: %s", c.name, status.message);
    cuts(&c);
    flips(&c);
    status = (tg_status){0};
    assert_false(tried(&c, temporary_path("missing"), 0, &status));
    assert_false(tried(&c, "/", 0, &status));
    tg_set_allocator((tg_allocator){0});
    assert_survives_no_memory(c.load, write_file(c.name, c.bytes, c.size));
}
