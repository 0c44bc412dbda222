// libfuse's low-level API, of one version everywhere.
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
