/* engine/io/version.c - what io runs on. */
#include <gdal.h>
#include "io/version.h"

const char *qz_io_gdal_version(void) { return GDALVersionInfo("RELEASE_NAME"); }
const char *qz_io_shapelib_version(void) {
    return QZ_SHAPELIB_VERSION;
} /* the library tells none itself */
