/* safetensors.h: named tensors in one file, in the format of https://github.com/huggingface/safetensors,
   which PyTorch, NumPy and JAX read and write:

       8 bytes   length of the header, little-endian
       header    JSON: {"NAME": {"dtype": "F32", "shape": [784,64], "data_offsets": [BEGIN, END]}, ...,
                        "__metadata__": {"KEY": "TEXT", ...}}
       data      the tensors' elements, row-major, little-endian; offsets count from here

   A file is read whole and believed in nothing: lengths, offsets, shapes and dtypes must agree with each
   other and with the file's length before anything is taken from it; the data must have no gaps. Files
   written here carry a CRC-32 of all their bytes in the metadata, which is checked when they are read. */
#ifndef TG_MODELS_SAFETENSORS_H
#define TG_MODELS_SAFETENSORS_H

#include "params.h"

typedef struct tg_tensor {
    const char *name;
    tg_dtype dtype; /* TG_NDTYPES: one that only the file knows, see .stored */
    tg_shape shape;
    const void *data;   /* row-major elements; in a file that was read, on any address */
    size_t bytes;       /* when read: of the data */
    const char *stored; /* when read: the file's name of the dtype, "BF16" */
} tg_tensor;

typedef struct tg_text {
    const char *key, *value;
} tg_text;

typedef struct tg_safetensors_spec {
    const tg_tensor *tensors; /* f32, f64 or i32, no name twice */
    int count;
    const tg_text *metadata;
    int metadata_count;
    bool keep_previous; /* what stood at the path before stays as PATH.previous */
} tg_safetensors_spec;

/* Writes the file aside and renames it, so that the path holds the old file or the new one at every moment,
   also through a crash. False with a message; the file is then as it was. */
TG_API bool tg_safetensors_write(const char *path, tg_safetensors_spec spec, tg_status *status);

typedef struct tg_safetensors tg_safetensors;

/* Reads a file; NULL, with a message that names the file and what is wrong with it. Takes memory for the file
   and at most four times as much for its header. */
TG_API TG_MUST_USE tg_safetensors *tg_safetensors_read(const char *path, tg_status *status);
TG_API void tg_safetensors_free(tg_safetensors *file); /* NULL is allowed */
TG_API int tg_safetensors_count(const tg_safetensors *file);
TG_API const tg_tensor *tg_safetensors_get(const tg_safetensors *file, int i); /* NULL outside */
TG_API const tg_tensor *tg_safetensors_find(const tg_safetensors *file, const char *name);
/* The text of a metadata key; NULL if there is none. */
TG_API const char *tg_safetensors_text(const tg_safetensors *file, const char *key);

/* Saves all parameters under their names. */
TG_API bool tg_params_save(const tg_params *params, const char *path, tg_status *status);

typedef struct tg_load_params_spec {
    bool partial;       /* take what fits; by default every parameter must be in the file, and nothing else */
    bool transpose;     /* matrices are stored as (out, in), as by PyTorch's Linear */
    const char *prefix; /* only tensors whose name begins so, which is then left out: "model." */
    char *report;       /* receives one clause for each missing, extra or misshapen tensor; may be NULL */
    size_t report_size;
} tg_load_params_spec;

/* Loads parameters by name; f32 and f64 are converted into each other. False, with a message that names each
   missing, extra or misshapen tensor and nothing changed, when the file is faulty or, unless partial, when
   not everything fits. */
TG_API bool tg_params_load(tg_params *params, const char *path, tg_load_params_spec spec, tg_status *status);

#endif
