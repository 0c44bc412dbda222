#include "tools/sources/sqlite_header.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <bit>
#include <string_view>

namespace varve {
namespace {

// The terminating zero is part of it.
constexpr std::string_view kMagic("SQLite format 3\0", 16);

std::string version_text(std::uint32_t number) {  // 3040001 is 3.40.1
  return fmt::format("{}.{}.{}", number / 1'000'000, number / 1'000 % 1'000, number % 1'000);
}

std::string_view encoding_text(std::uint32_t number) {
  switch (number) {
    case 0:  // nothing was ever written that needs one
    case 1:
      return "UTF-8";
    case 2:
      return "UTF-16le";
    case 3:
      return "UTF-16be";
    default:
      return {};
  }
}

std::string_view auto_vacuum_text(std::uint32_t largest_root, std::uint32_t incremental) {
  if (largest_root == 0) return "none";
  return incremental == 0 ? "full" : "incremental";
}

}  // namespace

bool SqliteHeader::has_magic() const {
  return as_text(ByteView(bytes).first(kMagic.size())) == kMagic;
}

std::uint32_t SqliteHeader::number_at(std::size_t offset) const {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes.at(offset + i));
  }
  return value;
}

std::uint32_t SqliteHeader::page_size() const {
  const std::uint32_t field = number_at(16) >> 16;
  if (field == 1) return 65536;
  return std::has_single_bit(field) && field >= 512 ? field : 0;
}

std::map<std::string, std::string> facts_of(const SqliteHeader& header, std::uint64_t size) {
  std::map<std::string, std::string> facts;
  facts["sqlite_library"] = sqlite3_libversion();
  facts["journal_mode"] = size > 0 && header.is_wal() ? "wal" : "delete";
  if (size < SqliteHeader::kSize) {
    facts["page_count"] = "0";
    return facts;
  }
  if (const std::uint32_t version = header.number_at(SqliteHeader::kWriterVersion); version != 0) {
    facts["engine_version"] = version_text(version);
  }
  if (const std::uint32_t page_size = header.page_size(); page_size != 0) {
    facts["page_size"] = fmt::to_string(page_size);
    facts["page_count"] = fmt::to_string((size + page_size - 1) / page_size);
  }
  if (const std::string_view encoding = encoding_text(header.number_at(SqliteHeader::kEncoding));
      !encoding.empty()) {
    facts["encoding"] = encoding;
  }
  facts["user_version"] =
      fmt::to_string(static_cast<std::int32_t>(header.number_at(SqliteHeader::kUserVersion)));
  facts["application_id"] =
      fmt::to_string(static_cast<std::int32_t>(header.number_at(SqliteHeader::kApplicationId)));
  facts["auto_vacuum"] = auto_vacuum_text(header.number_at(SqliteHeader::kLargestRoot),
                                          header.number_at(SqliteHeader::kIncrementalVacuum));
  return facts;
}

void leave_wal_mode(std::uint64_t offset, MutableBytes piece) {
  for (const std::uint64_t field : {SqliteHeader::kWriteVersion, SqliteHeader::kReadVersion}) {
    if (field < offset || field >= offset + piece.size()) continue;
    std::byte& version = piece[field - offset];
    if (version == SqliteHeader::kWal) version = SqliteHeader::kRollback;
  }
}

}  // namespace varve
