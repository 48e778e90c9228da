#include "by_hand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef TG_BLAS_BLIS
#include <blis.h>
#else
#include <cblas.h>
#endif

typedef struct layer {
    int in, out;
    float *w, *b, *dw, *db; /* w is in x out; b follows w in memory, db follows dw */
    float *m, *v;           /* adam */
    float *y, *dy;          /* batch x out */
    size_t size;            /* of w and b together */
} layer;

struct by_hand {
    int batch, depth;
    char activation;
    bool adam;
    double steps, loss;
    float *x;
    int32_t *labels;
    layer layers[TG_MLP_MAX_DEPTH];
};

static float *numbers(size_t n) {
    return aligned_alloc(64, (n * sizeof(float) + 127) / 64 * 64);
}

static bool make_layer(by_hand *b, int k, const bench_network *like) {
    layer *l = &b->layers[k];
    l->in = (int)like->shape.sizes[k];
    l->out = (int)like->shape.sizes[k + 1];
    const size_t weights = (size_t)l->in * (size_t)l->out;
    l->size = weights + (size_t)l->out;
    l->w = numbers(l->size);
    l->dw = numbers(l->size);
    l->m = numbers(l->size);
    l->v = numbers(l->size);
    l->y = numbers((size_t)b->batch * (size_t)l->out);
    l->dy = numbers((size_t)b->batch * (size_t)l->out);
    if (!l->w || !l->dw || !l->m || !l->v || !l->y || !l->dy) return false;
    l->b = l->w + weights;
    l->db = l->dw + weights;
    memset(l->m, 0, l->size * sizeof(float));
    memset(l->v, 0, l->size * sizeof(float));
    tg_params *params = tg_mlp_params(like->net);
    memcpy(l->w, tg_params_get(params, 2 * k)->value, weights * sizeof(float));
    memcpy(l->b, tg_params_get(params, 2 * k + 1)->value, (size_t)l->out * sizeof(float));
    return true;
}

by_hand *by_hand_new(const bench_network *like) {
    const bench_network_spec *s = &like->spec;
    by_hand *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->batch = (int)s->batch;
    b->depth = like->shape.depth;
    b->activation = s->activation[0];
    b->adam = strcmp(s->optimizer, "adam") == 0;
    size_t inputs = (size_t)tg_size(like->x);
    b->x = numbers(inputs);
    b->labels = malloc((size_t)b->batch * sizeof *b->labels);
    bool ok = b->x && b->labels && s->dtype == TG_F32 && strchr("rls", b->activation) &&
              (b->adam || strcmp(s->optimizer, "sgd") == 0);
    for (int k = 0; ok && k < b->depth; k++) ok = make_layer(b, k, like);
    if (!ok) {
        by_hand_free(b);
        return NULL;
    }
    memcpy(b->x, tg_value(like->x), inputs * sizeof(float));
    memcpy(b->labels, tg_value(like->labels), (size_t)b->batch * sizeof *b->labels);
    return b;
}

void by_hand_free(by_hand *b) {
    if (!b) return;
    for (int k = 0; k < b->depth; k++) {
        layer *l = &b->layers[k];
        free(l->w), free(l->dw), free(l->m), free(l->v), free(l->y), free(l->dy);
    }
    free(b->x);
    free(b->labels);
    free(b);
}

/* ---- forward ---- */

static void add_bias_and_activate(const by_hand *b, layer *l, bool last) {
    for (int i = 0; i < b->batch; i++) {
        float *y = l->y + (size_t)i * (size_t)l->out;
        if (last)
            for (int j = 0; j < l->out; j++) y[j] += l->b[j];
        else if (b->activation == 'r')
            for (int j = 0; j < l->out; j++) y[j] = fmaxf(y[j] + l->b[j], 0);
        else if (b->activation == 'l')
            for (int j = 0; j < l->out; j++)
                y[j] = y[j] + l->b[j] > 0 ? y[j] + l->b[j] : 0.01f * (y[j] + l->b[j]);
        else
            for (int j = 0; j < l->out; j++) y[j] = 1 / (1 + expf(-(y[j] + l->b[j])));
    }
}

