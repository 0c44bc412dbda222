// pg_dump's custom format, read from a pipe, as the files of its directory format.
//
// pg_dump writes a directory only into a folder: reading the files while they grow means a spool
// on disk, watched and emptied behind the reader. The custom format carries the same bytes in
// one stream, table of contents first: head, contents, then the data of one entry after the other
// in blocks. Only each entry's last field in the contents differs (where the data lies: an offset
// there, a file's name here). So the stream is cut into what `pg_dump -Fd -Z0` writes, byte by
// byte, and nothing touches a disk. A test compares both.
//
// Source: PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c, _custom.c, _directory.c; archive
// versions 1.12 to 1.16 (pg_dump 9.3 to 18).
// All throw a corrupt Error on bytes that are no such archive.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/core/bytes.h"

namespace varve {

// Buffered input of an archive's numbers and texts.
class ArchiveInput {
 public:
  // Fills the front of its argument and says how much; 0 at the end.
  using Read = std::function<std::size_t(MutableBytes)>;
  explicit ArchiveInput(Read read);

  bool at_end();
  std::uint8_t byte();
  int number();
  std::optional<std::string> text();
  // The next bytes, at least one, at most `most`; valid until the next call.
  ByteView some(std::size_t most);

  // From here on what is read is also appended to `copy`; null: no more.
  void record(Bytes* copy) { record_ = copy; }

 private:
  void need_one();  // throws at the end
  void take(MutableBytes out);

  Read read_;
  Bytes buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  Bytes* record_ = nullptr;
};

// Front to back, what can be read at any offset: a file, or one of a snapshot.
ArchiveInput::Read in_order(
    std::function<std::size_t(std::uint64_t offset, MutableBytes out)> read_at);

// One thing that an archive holds.
struct ArchiveEntry {
  int dump_id = 0;
  bool has_data = false;
  std::string kind;    // "TABLE DATA", "BLOBS", "INDEX"…
  std::string schema;  // empty where it lies in none
  std::string name;
  std::string file;  // of its data in the directory; empty where there are none
  // The SQL that makes it, of tables, of what attaches a partition, of constraints and of the
  // ENCODING alone.
  std::string definition;
  // Of table data: COPY public.orders (id, note) FROM stdin; empty where it is INSERT statements.
  std::string copy;
  std::vector<int> depends_on;  // dump ids, some of them more than once

  bool is_table() const { return kind == "TABLE"; }
  bool is_table_data() const { return kind == "TABLE DATA"; }
  bool is_large_objects() const { return kind == "BLOBS"; }
  std::string table() const { return schema + "." + name; }
};

struct ArchiveContents {
  std::string compression;   // of the data: "gzip", "lz4", "zstd"; empty: none
  std::string dump_version;  // pg_dump's
  std::string encoding;      // of all texts, as the server calls it ("LATIN1"); empty: not said
  std::vector<ArchiveEntry> entries;
  Bytes directory_toc;  // what the directory format has as toc.dat
};

// Head and contents of the custom format. Nothing for an archive version that is not known.
std::optional<ArchiveContents> read_custom_contents(ArchiveInput& input);
// The same from a directory's toc.dat.
std::optional<ArchiveContents> read_directory_contents(ArchiveInput& input);

// Takes one file of the directory: `read` gives its bytes, piece by piece, an empty one at the end.
using ArchiveFilePieces = std::function<ByteView()>;
using ArchiveFileSink = std::function<void(const ArchiveEntry& entry, const std::string& file,
                                           const ArchiveFilePieces&)>;

// The rest of the stream behind the contents, file by file. Each sink reads its file to the end.
// An archive that ends before all data came is an Error.
void split_custom_data(ArchiveInput& input, const ArchiveContents& contents,
                       const ArchiveFileSink& sink);

}  // namespace varve
