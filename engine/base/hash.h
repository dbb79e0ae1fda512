/* engine/base/hash.h - uthash with our memory and without its exit(): include this, never
 * <uthash.h>. After HASH_ADD, item->hh.tbl is NULL when memory ended and the item was left out. */
#pragma once
#include "base/base.h"

#define HASH_NONFATAL_OOM          1
#define uthash_malloc(size)        qz_malloc(1, size)
#define uthash_free(pointer, size) free(pointer)
#pragma GCC system_header
#include <uthash.h>
