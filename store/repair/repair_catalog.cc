#include "store/repair/repair_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "store/blob/parity_backend.h"
#include "store/catalog/sqlite_catalog.h"
#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/repair/catalog_files.h"
#include "store/repair/repair_index.h"
#include "store/repository/broken_files.h"
#include "store/repository/pack_files.h"
#include "store/repository/record_files.h"
#include "store/repository/trail.h"

namespace varve {
namespace {

// Rows that go into the catalog in one transaction, about.
constexpr std::size_t kBatch = 100'000;

// A record as it was found, and what is left of it.
struct FoundRecord {
  Snapshot snapshot;
  Bytes record;
  std::vector<Bytes> attestations;
  std::vector<HurtFile> hurt;
  std::uint64_t lost_bytes = 0;
  bool has_file = true;  // else it is written anew
};

class CatalogRebuild {
 public:
  CatalogRebuild(const Repository::Alone& alone, const CatalogRepairOptions& options)
      : root_(alone.root),
        options_(options),
        files_(alone.root, options.before),
        opened_(open_blobs(alone.root, alone.config)),
        blobs_(*opened_),
        reader_(blobs_),
        forgotten_(names_on_trails(alone.root).forgotten) {}

  CatalogRepairResult run() {
    files_.remove_leftovers();
    read_packs();
    read_records();
    throw_if_stopped(options_.stop);
    try {
      make_catalog();
      throw_if_stopped(options_.stop);
    } catch (...) {
      files_.remove_leftovers();  // a full disk needs the room
      throw;
    }
    put_files_aside();
    write_records_anew();
    result_.kept_as = files_.exchange();
    return std::move(result_);
  }

 private:
  // --- packs

  void read_packs() {
    std::vector<SurveyedPack> packs;
    for (const PackFile& file : list_pack_files(blobs_)) packs.push_back({.id = file.id});
    survey_ = survey_packs(reader_, std::move(packs),
                           {options_.threads, options_.progress, options_.stop});
    doubt_what_was_lost(survey_, root_);
    index_.emplace(survey_, reader_, ObjectIndex::Present(), options_.stop);
    for (const SurveyedPack& pack : survey_.packs) {
      if (pack.damage.empty()) continue;
      result_.damaged_packs.push_back(fmt::format("{}: {}", pack_name(pack.id), pack.damage));
    }
    result_.unreadable_objects = index_->unreadable();
  }

  // --- records

  void read_records() {
    read_attestations();
    old_records_ = files_.read_old_records();
    // A forget that was cut short before its row went has forgotten nothing.
    std::erase_if(forgotten_, [&](const SnapshotId& id) { return old_records_.contains(id); });
    std::vector<FoundRecord> records;
    for (const auto& [name, has_file] : record_names()) {
      const std::optional<SnapshotId> id = snapshot_id_of(name);
      if (!id) {
        leave_out(name, "its name is no snapshot's");
      } else if (forgotten_.contains(*id)) {
        if (has_file) leave_out(name, "its snapshot was forgotten");
      } else {
        std::optional<FoundRecord> record = read_record(*id, name);
        if (!record) continue;
        record->has_file = has_file;
        records.push_back(std::move(*record));
      }
    }
    add_old_records(records);
    require_some(records);
    for (FoundRecord& record : records) look_at(record);
    std::erase_if(records, [&](const FoundRecord& record) { return is_gone(record); });
    choose(std::move(records));
    name_missing_records();
  }

  // With whether they have a file: of some there is parity alone.
  std::map<std::string, bool> record_names() {
    std::map<std::string, bool> names;
    for (const BlobInfo& blob : blobs_.list(std::string(kRecordPrefix))) names[blob.name] = true;
    auto* const parity = dynamic_cast<ParityBackend*>(&blobs_);
    if (parity == nullptr) return names;
    for (const BlobInfo& sidecar : parity->sidecars()) {
      if (sidecar.name.starts_with(kRecordPrefix)) names.try_emplace(sidecar.name, false);
    }
    return names;
  }

  // A catalog without snapshots would have gc take all that the packs hold.
  void require_some(const std::vector<FoundRecord>& records) const {
    const bool are_all_forgotten =
        !result_.left_out.empty() && std::ranges::all_of(attestations_, [&](const auto& about) {
          return forgotten_.contains(about.first);
        });
    if (!records.empty() || survey_.objects.empty() || are_all_forgotten) return;
    throw Error(ErrorCode::failed,
                fmt::format("{} pack{} of data, and no snapshot's record: is the folder {} all "
                            "there? (Where nothing of it is needed, move the files of packs/ away)",
                            survey_.packs.size(), survey_.packs.size() == 1 ? "" : "s",
                            (root_ / "snapshots").native()));
  }

