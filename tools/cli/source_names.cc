#include "tools/cli/source_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
#include "tools/cli/format.h"

namespace varve::cli {
namespace {

Error usage(const std::string& message) { return Error(ErrorCode::usage, message); }

// Why `name` cannot be a file's or a folder's name on the mount; empty where it can.
std::string fault_of_name(const std::string& name) {
  if (name.empty()) return "it is empty";
  if (name == "." || name == "..") return "it means a folder";
  if (name.size() > 255) return "it is longer than 255 bytes";
  if (name.find('/') != std::string::npos) return "it holds a '/'";
  if (printable(name) != name) return "it holds a control character";
  return {};
}

}  // namespace

void require_valid_source_name(const std::string& name, const std::string& source) {
  std::string fault = fault_of_name(name);
  if (name == "SHA256SUMS" || name == "snapshot.json") {
    fault = "every snapshot has a file of that name";
  }
  if (fault.empty()) return;
  throw usage(
      fmt::format("the source {} cannot be called '{}': {}; give it another name with "
                  "--as NAME",
                  source, name, fault));
}

void require_valid_tag(const std::string& tag) {
  const std::string fault = fault_of_name(tag);
  if (!fault.empty()) throw usage(fmt::format("'{}' cannot be a tag: {}", tag, fault));
}

void refuse_path_inside(const Path& repository, const std::string& path) {
  const Path root = std::filesystem::weakly_canonical(repository);
  std::error_code ignored;  // what cannot be looked at, the source will complain about
  const Path real = std::filesystem::weakly_canonical(path, ignored);
  const auto [end, rest] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (end != root.end()) return;
  throw usage(fmt::format("{} lies in the repository {}: a repository does not back up itself",
                          path, root.native()));
}

}  // namespace varve::cli
