#include "tools/restore/unsaved_change.h"

#include <utility>

#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kLongestName = 200;  // bytes: it is a folder's name on the mount

}  // namespace

UnsavedChange::UnsavedChange(const std::string& name, std::string location)
    : name_(one_line(name, kLongestName) + ".unsaved"), location_(std::move(location)) {}

}  // namespace varve
