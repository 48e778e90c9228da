/* op.h: what an op is. One descriptor in one file, and one line in ops/ops.def; a user's own op is the same
   struct, registered at run time. docs/guide/own-op.md walks through one. */
#ifndef TG_CORE_OP_H
#define TG_CORE_OP_H

#include "tape.h"

#define TG_MAX_ARGS 8    /* of an op of fixed arity */
#define TG_VARIADIC (-1) /* .arity of an op that takes any number of arguments */

/* ---- shape inference ---- */

/* What `infer` sees and fills in. The arguments' shapes and dtypes have been checked for NULL, tape and
   dtype (real, or i32 where .int_args says so) before it is called. */
typedef struct tg_infer {
    /* read-only */
    const void *options; /* the op's options struct; NULL when it has none */
    int nargs;
    const tg_shape *const *x; /* shapes of the arguments */
    tg_dtype dtype;           /* the tape's: the dtype of every real argument */
    size_t real_size;         /* bytes of one real number */
    tg_tape *tape;
    /* to fill in */
    tg_shape y;     /* shape of the value */
    size_t saved;   /* bytes that forward keeps for backward (0 by default) */
    size_t scratch; /* bytes of working memory for one call of forward or backward (0 by default) */
    /* private */
    const char *op_name;
    tg_where where;
} tg_infer;

/* Refuses: the tape's error becomes "op: message (file:line)". Always returns false. */
TG_API bool tg_infer_fail(tg_infer *in, const char *format, ...) TG_PRINTF(2, 3);
/* The ready-made rules: y has the shape of the first argument; y is the NumPy broadcast of all. */
TG_API bool tg_infer_same(tg_infer *in);
TG_API bool tg_infer_broadcast(tg_infer *in);
/* Turns axis -rank..rank-1 into 0..rank-1; fails with a message that names axis and rank otherwise. */
TG_API bool tg_infer_axis(tg_infer *in, int axis, int rank, int *normal);
/* Refuses an option that is not a finite number from low to high (which may be infinite: no bound). */
TG_API bool tg_infer_range(tg_infer *in, const char *option, double value, double low, double high);

/* ---- evaluation ---- */

/* What forward and backward see. Buffers are 64-byte aligned and may be read and written up to the next
   multiple of 16 elements. A value that backward reads without its op having declared so in .saves is NaN in
   an elementwise op, so that the gradient checks notice. */
typedef struct tg_eval {
    int64_t n; /* elementwise ops: elements of this call, mostly a multiple of 16; others: elements of y */
    int64_t offset; /* elementwise ops: the position of the first of them in the tensor */
    int nargs;
    const void *const *x; /* values of the arguments; for an elementwise op already broadcast */
    void *y;              /* forward writes it */
    const void *dy;       /* the gradient that arrives */
    void *const *dx;      /* the gradients to ADD to; NULL where none is wanted */
    unsigned fresh;       /* ops with .assigns: bit k: dx[k] holds nothing yet, write it instead of adding.
                             When one node is given twice, only the first of its bits is set. */
    unsigned finite; /* bit k: backward knows every element of dx[k] to be finite as it left it. An op may
                             say so, which spares an optimiser to look */
    void *saved;     /* forward writes, backward reads: tg_infer.saved bytes */
    void *scratch;   /* tg_infer.scratch bytes, undefined contents */
    const void *options;
    const tg_shape *const *xshape; /* NULL for elementwise ops */
    const tg_shape *yshape;
    uint64_t seed;   /* random numbers are functions of seed, stream and position */
    uint64_t stream; /* differs for every node and step */
    bool training;
    int threads; /* how many the kernel may use; 1 inside a kernel that is already run in parallel */
} tg_eval;

/* The compiled kernels of an op for one `real` type. */
typedef struct tg_kernel {
    void (*forward)(tg_eval *e);
    void (*backward)(tg_eval *e); /* dx += dy * dy/dx; NULL for an op without derivative */
    /* For ops with kinks: which smooth branch each element of y was computed on (a ReLU mask, an argmax).
       Two points with equal branches have no kink between them. NULL for smooth ops. */
    void (*branch)(tg_eval *e, int32_t *branch);
} tg_kernel;

/* ---- descriptor ---- */

typedef enum tg_attr_type {
    TG_ATTR_DOUBLE,
    TG_ATTR_INT,
    TG_ATTR_BOOL,
    TG_ATTR_AXES,
    TG_ATTR_DIMS,
    TG_ATTR_SEED
} tg_attr_type;

