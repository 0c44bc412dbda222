// What a snapshot is: the record that says it, its files, and the attestations about it.
//
// On disk (FORMAT.md, "Snapshot record"): one small blob snapshots/<id> for the record, one
// attestations/<id>-<n> for each time that some were made; the catalog keeps copies. Values here
// are plain data; the functions at the end turn them into disk bytes and back, and throw a corrupt
// Error on bytes that are no record (snapshot_record.cc, attestation_record.cc).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/core/ids.h"
#include "store/core/time.h"

namespace varve {

// How a file's manifest cuts it.
enum class Chunking : std::uint8_t {
  extents = 0,  // fixed file offsets, `extent_size` apart
  content = 1,  // FastCDC; each manifest entry carries its length
};

enum class FileType : std::uint8_t { file = 0, folder = 1, link = 2 };

// Numbers, as users and groups have other names on other machines.
struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

// One file of a snapshot; also a folder that has a mode and times of its own to keep (others
// follow from their files' paths), or a symbolic link.
struct FileEntry {
  std::string path;        // relative, '/' between parts, no "." or ".." parts; any other bytes
  std::uint64_t size = 0;  // 0 for folders and links
  Timestamp mtime;
  std::uint32_t mode = 0444;  // permission bits as found at the source, up to 07777
  Chunking chunking = Chunking::extents;
  std::uint32_t extent_size = 0;  // bytes; 0 unless a file whose chunking is extents
  // The manifest: nothing for an empty file; with levels 0 `root` is the one chunk itself,
  // else a node of that level (1: its entries are chunks).
  std::optional<ChunkRef> root;
  std::uint8_t levels = 0;
  std::uint32_t source = 0;  // index into Snapshot::sources

  FileType type = FileType::file;
  std::string target;                   // of a link, as it is
  std::uint32_t mtime_nanoseconds = 0;  // behind mtime's seconds
  std::optional<Owner> owner;           // where the source has one
  bool sparse = false;                  // it had holes: restored with holes where it has zeros
  std::string format;                   // what its bytes are, where that is known: "sqlite"
  // Identity of its state at the source, so that one file of many is recognised as unchanged;
  // 0 where it cannot be told. The source makes it up; see source.h.
  std::uint64_t stamp = 0;
  // What else is known of this one file, where its source has many ("journal_mode").
  std::map<std::string, std::string> facts;
};

// One source, as it was when the snapshot was taken.
struct SourceInfo {
  std::string name;      // "history.db": what --source, latest:NAME and by-source use
  std::string kind;      // "sqlite", "stream"; later "postgresql", "redis", …
  std::string location;  // where it came from, without secrets: an absolute path
  Timestamp moment;      // when its read point was opened
  // What else is known, for snapshot.json: "engine_version", "journal_mode", "page_size",
  // "page_count", "encoding", "user_version", "application_id"…
  std::map<std::string, std::string> facts;
  // Exact rows of its tables at that moment, by "schema.table", where the source counts them while
  // it is copied; see also Attestation::row_counts.
  std::map<std::string, std::uint64_t> row_counts = {};
  // Cheap identity of the source's state, compared byte by byte at the next ingest; empty where
  // it cannot be told. See source.h.
  Bytes fingerprint;
};

// A statement that has to be true of a source's data, and whether it was.
struct Assertion {
  std::string sql;
  bool passed = false;
  std::string detail;  // why not, one line; empty when it passed
  friend bool operator==(const Assertion&, const Assertion&) = default;
};

// The recorded result of a verification.
struct Attestation {
  std::string source;  // SourceInfo::name
  std::string level;   // "quick", "full", "drill"; see proof.h
  bool passed = false;
  Timestamp time;       // when it ended
  double seconds = 0;   // how long it took
  std::string program;  // "sqlite 3.40.1"
  std::string detail;   // what was wrong, one line; empty when it passed
  std::map<std::string, std::uint64_t> row_counts;  // by table
  std::optional<Sha256> sha256;                     // of `file`'s bytes, as read back
  std::string file;                                 // FileEntry::path that was verified
  // Of a drill: how long it took until the source was restored and ready for use; 0: it was not.
  double restore_seconds = 0;
  std::vector<Assertion> assertions;  // that were put to the data
  // The snapshot in which these very bytes, or some of them, were proven, where it was not this
  // one: nothing is read twice for nothing. The time is of that proof then.
  std::string taken_from;
};

struct Snapshot {
  SnapshotId id;
  std::string name;  // directory name
  Timestamp time;
  std::string host;
  std::vector<std::string> tags;
  std::vector<SourceInfo> sources;
  std::vector<FileEntry> files;           // sorted by path
  std::uint64_t new_bytes = 0;            // plain bytes of the chunks that this ingest had to store
  std::uint64_t added_bytes = 0;          // what it added to the packs
  std::vector<Attestation> attestations;  // oldest first; not part of the record

  std::uint64_t raw_bytes() const;                     // sum of the files' sizes
  const FileEntry* find(std::string_view path) const;  // nullptr: no such file
  // Whether something lies below it, or it is a folder of its own.
  bool has_folder(std::string_view path) const;
  std::size_t count(FileType type) const;
  // "drill", "full", "quick" (every source passed at that level or better), "failed" (one did
  // not pass), or "none"; see proof.h.
  std::string verified() const;
  std::string verified(std::string_view source) const;  // the same of one source
  // The hash of a file, where an attestation knows it.
  std::optional<Sha256> sha256_of(std::string_view path) const;
};

// The first bytes of what is written; older ones are read too.
inline constexpr std::string_view kRecordMagic = "VARVESN2";
inline constexpr std::string_view kAttestationMagic = "VARVEAT3";

Bytes encode_record(const Snapshot& snapshot);
Snapshot decode_record(ByteView record);
Bytes encode_attestations(const SnapshotId& id, const std::vector<Attestation>& attestations);
std::vector<Attestation> decode_attestations(ByteView document, const SnapshotId& id);

}  // namespace varve
