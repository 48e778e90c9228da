/* optim.h: optimisers. One is made for a container of parameters and moves them by their gradients:

       tg_optim *opt = tg_adam(tg_mlp_params(net), (tg_adam_spec){.lr = 1e-3});
       while (...) {
           tg_replay(tape);
           tg_backward(loss);
           tg_optim_step(opt);
       }
       if (tg_optim_failed(opt)) fprintf(stderr, "%s\n", tg_optim_error(opt));

   A step consumes the gradients: they can still be read, and the next backward overwrites them instead of
   adding to them. Several backward passes before one step add up. */
#ifndef TG_OPTIM_OPTIM_H
#define TG_OPTIM_OPTIM_H

#include "models/params.h"
#include "schedule.h"

/* With g the gradient after clipping and, when coupled, with weight_decay * p added to it:

     TG_SGD       sgd       p -= lr g; with momentum > 0 as the next
     TG_MOMENTUM  momentum  v = momentum v - lr g; p += v                  (Polyak 1964; state velocity)
     TG_NESTEROV  nesterov  v = momentum v - lr g; p += momentum v - lr g  (Sutskever et al., ICML 2013)
     TG_RMSPROP   rmsprop   c = decay c + (1-decay) g^2; p -= lr g/sqrt(c + epsilon)
                            (Tieleman and Hinton, Coursera lecture 6.5, 2012; state square_average)
     TG_ADAM      adam      m = beta1 m + (1-beta1) g; v = beta2 v + (1-beta2) g^2;
                            p -= lr m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + epsilon)
                            (Kingma and Ba, ICLR 2015, arXiv:1412.6980; state m, v)
     TG_ADAMW     adamw     adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101)
     TG_ADAGRAD   adagrad   s += g^2; p -= lr g/(sqrt(s) + epsilon)
                            (Duchi, Hazan, Singer, JMLR 12, 2011; state square_sum) */
#define TG_OPTIMS(X)                                                                                         \
    X(TG_SGD, "sgd")                                                                                         \
    X(TG_MOMENTUM, "momentum")                                                                               \
    X(TG_NESTEROV, "nesterov")                                                                               \
    X(TG_RMSPROP, "rmsprop")                                                                                 \
    X(TG_ADAM, "adam")                                                                                       \
    X(TG_ADAMW, "adamw")                                                                                     \
    X(TG_ADAGRAD, "adagrad")

typedef enum tg_optim_kind {
#define TG_X(id, name) id,
    TG_OPTIMS(TG_X)
#undef TG_X
        TG_NOPTIMS
} tg_optim_kind;

typedef enum tg_epsilon_at {
    TG_EPSILON_DEFAULT, /* as in the table above */
    TG_EPSILON_INSIDE,  /* 1/sqrt(c + epsilon) */
    TG_EPSILON_OUTSIDE, /* 1/(sqrt(c) + epsilon): PyTorch, for all three */
} tg_epsilon_at;

/* Options of all optimisers; 0 is the default. An option that the optimiser does not use must be 0. */
typedef struct tg_optim_spec {
    double lr;            /* learning rate, above 0; default 0.01 for sgd, momentum, nesterov, rmsprop and
                             adagrad, 0.001 for adam and adamw */
    tg_schedule schedule; /* of the learning rate; default constant */

    double momentum;     /* sgd (default 0), momentum and nesterov (default 0.9); below 1 */
    bool nesterov;       /* sgd with momentum: Nesterov's form */
    bool torch_momentum; /* v = momentum v + g; p -= lr v (or lr (g + momentum v)): PyTorch. It differs from
                            the table only when the learning rate changes, and in the scale of the state */
    double decay;        /* rmsprop; default 0.99 */
    double beta1, beta2; /* adam, adamw; default 0.9, 0.999 */
    double epsilon;      /* rmsprop, adam, adamw: default 1e-8; adagrad: default 1e-10 */
    tg_epsilon_at epsilon_at;

    double weight_decay; /* default 0; adamw: 0.01 */
    bool
        decoupled; /* p *= 1 - lr weight_decay before the update instead of the coupled form; adamw: always */
    double clip_value; /* gradients are clamped to +-clip_value; 0: not */
    double clip_norm; /* then: all gradients are scaled so that their common 2-norm is at most this; 0: not */
    bool unchecked;   /* skip the search for gradients that are not finite: one pass over them less */
    int threads;      /* of a step, when there are many parameters; 0: what tg_threads() says */
    tg_status *status; /* receives the message when the optimiser cannot be made */
} tg_optim_spec;
typedef tg_optim_spec tg_sgd_spec, tg_rmsprop_spec, tg_adam_spec, tg_adamw_spec, tg_adagrad_spec;