/* One member of an options struct, so that dumps can print it and the expression language can set it. */
typedef struct tg_attr {
    const char *name;
    tg_attr_type type; /* double, int, bool, tg_axes, tg_shape, uint64_t */
    size_t offset;     /* offsetof(options struct, member) */
    double zero_means; /* the number that 0 stands for, when it stands for another */
    const char *help;
} tg_attr;

/* A set of axes, for reductions and transposes. count 0 means the default of the op (for a reduction: all).
   TG_AXES(0, -1) */
typedef struct tg_axes {
    int count;
    int axis[TG_MAX_RANK];
} tg_axes;
#define TG_AXES(...) ((tg_axes){(int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})

/* Options of the ops that reduce axes: sum, mean, max, min, logsumexp. */
typedef struct tg_reduce_options {
    tg_axes axes;  /* which to reduce, negative ones counted from the end; none given: all of them */
    bool keepdims; /* they stay in the shape, with size 1 */
} tg_reduce_options;

/* What a loss over many elements becomes: their mean (the default), their sum, or left as it is. */
typedef enum tg_reduction { TG_REDUCTION_MEAN, TG_REDUCTION_SUM, TG_REDUCTION_NONE } tg_reduction;
/* Options of the losses. */
typedef struct tg_loss_options {
    tg_reduction reduction;
} tg_loss_options;

/* A shape of a sample, in few bytes, for the library brings hundreds: of at most 6 axes. */
typedef struct tg_case_shape {
    int8_t rank;
    int16_t dim[6];
} tg_case_shape;

/* One sample for the gradient checks. The registry sweep draws its values. */
typedef struct tg_case {
    const char *label;   /* "bias broadcast over rows" */
    tg_case_shape x[4];  /* shapes of the arguments */
    int8_t nargs;        /* needed for variadic ops only; 0: the arity */
    bool same;           /* one node is given as every argument: x+x */
    int16_t classes;     /* i32 arguments are drawn from 0..classes-1 */
    const void *options; /* NULL: all zero */
    struct {
        float low, high;
    } range[4]; /* where real arguments are drawn; both 0: the op's domain */
} tg_case;
/* The shape of argument k; of the fourth for any that follow. */
TG_API tg_shape tg_case_shape_of(const tg_case *sample, int k);

/* Cases that every elementwise op of one argument, or of two, should have, for .shared_cases. */
TG_API extern const tg_case tg_unary_cases[], tg_binary_cases[];

/* The domain of one argument: drawn from (low, high), at least `margin` away from each of `kinks`.
   Both 0: (-2, 2). */
typedef struct tg_domain {
    double low, high;
} tg_domain;

#define TG_SAVES_OUTPUT 0x100u      /* backward reads y */
#define TG_SAVES_ARG(k) (1u << (k)) /* backward reads x[k] */
#define TG_SAVES_ARGS   0xffu       /* backward reads every x */

typedef struct tg_cost {
    double forward, backward; /* floating-point operations of one evaluation */
} tg_cost;

typedef struct tg_op {
    const char *name;
    int arity;
    bool (*infer)(tg_infer *in);
    bool elementwise;  /* y[i] depends on the x[k][i] alone: the executor broadcasts, splits, fuses */
    bool view;         /* y is x[0]'s memory under another shape; forward and backward are then NULL */
    unsigned int_args; /* bit k: argument k is i32 */
    unsigned saves;    /* what backward reads: TG_SAVES_...; memory is shared by this, so be exact */
    bool assigns;      /* backward heeds e->fresh, which spares a pass of zeros */
    bool random;       /* its kernels read seed, stream or training */
    /* Whether, with these options, each row of y is a function of the same row of x[0], and of all of the other
       arguments: backward may then be run for some rows at a time. NULL: it is not. */
    bool (*by_rows)(const void *options);
    size_t options_size;  /* sizeof the options struct, 0 when there is none */
    const tg_attr *attrs; /* its members, ended by a NULL name; may be NULL */
    const char *brief;    /* one line: "logistic sigmoid" */
    /* Formulas are plain text in one notation, + - * / ^ @ (matrix product) ^T and functions, in which
       listings put the nodes for the names: y is the value, dy its gradient, x the argument (a, b, c where
       there are several) unless .args names it; an option stands by its own name; n is how many elements of the
       last argument make one of y. "1/(1 + exp(-x))" */
    const char *math;
    /* Of y by each argument, "y * (1 - y)", to be multiplied by dy; or, where it mentions dy, the whole
       gradient of the argument, "dy @ b^T". */
    const char *derivative[TG_MAX_ARGS];
    const char *(*derivative_with)(const void *options, int k); /* where options change its form */
    const char *infix; /* how a listing writes the op without options when not as name(x): "a + b" */
    const char *args[TG_MAX_ARGS];       /* names of the arguments where they have better ones: "logits" */
    const char *source;                  /* paper or book, where there is one */
    double flops;                        /* per element of y, forward; backward is taken as twice this */
    tg_cost (*cost)(const tg_infer *in); /* where the above is too simple */
    const tg_case *shared_cases;         /* samples that many ops share, ended by a NULL label; NULL: none */
    const tg_case *cases;                /* this op's own, likewise */
    tg_domain domain[TG_MAX_ARGS];
    const char *kinks;               /* where the derivative jumps: "x = 0"; NULL for smooth ops */
    const tg_kernel *const *kernels; /* filled in by TG_OP */
    bool built_in;                   /* private */
} tg_op;

