// pg_dump's archive in pieces and broken off. (That the pieces are what pg_dump writes,
// tests/system/postgres_test.cc holds against the real program.)
#include "tools/sources/postgres_archive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "store/core/error.h"

namespace varve {
namespace {

// The custom format, byte by byte, as pg_backup_archiver.c writes it (version 1.14).
class Archive {
 public:
  Archive& byte(int value) {
    bytes_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  Archive& number(int value) {
    byte(value < 0 ? 1 : 0);
    auto rest = static_cast<unsigned>(value < 0 ? -value : value);
    for (int i = 0; i < 4; ++i, rest >>= 8) byte(static_cast<int>(rest & 0xff));
    return *this;
  }
  Archive& text(std::string_view value) {
    number(static_cast<int>(value.size()));
    return raw(value);
  }
  Archive& raw(std::string_view value) {
    const ByteView bytes = as_bytes(value);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Archive& head(int minor) {
    raw("PGDMP").byte(1).byte(minor).byte(0).byte(4).byte(8).byte(1).number(0);
    for (int i = 0; i < 7; ++i) number(i);
    return text("shop").text("15.20").text("15.20");
  }
  Archive& entry(int id, bool has_data, std::string_view kind, std::string_view name) {
    number(id).number(has_data ? 1 : 0).text("1259").text("16384").text(name).text(kind);
    number(3).text("").text("").text("COPY …").text("public").number(-1).text("heap");
    text("owner").text("false").text("7").number(-1);
    byte(1);
    return raw(std::string_view("\0\0\0\0\0\0\0\0", 8));
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

Archive some_archive() {
  Archive archive;
  archive.head(14).number(3);
  archive.entry(5, true, "TABLE DATA", "orders").entry(6, false, "INDEX", "i");
  archive.entry(7, true, "BLOBS", "BLOBS");
  archive.byte(1).number(5).number(4).raw("1\ta\n").number(6).raw("\\.\n\n\n\n").number(0);
  archive.byte(3).number(7);
  archive.number(-294967296)
      .number(5)
      .raw("hello")
      .number(0);  // 4,000,000,000 as pg_dump writes it
  archive.number(17).number(0).number(0);
  return archive;
}

std::map<std::string, std::string> files_of(ByteView bytes, std::size_t piece) {
  ArchiveInput input([&](MutableBytes out) {
    const std::size_t count = std::min({piece, bytes.size(), out.size()});
    std::copy_n(bytes.begin(), count, out.begin());
    bytes = bytes.subspan(count);
    return count;
  });
  std::map<std::string, std::string> files;
  const auto contents = read_custom_contents(input);
  if (!contents) return files;
  files["toc.dat"] = as_text(contents->directory_toc);
  split_custom_data(input, *contents, [&](const auto&, const auto& file, const auto& pieces) {
    std::string& text = files[file];
    for (ByteView part = pieces(); !part.empty(); part = pieces()) text += as_text(part);
  });
  return files;
}

TEST(PostgresArchive, BecomesTheFilesOfADirectory) {
  const Archive archive = some_archive();
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    auto files = files_of(archive.bytes(), piece);
    EXPECT_EQ(files["5.dat"], "1\ta\n\\.\n\n\n\n");
    EXPECT_EQ(files["blob_4000000000.dat"], "hello");
    EXPECT_EQ(files["blob_17.dat"], "");
    EXPECT_EQ(files["blobs.toc"], "4000000000 blob_4000000000.dat\n17 blob_17.dat\n");
    EXPECT_EQ(files.size(), 5U);
  }
}

TEST(PostgresArchive, TheDirectorysContentsReadBack) {
  const std::string toc = files_of(some_archive().bytes(), 1000).at("toc.dat");
  ByteView rest = as_bytes(toc);
  ArchiveInput input([&](MutableBytes out) {
    const std::size_t count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    rest = rest.subspan(count);
    return count;
  });
  const auto contents = read_directory_contents(input);
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->entries.size(), 3U);
  EXPECT_EQ(contents->entries[0].file, "5.dat");
  EXPECT_EQ(contents->entries[0].table(), "public.orders");
  EXPECT_EQ(contents->entries[1].file, "");
  EXPECT_EQ(contents->entries[2].file, "blobs.toc");
}

TEST(PostgresArchive, WhatBreaksOffIsAnError) {
  const Bytes whole = some_archive().bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(files_of(ByteView(whole).first(length), 1000), Error) << length;
  }
}

TEST(PostgresArchive, ANewerFormIsNotGuessedAt) {
  EXPECT_TRUE(files_of(Archive().head(17).bytes(), 1000).empty());
}

}  // namespace
}  // namespace varve
