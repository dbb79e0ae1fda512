/* engine/base/geodata.h - the files of geodata/, carried inside the library. */
#pragma once

/* Text of geodata/NAME, static, ends with 0; NULL: no such file. */
const char *qz_geodata(const char *name);
