/* engine/io/block.h - files for Shapelib, read in large blocks: its own way asks the kernel for
 * each row. */
#pragma once
#include <shapefil.h>

/* Reading only: a file opened for anything else is refused. Silent on errors. */
void qz_block_hooks(SAHooks *ret);
