#include "tools/import/backup_format.h"

#include <algorithm>
#include <array>

namespace varve {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  BackupFormat format;
};

constexpr std::array kMagics = {Magic{"SQLite format 3\0"sv, BackupFormat::sqlite},
                                Magic{"PGDMP"sv, BackupFormat::pgdump},
                                Magic{"REDIS0"sv, BackupFormat::redis},
                                Magic{"\x1f\x8b\x08"sv, BackupFormat::packed},
                                Magic{"\x28\xb5\x2f\xfd"sv, BackupFormat::packed},  // zstd
                                Magic{"\xfd"
                                      "7zXZ\0"sv,
                                      BackupFormat::packed},
                                Magic{"BZh"sv, BackupFormat::packed}};

// A tar archive begins with a member's header: 512 bytes, among them their own sum in octal digits,
// counted with blanks in its place.
bool is_tar(std::string_view header) {
  constexpr std::size_t kAt = 148;
  constexpr std::size_t kDigits = 8;
  if (header.size() < kFormatBytes || header.front() == '\0') return false;
  unsigned sum = kDigits * ' ';
  for (std::size_t i = 0; i < kFormatBytes; ++i) {
    if (i < kAt || i >= kAt + kDigits) sum += static_cast<unsigned char>(header[i]);
  }
  unsigned said = 0;
  for (const char c : header.substr(kAt, kDigits)) {
    if (c >= '0' && c <= '7') said = said * 8 + static_cast<unsigned>(c - '0');
  }
  return sum == said;
}

}  // namespace

BackupFormat format_of(ByteView first_bytes) {
  const std::string_view text = as_text(first_bytes);
  for (const Magic& magic : kMagics) {
    if (text.starts_with(magic.bytes)) return magic.format;
  }
  return is_tar(text.substr(0, kFormatBytes)) ? BackupFormat::tar : BackupFormat::other;
}

std::string_view kind_of(BackupFormat format) {
  switch (format) {
    case BackupFormat::sqlite:
      return "sqlite";
    case BackupFormat::redis:
      return "redis";
    case BackupFormat::pgdump:
      return "pgdump";
    case BackupFormat::tar:
      return "files";
    default:
      return "stream";
  }
}

Chunking chunking_of(BackupFormat format) {
  return format == BackupFormat::sqlite ? Chunking::extents : Chunking::content;
}

}  // namespace varve
