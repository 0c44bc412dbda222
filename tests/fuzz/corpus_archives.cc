#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "store/core/bytes.h"
#include "tests/fuzz/corpus.h"
#include "tools/sources/crc64.h"

namespace varve::fuzz {
namespace {

// --- tar --------------------------------------------------------------------------------

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<archive, FreeWriter>;

void add_member(archive* writer, const char* path, unsigned type, std::string_view content,
                const char* target = nullptr) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path);
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), 0640);
  archive_entry_set_mtime(entry.get(), 1'763'690'400, 5);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  if (target != nullptr && type == AE_IFLNK) archive_entry_set_symlink(entry.get(), target);
  if (target != nullptr && type == AE_IFREG) archive_entry_set_hardlink(entry.get(), target);
  if (archive_write_header(writer, entry.get()) < ARCHIVE_WARN) throw std::runtime_error("tar");
  archive_write_data(writer, content.data(), content.size());
}

void add_members(archive* writer) {
  add_member(writer, "a/", AE_IFDIR, "");
  add_member(writer, "a/history.db", AE_IFREG, "not much of a database");
  add_member(writer, "a/link", AE_IFLNK, "", "../../etc/passwd");
  add_member(writer, "a/again.db", AE_IFREG, "", "a/history.db");
  add_member(writer, "../../out", AE_IFREG, "of the folder");
  add_member(writer, "/absolute", AE_IFREG, "");
}

using Filter = int (*)(archive*);

Bytes tar(Filter format, Filter filter) {
  Bytes out(64u << 10);
  std::size_t used = 0;
  const Writer writer(archive_write_new());
  format(writer.get());
  filter(writer.get());
  archive_write_set_bytes_per_block(writer.get(), 512);
  if (archive_write_open_memory(writer.get(), out.data(), out.size(), &used) != ARCHIVE_OK) {
    throw std::runtime_error(archive_error_string(writer.get()));
  }
  add_members(writer.get());
  archive_write_close(writer.get());
  out.resize(used);
  return out;
}

Bytes packed(std::string_view content, Filter filter) {
  Bytes out(64u << 10);
  std::size_t used = 0;
  const Writer writer(archive_write_new());
  archive_write_set_format_raw(writer.get());
  filter(writer.get());
  archive_write_set_bytes_per_block(writer.get(), 1);
  archive_write_open_memory(writer.get(), out.data(), out.size(), &used);
  add_member(writer.get(), "data", AE_IFREG, content);
  archive_write_close(writer.get());
  out.resize(used);
  return out;
}

// --- pg_dump's custom format, as pg_backup_archiver.c writes it (version 1.14) ---------------

class Dump {
 public:
  Dump& byte(unsigned value) {
    bytes_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  Dump& number(std::int64_t value) {
    byte(value < 0 ? 1 : 0);
    auto rest = static_cast<std::uint64_t>(value < 0 ? -value : value);
    for (int i = 0; i < 4; ++i, rest >>= 8) byte(rest & 0xff);
    return *this;
  }
  Dump& raw(std::string_view text) {
    const ByteView view = as_bytes(text);
    bytes_.insert(bytes_.end(), view.begin(), view.end());
    return *this;
  }
  Dump& text(std::string_view value) {
    return number(static_cast<std::int64_t>(value.size())).raw(value);
  }
  Dump& head(unsigned format) {
    raw("PGDMP").byte(1).byte(14).byte(0).byte(4).byte(8).byte(format).number(0);
    for (int i = 0; i < 7; ++i) number(i);
    return text("shop").text("15.20").text("15.20");
  }
  Dump& entry(int id, bool has_data, std::string_view kind, std::string_view name) {
    number(id).number(has_data ? 1 : 0).text("1259").text("16384").text(name).text(kind);
    number(3).text("").text("").text("COPY public.orders (id, \"a b\") FROM stdin;\n");
    return text("public").number(-1).text("heap").text("owner").text("false").text("7").number(-1);
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

constexpr std::string_view kNoOffset("\1\0\0\0\0\0\0\0\0", 9);

Bytes custom_dump() {
  Dump dump;
  dump.head(1).number(2);
  dump.entry(5, true, "TABLE DATA", "orders").raw(kNoOffset);
  dump.entry(7, true, "BLOBS", "BLOBS").raw(kNoOffset);
  dump.byte(1).number(5).number(4).raw("1\ta\n").number(6).raw("\\.\n\n\n\n").number(0);
  dump.byte(3).number(7).number(16).number(5).raw("hello").number(0).number(0);
  return dump.take();
}

// A number that has no negative, and a length that has no end.
Bytes strange_numbers() {
  Dump dump;
  dump.head(1).number(1).byte(1).raw(std::string_view("\0\0\0\x80", 4)).number(1);
  dump.byte(0).raw("\xff\xff\xff\x7f");
  return dump.take();
}

Bytes directory_contents() {
  Dump dump;
  dump.head(3).number(1).entry(5, true, "TABLE DATA", "orders").text("5.dat");
  return dump.take();
}

// --- Redis ------------------------------------------------------------------------------

Bytes rdb() {
  Bytes bytes = bytes_of("REDIS0010\xff");
  std::uint64_t crc = crc64(0, bytes);
  for (int i = 0; i < 8; ++i, crc >>= 8) bytes.push_back(static_cast<std::byte>(crc & 0xff));
  return bytes;
}

Bytes transfer(std::string_view front, std::string_view end) {
  Bytes bytes = bytes_of("+PONG\r\n+OK\r\n+OK\r\n");
  for (const Bytes& part : {bytes_of(front), rdb(), bytes_of(end)}) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace

void add_archives(Corpus& corpus) {
  corpus["archive/ustar"] = tar(archive_write_set_format_ustar, archive_write_add_filter_none);
  corpus["archive/pax"] = tar(archive_write_set_format_pax, archive_write_add_filter_none);
  corpus["archive/gnu-gzip"] = tar(archive_write_set_format_gnutar, archive_write_add_filter_gzip);
  corpus["archive/zstd"] = packed("some text\n", archive_write_add_filter_zstd);
  corpus["archive/xz"] = packed("some text\n", archive_write_add_filter_xz);
  corpus["archive/bzip2"] = packed("some text\n", archive_write_add_filter_bzip2);

  corpus["postgres/custom"] = custom_dump();
  corpus["postgres/directory"] = directory_contents();
  corpus["postgres/numbers"] = strange_numbers();

  const std::string mark(40, 'e');
  corpus["redis/sized"] = transfer("+FULLRESYNC 0123 14\r\n\n$18\r\n", "");
  corpus["redis/marked"] = transfer("$EOF:" + mark + "\r\n", mark);
  corpus["redis/replies"] =
      bytes_of("*3\r\n$3\r\nkey\r\n:5\r\n*1\r\n$-1\r\n-NOAUTH Authentication required.\r\n");
  corpus["redis/lists"] = bytes_of("*1024\r\n*1024\r\n*1024\r\n*1024\r\n+\r\n");
  corpus["redis/info"] = bytes_of(
      "# Server\r\nredis_version:7.0.15\r\n# Persistence\r\nrdb_last_save_time:1763690400\r\n"
      "rdb_changes_since_last_save:0\r\n# Keyspace\r\ndb0:keys=3,expires=0,avg_ttl=0\r\n");
  corpus["redis/rdb"] = rdb();
}

}  // namespace varve::fuzz
