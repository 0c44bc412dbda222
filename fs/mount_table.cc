#include "fs/mount_table.h"

#include <fstream>
#include <sstream>
#include <system_error>

namespace varve {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes space, tab, newline and backslash as \040 and so on.
std::string unescape(std::string_view field) {
  std::string plain;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) &&
        is_octal(field[i + 2]) && is_octal(field[i + 3])) {
      const int value = (field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0');
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += field[i];
    }
  }
  return plain;
}

}  // namespace

// proc(5): id parent major:minor root POINT options [optional fields…] - TYPE SOURCE options
std::vector<MountEntry> parse_mount_table(std::string_view mountinfo) {
  std::vector<MountEntry> entries;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point, field, type, source;
    fields >> id >> parent >> device >> root >> point;
    while (fields >> field && field != "-") {
    }
    if (fields >> type >> source) entries.push_back({unescape(point), type, unescape(source)});
  }
  return entries;
}

std::optional<MountEntry> mounted_at(const Path& point) {
  std::ifstream file("/proc/self/mountinfo");
  std::ostringstream text;
  text << file.rdbuf();
  std::optional<MountEntry> topmost;
  for (MountEntry& entry : parse_mount_table(text.str())) {
    if (entry.point == point) topmost = std::move(entry);
  }
  return topmost;
}

Path normal_mount_point(const Path& point) {
  Path absolute = std::filesystem::absolute(point).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // a '/' at the end
  if (!absolute.has_relative_path()) return absolute;
  std::error_code fault;
  if (std::filesystem::is_symlink(absolute, fault)) {
    const Path target = std::filesystem::canonical(absolute, fault);
    return fault ? absolute : target;
  }
  const Path parent = std::filesystem::weakly_canonical(absolute.parent_path(), fault);
  return fault ? absolute : parent / absolute.filename();
}

}  // namespace varve
