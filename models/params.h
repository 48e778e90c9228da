/* params.h: the parameters of a model, in order and by name. The model owns its container; optimisers,
   initialisers and files work on containers and know nothing of models. */
#ifndef TG_MODELS_PARAMS_H
#define TG_MODELS_PARAMS_H

#include "core/param.h"
#include "core/status.h"

typedef struct tg_params tg_params;

/* An empty container of parameters of one dtype (TG_F32 or TG_F64). Its parameters' values stand one behind
   the other in memory, and so do their gradients, as far as `elements` reaches: the number of elements of all
   parameters together (0: unknown; memory is then reserved in pieces). NULL for another dtype or without
   memory. */
TG_API TG_MUST_USE tg_params *tg_params_new(tg_dtype dtype, int64_t elements);
/* Frees the container and the parameters it made, not the borrowed ones. NULL is allowed. Tapes that use the
   parameters must not be played afterwards. */
TG_API void tg_params_free(tg_params *params);

/* Makes a parameter of zeros at the end of the container, which owns it. The name is copied. NULL, with a
   message, when the name is empty or taken, the shape impossible, or memory is out. */
TG_API tg_param *tg_params_add(tg_params *params, const char *name, const tg_shape *shape, tg_status *status);
/* Lists a parameter that another container owns, so that one optimiser can train several models. It must
   outlive this container. False, with a message, when its name is taken or its dtype another. */
TG_API bool tg_params_borrow(tg_params *params, tg_param *param, tg_status *status);

TG_API int tg_params_count(const tg_params *params);                        /* 0 for NULL */
TG_API tg_param *tg_params_get(const tg_params *params, int i);             /* NULL outside 0..count-1 */
TG_API tg_param *tg_params_find(const tg_params *params, const char *name); /* NULL if there is none */
TG_API tg_dtype tg_params_dtype(const tg_params *params);
TG_API int64_t tg_params_size(const tg_params *params); /* elements of all parameters */

/* Copies a parameter's elements, as doubles, out of or into it; n must be its size. False, with a message
   that names the parameter and both sizes, and nothing copied, otherwise. */
TG_API bool tg_params_read(const tg_params *params, const char *name, double *to, int64_t n,
                           tg_status *status);
TG_API bool tg_params_assign(tg_params *params, const char *name, const double *from, int64_t n,
                             tg_status *status);

/* Forgets all gradients (tg_param_zero_grad). */
TG_API void tg_params_zero_grad(tg_params *params);
/* No gradients any more (or again) for those parameters whose name begins with `prefix` ("" for all), when
   they are next put on a tape. Returns how many there are. */
TG_API int tg_params_freeze(tg_params *params, const char *prefix, bool frozen);

#endif