  // Of the old catalog alone, which may be older than a forget.
  bool is_gone(const FoundRecord& record) {
    std::uint64_t bytes = 0;
    for (const FileEntry& file : record.snapshot.files) bytes += file.root ? file.size : 0;
    if (record.has_file || bytes == 0 || record.lost_bytes < bytes) return false;
    leave_out(record_name(record.snapshot.id),
              fmt::format("only the old catalog knows the snapshot {}, and nothing of it is left",
                          record.snapshot.name));
    return true;
  }

  void name_missing_records() {
    std::set<SnapshotId> known = forgotten_;
    for (const FoundRecord& record : records_) known.insert(record.snapshot.id);
    for (const auto& [id, documents] : attestations_) {
      if (known.contains(id) || was_left_out(id)) continue;
      leave_out(record_name(id), "it is not there, and attestations of it are");
    }
  }

  bool was_left_out(const SnapshotId& id) const {
    return std::ranges::any_of(result_.left_out, [&](const std::string& line) {
      return line.starts_with(record_name(id));
    });
  }

  void read_attestations() {
    std::map<SnapshotId, std::map<std::pair<std::size_t, std::string>, Bytes>> found;
    for (const BlobInfo& blob : blobs_.list(std::string(kAttestationPrefix))) {
      const std::optional<SnapshotId> id = snapshot_id_of(blob.name);
      try {
        std::optional<Bytes> document = id ? read_record_file(blobs_, blob.name) : std::nullopt;
        if (!document) continue;
        decode_attestations(*document, *id);
        // By their numbers: "-10" comes behind "-9".
        found[*id][{blob.name.size(), blob.name}] = std::move(*document);
      } catch (const Error& error) {
        leave_out(blob.name, error.what());
        to_put_aside_.push_back(blob.name);
      }
    }
    for (auto& [id, documents] : found) {
      for (auto& [name, document] : documents) attestations_[id].push_back(std::move(document));
    }
  }

  // Nothing where the file is no record of its snapshot.
  std::optional<FoundRecord> read_record(const SnapshotId& id, const std::string& name) {
    try {
      std::optional<Bytes> record = read_record_file(blobs_, name);
      if (record) return found_record(id, std::move(*record));
      return std::nullopt;
    } catch (const Error& error) {
      if (!old_records_.contains(id)) leave_out(name, error.what());
      to_put_aside_.push_back(name);
      return std::nullopt;
    }
  }

  FoundRecord found_record(const SnapshotId& id, Bytes record) {
    FoundRecord found;
    found.snapshot = decode_record(record);
    if (found.snapshot.id != id) {
      throw corrupt_error(fmt::format("it is the record of {}: it", found.snapshot.name));
    }
    found.record = std::move(record);
    found.attestations = attestations_[id];
    return found;
  }

  // Snapshots of the old catalog whose records are not there any more.
  void add_old_records(std::vector<FoundRecord>& records) {
    std::set<SnapshotId> present;
    for (const FoundRecord& record : records) present.insert(record.snapshot.id);
    for (const auto& [id, record] : old_records_) {
      if (present.contains(id)) continue;
      records.push_back(found_record(id, record));
      records.back().has_file = false;
    }
  }

  void look_at(FoundRecord& record) {
    for (const FileEntry& file : record.snapshot.files) {
      FileLosses::Found found = losses_.look(file);
      for (const ByteRange& range : found.ranges) record.lost_bytes += range.length;
      if (found.ranges.empty()) continue;
      record.hurt.push_back({record.snapshot.name, file.path, file.size, std::move(found.ranges)});
    }
  }