static void forward(by_hand *b) {
    const float *x = b->x;
    for (int k = 0; k < b->depth; k++) {
        layer *l = &b->layers[k];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, b->batch, l->out, l->in, 1, x, l->in, l->w,
                    l->out, 0, l->y, l->out);
        add_bias_and_activate(b, l, k == b->depth - 1);
        x = l->y;
    }
}

/* Mean cross-entropy of softmax, and its gradient by the logits. */
static void loss(by_hand *b) {
    layer *l = &b->layers[b->depth - 1];
    double sum = 0;
    for (int i = 0; i < b->batch; i++) {
        const float *y = l->y + (size_t)i * (size_t)l->out;
        float *dy = l->dy + (size_t)i * (size_t)l->out, most = y[0], total = 0;
        for (int j = 1; j < l->out; j++) most = fmaxf(most, y[j]);
        for (int j = 0; j < l->out; j++) total += dy[j] = expf(y[j] - most);
        sum += logf(total) + most - y[b->labels[i]];
        for (int j = 0; j < l->out; j++) dy[j] *= 1 / (total * (float)b->batch);
        dy[b->labels[i]] -= 1 / (float)b->batch;
    }
    b->loss = sum / b->batch;
}

/* ---- backward ---- */

static void through_activation(const by_hand *b, layer *l) {
    const size_t n = (size_t)b->batch * (size_t)l->out;
    if (b->activation == 'r')
        for (size_t i = 0; i < n; i++) l->dy[i] = l->y[i] > 0 ? l->dy[i] : 0;
    else if (b->activation == 'l')
        for (size_t i = 0; i < n; i++) l->dy[i] *= l->y[i] > 0 ? 1 : 0.01f;
    else
        for (size_t i = 0; i < n; i++) l->dy[i] *= l->y[i] * (1 - l->y[i]);
}

static void backward(by_hand *b) {
    for (int k = b->depth - 1; k >= 0; k--) {
        layer *l = &b->layers[k], *below = k ? &b->layers[k - 1] : NULL;
        const float *x = below ? below->y : b->x;
        if (k < b->depth - 1) through_activation(b, l);
        memset(l->db, 0, (size_t)l->out * sizeof(float));
        for (int i = 0; i < b->batch; i++)
            for (int j = 0; j < l->out; j++) l->db[j] += l->dy[(size_t)i * (size_t)l->out + (size_t)j];
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->in, l->out, b->batch, 1, x, l->in, l->dy,
                    l->out, 0, l->dw, l->out);
        if (below)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, b->batch, l->in, l->out, 1, l->dy, l->out,
                        l->w, l->out, 0, below->dy, l->in);
    }
}

/* ---- update ---- */

static void update(by_hand *b) {
    const float lr = 1e-4f, beta1 = 0.9f, beta2 = 0.999f;
    b->steps++;
    const float c1 = (float)(1 / (1 - pow(0.9, b->steps))), c2 = (float)(1 / (1 - pow(0.999, b->steps)));
    for (int k = 0; k < b->depth; k++) {
        layer *l = &b->layers[k];
        if (!b->adam) {
            for (size_t i = 0; i < l->size; i++) l->w[i] -= lr * l->dw[i];
            continue;
        }
        for (size_t i = 0; i < l->size; i++) {
            l->m[i] = beta1 * l->m[i] + (1 - beta1) * l->dw[i];
            l->v[i] = beta2 * l->v[i] + (1 - beta2) * l->dw[i] * l->dw[i];
            l->w[i] -= lr * l->m[i] * c1 / (sqrtf(l->v[i] * c2) + 1e-8f);
        }
    }
}

void by_hand_step(void *by_hand_) {
    by_hand *b = by_hand_;
    forward(b);
    loss(b);
    backward(b);
    update(b);
}

double by_hand_loss(const by_hand *b) {
    return b->loss;
}
