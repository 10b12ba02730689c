/* What the layers above need of tables beyond the public header. */
#ifndef AGL_TABLE_TABLE_H
#define AGL_TABLE_TABLE_H

#include "agglo/table.h"

/** Removes a column; nothing happens when there is none of that name. */
void agl__table_drop(agl_table *table, const char *name);

#endif
