/* ops_pages.h: the op reference, written from the descriptors. */
#ifndef TG_TOOLS_OPS_PAGES_H
#define TG_TOOLS_OPS_PAGES_H

#include "core/op.h"
#include "core/status.h"

/* "double", "int", "bool", "axes", "dims", "seed". */
const char *tg_attr_type_name(tg_attr_type type);
/* Writes FOLDER/NAME.md; the folder is made when it is missing. sources: the folder of the op files, from
   which the C declarations are copied; NULL: none are shown. */
bool tg_op_page(const tg_op *op, const char *folder, const char *sources, tg_status *status);
/* Writes FOLDER/README.md, the list of all ops. */
bool tg_op_index(const char *folder, tg_status *status);

#endif
