/* gemm_block.c: lays tiles over whole matrices, in blocks that stay in the caches, after Goto and van de
   Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34, 2008. Compiled once per number
   type and SIMD level. */
#include "real.h"

#ifndef TG_REAL_DUAL
#include "gemm_parts.h"
#include "threads.h"

/* A block of B, DEPTH x WIDTH, is packed into the level-2 cache; a panel of A meets it there. */
#define DEPTH GEMM_DEPTH
#define WIDTH (1024 / (int)sizeof(real))

/* The block of B and one panel of A fit a thread's buffer; the last store of that panel may run over its end.
 */
_Static_assert(((WIDTH + TILE_ROWS) * DEPTH + LANES) * sizeof(real) <= TG_THREAD_BUFFER, "too large");

/* How a product is run. */
typedef struct layout {
    int64_t depth, width;
    real *b, *a; /* where blocks are packed; NULL where the matrix is read in place */
} layout;

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void pack_b_transposed(const real *from, int64_t ldb, int64_t depth, int64_t columns, real *to) {
    if (depth > 4) {
        TG_R(tg_turn)(columns, depth, from, ldb, to, TILE_COLUMNS);
        return;
    }
    for (int64_t j = 0; j < columns; j++)
        for (int64_t p = 0; p < depth; p++) to[p * TILE_COLUMNS + j] = from[j * ldb + p];
}

static void pack_b_rows(const real *from, int64_t ldb, int64_t depth, int64_t columns, real *to) {
    for (int64_t p = 0; p < depth; p++, from += ldb, to += TILE_COLUMNS) {
        if (columns == TILE_COLUMNS) {
            store(to, load(from));
            store(to + LANES, load(from + LANES));
        } else {
            store(to, load_up_to(from, columns));
            if (columns > LANES) store(to + LANES, load_up_to(from + LANES, columns - LANES));
        }
    }
}

/* The columns j0.. of op(B), rows p0..p0+depth, in panels as wide as a tile. */
static void pack_b(const product *g, int64_t p0, int64_t depth, int64_t j0, int64_t width, real *to) {
    for (int64_t j = 0; j < width; j += TILE_COLUMNS, to += TILE_COLUMNS * depth) {
        int64_t columns = least(TILE_COLUMNS, width - j);
        if (g->tb)
            pack_b_transposed(g->b + (j0 + j) * g->ldb + p0, g->ldb, depth, columns, to);
        else
            pack_b_rows(g->b + p0 * g->ldb + j0 + j, g->ldb, depth, columns, to);
    }
}

/* One panel of A^T: `rows` elements of each of its rows. */
static void pack_a(const real *from, int64_t lda, int64_t depth, int64_t rows, real *to) {
    for (int64_t p = 0; p < depth; p++, from += lda, to += rows)
        for (int64_t i = 0; i < rows; i += LANES)
            store(to + i, load_part(from + i, (int)least(rows - i, LANES)));
}

/* Where a tile's operands lie: a panel of A and the block of B, packed or in place. */
typedef struct strip {
    int64_t i, rows, p0, depth, j0, width;
    const real *a, *b;
    int64_t row, step;   /* from one row and from one column of op(A) to the next */
    int64_t ldb, next_b; /* from one panel of B to the next */
    const real *ahead;   /* what will be needed next: `depth` rows of memory, ld_ahead apart */
    int64_t ld_ahead, piece, pieces;
    bool packed;    /* B is: its last columns, too, lie in a whole tile's width */
    int64_t period; /* steps of a tile in which it fetches a line: of one of so many parts of the rows */
} strip;

#define LINE (64 / (int)sizeof(real))

/* The processor does not foresee short pieces of memory that are far apart: tiles fetch them meanwhile. A piece
   is a line of each row of one of `period` parts. All at once would hold up the tiles' own reads. */
static const real *next_piece(strip *s, int64_t *ld) {
    if (s->piece >= s->pieces) return *ld = 0, s->a;
    const int64_t line = s->piece / s->period, part = s->piece % s->period;
    s->piece++;
    *ld = s->ld_ahead;
    return s->ahead + line * LINE + part * (s->depth / s->period) * s->ld_ahead;
}

