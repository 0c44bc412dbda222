#include "store/catalog/shared_memory.h"

#include <sqlite3.h>
#include <sys/mman.h>

#include <cerrno>

namespace varve {
namespace {

constexpr const char* kName = "varve-catalog";

// The system's layer: its own, and its methods for files that can share memory. It has one such
// table for all catalogs, as they are locked in the same way.
sqlite3_vfs* system_layer = nullptr;
const sqlite3_io_methods* system_methods = nullptr;
sqlite3_io_methods methods;

// Kernels before 5.14 do not know the advice, and others not on every filesystem: then nothing is
// gained, and nothing lost.
bool has_room(volatile void* memory, int size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): madvise() takes no volatile
  void* const place = const_cast<void*>(memory);
  const int failed = ::madvise(place, static_cast<std::size_t>(size), MADV_POPULATE_WRITE);
  return failed == 0 || errno != EFAULT;
}

int map_shared_memory(sqlite3_file* file, int region, int size, int extend,
                      void volatile** memory) {
  const int code = system_methods->xShmMap(file, region, size, extend, memory);
  if (code != SQLITE_OK || *memory == nullptr || has_room(*memory, size)) return code;
  *memory = nullptr;
  return SQLITE_IOERR_SHMSIZE;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = system_layer->xOpen(system_layer, name, file, flags, out_flags);
  const bool can_share = code == SQLITE_OK && file->pMethods != nullptr &&
                         (flags & SQLITE_OPEN_MAIN_DB) != 0 && file->pMethods->iVersion >= 2;
  if (!can_share) return code;
  static const bool taken_over = [&] {
    system_methods = file->pMethods;
    methods = *system_methods;
    methods.xShmMap = map_shared_memory;
    return true;
  }();
  if (taken_over && file->pMethods == system_methods) file->pMethods = &methods;
  return code;
}

}  // namespace

const char* catalog_file_layer() {
  static sqlite3_vfs layer;
  static const bool registered = [] {
    system_layer = sqlite3_vfs_find(nullptr);
    if (system_layer == nullptr) return false;
    layer = *system_layer;
    layer.zName = kName;
    layer.xOpen = open_file;
    return sqlite3_vfs_register(&layer, 0) == SQLITE_OK;
  }();
  return registered ? kName : nullptr;
}

}  // namespace varve
