/* engine/io/version.h - versions of the libraries behind io, static text. */
#pragma once
const char *qz_io_gdal_version(void);
const char *qz_io_shapelib_version(void);