typedef struct tg_optim tg_optim;

/* An optimiser for the parameters that the container holds now. NULL, with a message in spec.status, when an
   option is impossible or memory is out. The container must outlive it. */
TG_API TG_MUST_USE tg_optim *tg_optim_new(tg_params *params, tg_optim_kind kind, tg_optim_spec spec);
TG_API TG_MUST_USE tg_optim *tg_sgd(tg_params *params, tg_sgd_spec spec);
TG_API TG_MUST_USE tg_optim *tg_rmsprop(tg_params *params, tg_rmsprop_spec spec);
TG_API TG_MUST_USE tg_optim *tg_adam(tg_params *params, tg_adam_spec spec);
TG_API TG_MUST_USE tg_optim *tg_adamw(tg_params *params, tg_adamw_spec spec);
TG_API TG_MUST_USE tg_optim *tg_adagrad(tg_params *params, tg_adagrad_spec spec);
/* NULL is allowed. The parameters stay. */
TG_API void tg_optim_free(tg_optim *opt);

/* Moves every parameter that is not frozen and to which a gradient has come since the last step; consumes
   the gradients, those of frozen parameters too. False, with nothing changed, after an earlier error, when no
   parameter that may move has a gradient, or when one has a gradient that is not finite; the message names it.
   Allocates nothing. */
TG_API bool tg_optim_step(tg_optim *opt);
/* Errors are sticky, the first one wins: further steps do nothing. True for NULL. */
TG_API bool tg_optim_failed(const tg_optim *opt);
TG_API const char *tg_optim_error(const tg_optim *opt); /* "" when there is none */
/* Forgets the error and all gradients, so that training can go on with the next batch. */
TG_API void tg_optim_recover(tg_optim *opt);

TG_API tg_optim_kind tg_optim_kind_of(const tg_optim *opt);
TG_API tg_params *tg_optim_params(const tg_optim *opt);
TG_API uint64_t tg_optim_steps(const tg_optim *opt); /* steps taken */
TG_API void tg_optim_set_steps(tg_optim *opt, uint64_t steps);
TG_API double tg_optim_lr(const tg_optim *opt); /* the rate of the next step, schedule included */
/* Another base rate; false, and no change, unless it is finite and above 0. */
TG_API bool tg_optim_set_lr(tg_optim *opt, double lr);

/* The norm of all gradients together at the last step, before clipping; NaN unless clip_norm asks for it. */
TG_API double tg_optim_grad_norm(const tg_optim *opt);

/* The state that the optimiser keeps for each parameter: 0 to 2 tensors of the parameter's shape and dtype,
   named as in the table above. tg_optim_state gives their elements, to read or to write; NULL for an unknown
   parameter or state. */
TG_API int tg_optim_state_count(const tg_optim *opt);
TG_API const char *tg_optim_state_name(const tg_optim *opt, int k); /* NULL outside 0..count-1 */
TG_API void *tg_optim_state(tg_optim *opt, const char *param, const char *state);

TG_API const char *tg_optim_name(tg_optim_kind kind); /* "adam"; "?" for any other number */
TG_API int tg_optim_from_name(const char *name);      /* -1 if there is none */
TG_API const char *tg_optim_names(void);              /* "sgd, momentum, ...": for messages and help */

/* The 2-norm of what stands in the parameter's gradient (also after a step has consumed it), summed in double
   precision; 0 where no backward has come by, NaN for NULL. */
TG_API double tg_param_grad_norm(const tg_param *param);
/* The same over all parameters, together. */
TG_API double tg_params_grad_norm(const tg_params *params);

#endif
