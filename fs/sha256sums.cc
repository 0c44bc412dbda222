#include "fs/sha256sums.h"

namespace varve {
namespace {

// A line whose name needs escapes begins with a backslash (coreutils manual, "md5sum").
std::string line(const std::string& hash, const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    switch (c) {
      case '\\':
        escaped += "\\\\";
        break;
      case '\n':
        escaped += "\\n";
        break;
      case '\r':
        escaped += "\\r";
        break;
      default:
        escaped += c;
    }
  }
  const char* mark = escaped == path ? "" : "\\";
  return mark + hash + "  " + escaped + '\n';
}

}  // namespace

std::string sha256sums(const Snapshot& snapshot,
                       const std::function<Sha256(const FileEntry&)>& hash_of) {
  std::string text;
  for (const FileEntry& file : snapshot.files) {
    if (file.type != FileType::file) continue;
    text += line(to_hex(hash_of(file).view()), file.path);
  }
  return text;
}

std::size_t sha256sums_size(const Snapshot& snapshot) {
  const std::string hash(2 * Sha256::size, '0');
  std::size_t size = 0;
  for (const FileEntry& file : snapshot.files) {
    if (file.type == FileType::file) size += line(hash, file.path).size();
  }
  return size;
}

}  // namespace varve