/* For layers and losses that are composed of ops: fails the tape as an op would. The first error wins. Writes
   "message (file:line)" and calls the handler; allocates nothing. NULL is allowed. */
TG_API void tg_fail(tg_tape *tape, tg_where where, const char *format, ...) TG_PRINTF(3, 4);

/* Applies an op: what every tg_NAME(...) does, and how a user's own op is called.
   options points to op->options_size bytes, which are copied. */
#define tg_apply(...) tg_apply_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_apply_at(tg_where where, const tg_op *op, const void *options, int nargs,
                            tg_node *const *args);

/* Sample case n of an op, the shared ones first; NULL behind the last. */
TG_API const tg_case *tg_case_of(const tg_op *op, int n);

/* The registry: the ops of ops/ops.def in that order, then registered ones. */
TG_API int tg_op_count(void);
TG_API const tg_op *tg_op_get(int i);             /* NULL outside 0..count-1 */
TG_API const tg_op *tg_op_find(const char *name); /* NULL if there is none */
/* Adds a user's op, so that checks, dumps and expressions know it. NULL on success, else what is wrong with
   the descriptor (missing rule, name taken, too many ops), as a static text. */
TG_API const char *tg_op_register(const tg_op *op);

/* What a node is made of, for tools. NULL or 0 for leaves and NULL. */
TG_API const tg_op *tg_op_of(const tg_node *node);
TG_API int tg_arg_count(const tg_node *node);
TG_API tg_node *tg_arg(const tg_node *node, int k);
TG_API const void *tg_options_of(const tg_node *node);
TG_API bool tg_requires_grad(const tg_node *node);
TG_API tg_param *tg_param_of(const tg_node *node);
TG_API bool tg_is_constant(const tg_node *node);     /* made by tg_constant or tg_scalar */
TG_API const char *tg_scope_of(const tg_node *node); /* "" outside any scope */
/* "slope=0.1, axis=1": the options that differ from zero, at most size bytes; returns text. */
TG_API char *tg_options_text(const tg_op *op, const void *options, char *text, size_t size);
/* Floating-point operations of a node: forward, and backward for the arguments that want a gradient, all of which
   are taken to cost the same. */
TG_API tg_cost tg_cost_of(const tg_node *node);
/* Writes for each element of node which smooth branch its value is computed on now. False, and nothing is
   written, for nodes of ops without kinks. */
TG_API bool tg_branch(tg_node *node, int32_t *branch);
/* What backward of node would add to the gradient of each argument, given the cotangent dy: into[k] is
   overwritten with the contribution to argument k (NULL where it is not wanted), separately even when one
   node is given twice. dy and into are tensors of the tape's dtype, padded and aligned like those of
   tg_tensor_alloc. Nothing on the tape changes, not even where it has failed. False for leaves, for ops without
   derivative, where a value is missing, without memory.
 */
TG_API bool tg_send_backward(const tg_node *node, const void *dy, void *const *into);
/* The kernels of an op for TG_F32, TG_F64 or TG_DUAL, at the SIMD level of this processor; NULL for a view
   that has none. */
TG_API const tg_kernel *tg_kernel_of(const tg_op *op, tg_dtype dtype);

#endif