/* C's last columns, more than a vector of them, from a block of B that is packed. */
static void edge_of_tiles(const product *g, const strip *s, bool add, const real *b, real *c,
                          int64_t columns) {
    real edge[TILE_ROWS * TILE_COLUMNS];
    tile_function *tile = TG_R(tg_gemm_tiles)[1][s->rows - 1];
    tile(s->depth, s->a, s->row, s->step, b, s->ldb, false, edge, TILE_COLUMNS, LANES, s->a, 0, 1);
    for (int64_t i = 0; i < s->rows; i++, c += g->ldc) {
        const real *from = edge + i * TILE_COLUMNS;
        const int rest = (int)columns - LANES;
        store(c, add ? load(c) + load(from) : load(from));
        store_part(c + LANES, add ? load_part(c + LANES, rest) + load(from + LANES) : load(from + LANES),
                   rest);
    }
}

/* A row of tiles: the panel of A stays in the level-1 cache, and C is written along its rows. */
static void strip_of_tiles(const product *g, strip *s) {
    const bool add = g->add || s->p0 > 0;
    real *c = g->c + s->i * g->ldc + s->j0;
    const real *b = s->b;
    for (int64_t left = s->width; left > 0; left -= TILE_COLUMNS, b += s->next_b, c += TILE_COLUMNS) {
        if (left > LANES && left < TILE_COLUMNS && s->packed) {
            edge_of_tiles(g, s, add, b, c, left);
            continue;
        }
        tile_function *tile = TG_R(tg_gemm_tiles)[left >= TILE_COLUMNS][s->rows - 1];
        int64_t ld_piece;
        const real *piece = next_piece(s, &ld_piece);
        tile(s->depth, s->a, s->row, s->step, b, s->ldb, add, c, g->ldc, (int)least(left, LANES), piece,
             ld_piece, s->period);
        if (left > LANES && left < TILE_COLUMNS)
            tile(s->depth, s->a, s->row, s->step, b + LANES, s->ldb, add, c + LANES, g->ldc,
                 (int)left - LANES, s->a, 0, 1);
    }
}

/* The block of B that follows; NULL where it is a smaller one at the edge, or a block has whole rows of memory. */
static const real *block_after(const product *g, const layout *l, int64_t p0, int64_t j0) {
    if (g->ldb <= l->width || g->tb) return NULL;
    if (p0 + 2 * l->depth <= g->k) return g->b + (p0 + l->depth) * g->ldb + j0;
    return j0 + 2 * l->width <= g->n ? g->b + j0 + l->width : NULL;
}

/* All rows of C, in tiles of nearly equal height, and width columns from j0, for one block of B. */
static void run_block(const product *g, const layout *l, int64_t p0, int64_t depth, int64_t j0,
                      int64_t width) {
    const int64_t count = (g->m + TILE_ROWS - 1) / TILE_ROWS, rows = g->m / count, higher = g->m % count;
    strip s = {.p0 = p0, .depth = depth, .j0 = j0, .width = width, .packed = l->b};
    s.row = g->ta ? 1 : g->lda;
    s.step = g->ta ? g->lda : 1;
    s.b = l->b ? l->b : g->b + p0 * g->ldb + j0;
    s.ldb = l->b ? TILE_COLUMNS : g->ldb;
    s.next_b = l->b ? TILE_COLUMNS * depth : TILE_COLUMNS;
    s.ahead = block_after(g, l, p0, j0);
    s.ld_ahead = g->ldb;
    s.period = 2;
    const int64_t lines = s.ahead ? width / LINE : 0;
    if (lines) { /* as slowly as there are tiles to do it */
        const int64_t slowest = count * (width / TILE_COLUMNS) / lines;
        s.period = slowest < 2 ? 2 : least(slowest, 4);
    }
    s.pieces = s.period * lines;
    for (int64_t t = 0; t < count; t++, s.i += s.rows) {
        s.rows = rows + (t < higher);
        s.a = g->a + (g->ta ? p0 * g->lda + s.i : s.i * g->lda + p0);
        if (l->a) {
            pack_a(s.a, g->lda, depth, s.rows, l->a);
            s.ahead = s.a + s.rows + LINE - 1;
            s.ld_ahead = g->lda;
            s.piece = 0;
            s.period = 2;
            s.pieces = t + 1 < count ? 2 * ((TILE_ROWS + LINE - 1) / LINE) : 0;
            s.a = l->a;
            s.step = s.rows;
        }
        strip_of_tiles(g, &s);
    }
}

