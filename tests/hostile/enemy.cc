#include "tests/hostile/enemy.h"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::int64_t kFirst = 1'763'690'400;  // 2025-11-21T02:00:00Z

}  // namespace

Enemy::Enemy(const Path& repository) : path_(repository) { Repository::create(path_); }

ChunkRef Enemy::chunk(ByteView plain, ObjectKind kind) {
  ObjectHeader header;
  header.kind = kind;
  header.plain_length = static_cast<std::uint32_t>(plain.size());
  header.id = chunk_id(plain);
  return object(header, plain);
}

std::vector<NewPack> Enemy::write_pack() {
  const ToldPack pack = std::exchange(objects_, {});
  if (pack.is_empty()) return {};
  const auto id = random_id<PackId>();
  const Path file = path_ / pack_name(id);
  std::filesystem::create_directories(file.parent_path());
  write_file_atomically(file, pack.file(id));
  return {pack.row(id)};
}

Snapshot Enemy::commit(std::vector<FileEntry> files) {
  Snapshot snapshot = snapshot_of("", std::move(files));
  snapshot.id = random_id<SnapshotId>();
  snapshot.time = Timestamp{kFirst + seconds_++};
  const auto repository = Repository::open(path_);
  const SnapshotRow row = repository->catalog().commit_snapshot(
      snapshot.id, snapshot.time, write_pack(), [&](const std::string& name) {
        snapshot.name = name;
        const Bytes record = encode_record(snapshot);
        write_file_atomically(path_ / record_name(snapshot.id), record);
        return record;
      });
  return snapshot;
}

void Enemy::commit_record(const SnapshotId& id, Timestamp time, const Bytes& record) {
  const auto repository = Repository::open(path_);
  repository->catalog().commit_snapshot(id, time, write_pack(), [&](const std::string&) {
    write_file_atomically(path_ / record_name(id), record);
    return record;
  });
}

void Enemy::sql(const std::string& statement) const {
  sqlite3* opened = nullptr;
  sqlite3_open((path_ / "catalog.db").c_str(), &opened);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
  if (sqlite3_exec(opened, statement.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(opened));
  }
}

FileEntry file_entry(std::string path, std::uint64_t size, const ChunkRef& root,
                     std::uint8_t levels) {
  FileEntry file;
  file.path = std::move(path);
  file.chunking = Chunking::content;
  file.size = size;
  file.root = root;
  file.levels = levels;
  return file;
}

FileEntry link_entry(std::string path, std::string target) {
  FileEntry link;
  link.path = std::move(path);
  link.type = FileType::link;
  link.target = std::move(target);
  return link;
}

FileEntry folder_entry(std::string path) {
  FileEntry folder;
  folder.path = std::move(path);
  folder.type = FileType::folder;
  folder.mode = 0755;
  return folder;
}

Snapshot snapshot_of(std::string name, std::vector<FileEntry> files) {
  Snapshot snapshot;
  snapshot.name = std::move(name);
  snapshot.time = Timestamp{kFirst};
  snapshot.host = "enemy";
  SourceInfo source;
  source.name = "data";
  source.kind = "files";
  source.location = "/data";
  source.moment = snapshot.time;
  snapshot.sources = {source};
  snapshot.files = std::move(files);
  return snapshot;
}

}  // namespace varve
