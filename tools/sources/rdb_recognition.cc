#include "tools/sources/rdb_recognition.h"

#include <algorithm>
#include <array>

#include "tools/sources/rdb_check.h"

namespace varve {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kFront = 512;  // what a server says of itself stands in here
// That says of an append-only file's front what it is: a short number, 1.
constexpr std::string_view kPreamble =
    "\xfa\x0c"
    "aof-preamble\xc0\x01"sv;

}  // namespace

bool is_rdb(ByteView front) {
  RdbCheck check;
  check.update(front);
  return check.version() != 0 && as_text(front).find(kPreamble) == std::string_view::npos;
}

bool is_rdb(const File& file) {
  std::array<std::byte, kFront> front{};
  return is_rdb(ByteView(front).first(file.read_at(0, front)));
}

bool is_rdb_source(const Snapshot& snapshot, std::uint32_t source) {
  const std::string& kind = snapshot.sources.at(source).kind;
  if (kind != "file") return kind == "redis";
  return std::ranges::any_of(snapshot.files, [&](const FileEntry& file) {
    return file.source == source && file.format == kRdbFormat;
  });
}

}  // namespace varve