  void choose(std::vector<FoundRecord> records) {
    std::map<std::string, std::vector<FoundRecord>> by_name;
    for (FoundRecord& record : records) {
      by_name[record.snapshot.name].push_back(std::move(record));
    }
    for (auto& [name, rivals] : by_name) {
      std::ranges::sort(rivals, {}, [](const FoundRecord& record) {
        return std::tuple(record.attestations.empty(), record.lost_bytes, record.snapshot.id);
      });
      for (std::size_t i = 1; i < rivals.size(); ++i) {
        const std::string file = record_name(rivals[i].snapshot.id);
        leave_out(file, fmt::format("another snapshot is called {} too", name));
        if (rivals[i].has_file) to_put_aside_.push_back(file);
      }
      FoundRecord& chosen = rivals.front();
      if (!chosen.has_file) anew_.emplace_back(record_name(chosen.snapshot.id), chosen.record);
      records_.push_back(std::move(chosen));
    }
    std::ranges::sort(records_, {}, [](const FoundRecord& record) {
      return std::tuple(record.snapshot.time, record.snapshot.name.size(), record.snapshot.name);
    });
  }

  void leave_out(const std::string& name, const std::string& why) {
    result_.left_out.push_back(fmt::format("{}: {}", name, why));
  }

  // --- the new one

  void make_catalog() {
    SqliteCatalog::create(files_.fresh());
    {
      SqliteCatalog catalog(files_.fresh());
      add_packs(catalog);
      add_snapshots(catalog);
      for (const std::string& wrong : catalog.check()) {
        throw Error(ErrorCode::failed, "the new catalog is not what it should be: " + wrong);
      }
      result_.chunks = catalog.chunk_count();
    }
    files_.require_finished();
  }

  void add_packs(SqliteCatalog& catalog) {
    std::vector<std::vector<ChunkRow>> rows(survey_.packs.size());
    for (const ObjectIndex::Number number : index_->chosen()) {
      const SurveyedObject& object = (*index_)[number];
      rows[object.pack].push_back(
          {object.ref, object.offset, object.length, index_->is_crowded(number)});
    }
    std::vector<NewPack> batch;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      waiting += rows[i].size() + 1;
      batch.push_back({survey_.packs[i].id, survey_.packs[i].size, std::move(rows[i])});
      if (waiting < kBatch && i + 1 < rows.size()) continue;
      throw_if_stopped(options_.stop);
      catalog.add_packs(batch);
      batch.clear();
      waiting = 0;
    }
    result_.packs = survey_.packs.size();
  }

  void add_snapshots(SqliteCatalog& catalog) {
    for (FoundRecord& found : records_) {
      const SnapshotRow row{found.snapshot.id, found.snapshot.name, found.snapshot.time,
                            std::move(found.record), std::move(found.attestations)};
      if (!catalog.add_snapshot(row)) {
        throw Error(ErrorCode::failed,
                    fmt::format("two records are of one snapshot, {}", row.name));
      }
      ++result_.snapshots;
      result_.attestations += row.attestations.size();
      std::ranges::move(found.hurt, std::back_inserter(result_.hurt));
    }
  }

  void put_files_aside() {
    std::set<std::string> taken_in;
    for (const FoundRecord& found : records_) taken_in.insert(record_name(found.snapshot.id));
    for (const std::string& name : to_put_aside_) {
      std::string kept_as = put_aside(blobs_, name);
      if (!name.starts_with(kRecordPrefix) || taken_in.contains(name)) continue;
      result_.records_aside.push_back({name, std::move(kept_as)});
    }
  }

  void write_records_anew() {
    for (const auto& [name, record] : anew_) write_record_file(blobs_, name, record);
  }

  const Path& root_;
  const CatalogRepairOptions& options_;
  const CatalogFiles files_;
  const std::unique_ptr<BlobBackend> opened_;
  BlobBackend& blobs_;
  PackReader reader_;
  std::set<SnapshotId> forgotten_;  // their records are garbage
  CatalogRepairResult result_;
  Survey survey_;
  std::optional<ObjectIndex> index_;
  FileLosses losses_{
      [this](const ChunkRef& ref, ObjectKind) { return index_->find(ref).has_value(); },
      [this](const ChunkRef& ref) { return index_->read(*index_->find(ref)); }};
  std::map<SnapshotId, std::vector<Bytes>> attestations_;
  std::map<SnapshotId, Bytes> old_records_;  // that can be decoded
  std::vector<FoundRecord> records_;         // oldest first
  std::vector<std::string> to_put_aside_;
  std::vector<std::pair<std::string, Bytes>> anew_;  // records, by name
};

}  // namespace

CatalogRepairResult repair_catalog(const Path& path, const CatalogRepairOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  const Repository::Alone alone = Repository::lock_alone(path);
  CatalogRepairResult result = CatalogRebuild(alone, options).run();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace varve
