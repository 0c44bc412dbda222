#include "tools/cli/source_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/core/error.h"
#include "tools/cli/format.h"
#include "tools/sources/redis_uri.h"

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

void require_valid_source_name(const std::string& name, const std::string& path) {
  std::string fault = fault_of_name(name);
  if (name == "SHA256SUMS" || name == "snapshot.json") {
    fault = "every snapshot has a file of that name";
  }
  if (fault.empty()) return;
  throw usage(
      fmt::format("the source {} cannot be called '{}': {}; give it another name with "
                  "--as NAME",
                  path, name, fault));
}

std::string own_name(const std::string& path) {
  if (is_redis_uri(path)) return default_name(parse_redis_uri(path));
  return Path(path).filename().string();
}

}  // namespace

std::vector<std::string> source_names(const std::vector<std::string>& paths,
                                      const std::string& as) {
  if (!as.empty() && paths.size() > 1) {
    throw usage("--as names one source, and there are several: ingest them one by one");
  }
  std::vector<std::string> names;
  std::map<std::string, std::string> path_of;
  for (const std::string& path : paths) {
    const std::string name = as.empty() ? own_name(path) : as;
    require_valid_source_name(name, path);
    const auto [other, is_new] = path_of.emplace(name, path);
    if (!is_new) {
      throw usage(
          fmt::format("{} and {} are both called '{}': ingest them one by one, one with "
                      "--as NAME",
                      other->second, path, name));
    }
    names.push_back(name);
  }
  return names;
}

void require_valid_tag(const std::string& tag) {
  const std::string fault = fault_of_name(tag);
  if (!fault.empty()) throw usage(fmt::format("'{}' cannot be a tag: {}", tag, fault));
}

void refuse_paths_inside(const Path& repository, const std::vector<std::string>& paths) {
  const Path root = std::filesystem::weakly_canonical(repository);
  for (const std::string& path : paths) {
    std::error_code ignored;  // what cannot be looked at, the source will complain about
    const Path real = std::filesystem::weakly_canonical(path, ignored);
    const auto [end, rest] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
    if (end == root.end()) {
      throw usage(fmt::format("{} lies in the repository {}: a repository does not back up itself",
                              path, root.native()));
    }
  }
}

}  // namespace varve::cli