static void run_rows(const product *g, const layout *l) {
    for (int64_t j0 = 0; j0 < g->n; j0 += l->width) {
        int64_t width = least(l->width, g->n - j0), p0 = 0;
        do { /* once even if k is 0 */
            int64_t depth = least(l->depth, g->k - p0);
            if (l->b) pack_b(g, p0, depth, j0, width, l->b);
            run_block(g, l, p0, depth, j0, width);
            p0 += depth;
        } while (p0 < g->k);
    }
}

/* So many rows of A and C stay in the caches while all blocks of B pass by; more where B is packed each time. */
#define ROWS_IN_PLACE (20 * TILE_ROWS)
#define ROWS_PACKED   (64 * TILE_ROWS)

static void run(const product *g, const layout *l) {
    const int64_t most = l->b ? ROWS_PACKED : ROWS_IN_PLACE;
    if (g->ta || g->m <= most || (g->k <= l->depth && g->n <= l->width)) {
        run_rows(g, l);
        return;
    }
    const int64_t parts = (g->m + most - 1) / most, part = (g->m + parts - 1) / parts;
    product rows = *g;
    for (int64_t i = 0; i < g->m; i += rows.m) {
        rows.m = least((part + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS, g->m - i);
        rows.a = g->a + i * g->lda;
        rows.c = g->c + i * g->ldc;
        run_rows(&rows, l);
    }
}

#define FEW 64 /* rows of B that are packed at a time without memory */

/* Apart, so that small products, which need nothing of it, do not pay for its frame. */
static __attribute__((noinline)) void run_packed(const product *g, bool wants_a, bool wants_b) {
    layout l = {DEPTH, WIDTH, NULL, NULL};
    _Alignas(VECTOR_BYTES) real few[FEW * TILE_COLUMNS];
    if (wants_a || g->k > FEW || g->n > TILE_COLUMNS) {
        real *buffer = tg_thread_buffer();
        if (buffer && wants_b) l.b = buffer;
        if (buffer && wants_a) l.a = buffer + WIDTH * DEPTH;
    }
    if (wants_b && !l.b) {
        l.b = few;
        l.depth = FEW;
        l.width = TILE_COLUMNS;
    } else if (g->k > 0 && g->k < DEPTH && g->n > WIDTH) {
        /* A shallow block of B is as much wider: rows of C are then written in long pieces. */
        l.depth = g->k;
        l.width = DEPTH * WIDTH / g->k / TILE_COLUMNS * TILE_COLUMNS;
    }
    run(g, &l);
}

/* C's rows i.. = the columns of `turned`, or += when `add`: `rows` of them, of a few elements each. By squares, as in
   put_turned, that would take twice as long. */
static void add_transposed(const product *g, bool add, int64_t i, int64_t rows, const real *turned) {
    real *c = g->c + i * g->ldc;
    for (int64_t r = 0; r < rows; r++, c += g->ldc)
        for (int64_t j = 0; j < g->n; j++)
            c[j] = add ? c[j] + turned[j * TILE_COLUMNS + r] : turned[j * TILE_COLUMNS + r];
}

#define FEW_COLUMNS 4 /* of C, whose own tiles would be mostly empty; not more than TILE_ROWS */

/* C^T = B^T A, A being stored transposed. */
static void run_few_columns(const product *g) {
    real turned[FEW_COLUMNS * TILE_COLUMNS];
    for (int64_t p0 = 0; p0 < g->k; p0 += DEPTH)
        for (int64_t i = 0; i < g->m; i += TILE_COLUMNS) {
            const int64_t rows = least(TILE_COLUMNS, g->m - i);
            product t = {.ta = true, .m = g->n, .n = rows, .k = least(DEPTH, g->k - p0)};
            t.a = g->b + p0 * g->ldb;
            t.lda = g->ldb;
            t.b = g->a + p0 * g->lda + i;
            t.ldb = g->lda;
            t.c = turned;
            t.ldc = TILE_COLUMNS;
            run(&t, &(layout){DEPTH, WIDTH, NULL, NULL});
            add_transposed(g, g->add || p0 > 0, i, rows, turned);
        }
}

#define FEW_ROWS 64 /* of C, for which a large B^T is not worth packing */
#define STRIP    48 /* rows of C^T at a time: whole tiles, and whole squares */

/* C's rows from j and columns from i = the transpose of `turned`, or += when `add`. */
static void put_turned(const product *g, bool add, int64_t j, int64_t i, int64_t rows, int64_t columns,
                       const real *turned) {
    real *c = g->c + j * g->ldc + i, block[TILE_COLUMNS * STRIP];
    if (!add) {
        TG_R(tg_turn)(columns, rows, turned, TILE_COLUMNS, c, g->ldc);
        return;
    }
    TG_R(tg_turn)(columns, rows, turned, TILE_COLUMNS, block, STRIP);
    for (int64_t r = 0; r < rows; r++, c += g->ldc)
        TG_VECTORS for (int64_t k = 0; k < columns; k++) c[k] += block[r * STRIP + k];
}

/* C^T = B A^T, B being stored transposed: its rows are read where they are, and A, the smaller, is packed. */
static void run_few_rows(const product *g, real *packed) {
    real turned[STRIP * TILE_COLUMNS];
    for (int64_t p0 = 0; p0 < g->k; p0 += DEPTH)
        for (int64_t j = 0; j < g->m; j += TILE_COLUMNS) {
            product t = {.n = least(TILE_COLUMNS, g->m - j), .k = least(DEPTH, g->k - p0)};
            TG_R(tg_turn)(t.n, t.k, g->a + j * g->lda + p0, g->lda, packed, TILE_COLUMNS);
            t.b = packed;
            t.ldb = t.ldc = TILE_COLUMNS;
            t.c = turned;
            t.lda = g->ldb;
            for (int64_t i = 0; i < g->n; i += STRIP) {
                t.m = least(STRIP, g->n - i);
                t.a = g->b + i * g->ldb + p0;
                run(&t, &(layout){DEPTH, WIDTH, NULL, NULL});
                put_turned(g, g->add || p0 > 0, j, i, t.n, t.m, turned);
            }
        }
}

/* Whether C^T is the better way: its vectors, along C's few rows, must not be mostly empty. */
static bool has_few_rows(const product *g) {
    const int64_t empty = (LANES - g->m % LANES) % LANES;
    const bool full = 8 * empty <= g->m || (VECTOR_BYTES == 64 && g->m < LANES && 2 * g->m >= LANES);
    return g->tb && !g->ta && g->m <= FEW_ROWS && full && g->k >= 32 && g->n * g->k >= 1 << 15;
}

void TG_R(tg_gemm_blocks)(const product *g) {
    if (g->ta && !g->tb && g->n <= FEW_COLUMNS && g->m >= LANES && g->k > 0) {
        run_few_columns(g);
        return;
    }
    if (has_few_rows(g)) {
        real *packed = tg_thread_buffer();
        if (packed) {
            run_few_rows(g, packed);
            return;
        }
    }
    /* B must be packed where it is transposed, and is worth it where its columns would need two tiles that are
       partly empty, or where many rows of A meet it: the sooner when its rows lie a page or more apart, unless a
       tile reads whole pairs of lines of them. Where run() brings it back from the caches, only a large one is. */
    const bool wide = VECTOR_BYTES == 64 || g->ldb * (int64_t)sizeof(real) < 4096;
    const int64_t many = wide ? 512 : 2 * TILE_ROWS, large = wide && !g->ta ? 2 << 20 : 16 << 10;
    const bool edge = g->n > LANES && g->n < TILE_COLUMNS && g->m > 2 * TILE_ROWS && g->k >= LANES;
    const bool wants_b = g->tb || edge || (g->m >= many && g->k * g->n * (int64_t)sizeof(real) > large);
    /* A^T is read in short pieces: across pages when its rows are long. */
    const bool wants_a = g->ta && g->n >= 4 * TILE_COLUMNS && g->lda * (int64_t)sizeof(real) >= 2048;
    if (wants_a || wants_b)
        run_packed(g, wants_a, wants_b);
    else
        run(g, &(layout){DEPTH, WIDTH, NULL, NULL});
}
#endif
