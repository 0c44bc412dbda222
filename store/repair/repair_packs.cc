#include "store/repair/repair_packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <unordered_set>
#include <utility>

#include "store/blob/pack_writer.h"
#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/repair/donor.h"
#include "store/repair/dry_run_blobs.h"
#include "store/repair/repair_index.h"
#include "store/repair/repair_records.h"
#include "store/repository/broken_files.h"
#include "store/repository/losses.h"
#include "store/repository/pack_files.h"
#include "store/repository/session.h"
#include "store/repository/trail.h"
#include "store/transform/codec.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

using Number = ObjectIndex::Number;

constexpr unsigned kInUse = 0;    // ranks of packs
constexpr unsigned kUnknown = 1;  // to the catalog, or dropped

class PackRepair {
 public:
  PackRepair(Repository& repository, const PackRepairOptions& options)
      : repository_(repository),
        catalog_(repository.catalog()),
        options_(options),
        dry_blobs_(repository.blobs()),
        blobs_(options.dry_run ? static_cast<BlobBackend&>(dry_blobs_) : repository.blobs()),
        reader_(blobs_),
        trail_(repository.path()),
        writer_(blobs_, [this] { return new_pack(); }),
        compressor_(static_cast<int>(repository.config().compression_level)) {
    if (options.from) open_donor(*options.from);
  }

  PackRepairResult run() {
    result_.put_back =
        put_packs_in_place(blobs_, catalog_, options_.dry_run ? nullptr : repository_.parity());
    survey_ =
        survey_packs(reader_, list_packs(), {options_.threads, options_.progress, options_.stop});
    doubt_what_was_lost(survey_, repository_.path());
    result_.packs = survey_.packs.size();
    result_.objects = survey_.objects.size();
    make_index();
    heal_bases();
    look_at_files();
    throw_if_stopped(options_.stop);
    carry_out();
    return std::move(result_);
  }

 private:
  void open_donor(const Path& path) {
    donor_.emplace(path);
    if (donor_->path() == repository_.path()) {
      throw Error(
          ErrorCode::usage,
          fmt::format("{} is the repository itself: --from names another one", path.native()));
    }
  }

  // --- what is there ------------------------------------------------------------------

  std::vector<SurveyedPack> list_packs() {
    std::map<PackId, SurveyedPack> packs;
    for (const PackFile& file : list_pack_files(blobs_)) {
      packs[file.id] = {.id = file.id, .rank = kUnknown};
    }
    for (const PackRow& row : catalog_.packs()) {
      if (!row.dropped) packs[row.id] = {.id = row.id, .rank = kInUse};
    }
    std::vector<SurveyedPack> list;
    for (auto& [id, pack] : packs) list.push_back(std::move(pack));
    return list;
  }

  std::optional<Location> row_of(const ChunkRef& ref) {
    const auto apart = catalog_.find_crowded(ref);
    return apart ? apart : catalog_.find(key_of(ref));
  }

  void make_index() {
    index_ = std::make_unique<ObjectIndex>(
        survey_, reader_, [this](const ChunkRef& ref) { return row_of(ref); }, options_.stop);
    needed_.assign(survey_.objects.size(), false);
  }

  const SurveyedPack& pack_of(Number number) const { return survey_.packs[(*index_)[number].pack]; }

  // --- healing ------------------------------------------------------------------------

  void store(const ChunkId& id, ObjectKind kind, ByteView plain) {
    const Compressor::Result full = compressor_.full(plain);
    ObjectHeader header;
    header.kind = kind;
    header.codec = full.codec;
    header.crowded = index_->find_base(key_of(id)).has_value();
    header.plain_length = static_cast<std::uint32_t>(plain.size());
    header.id = id;
    writer_.append(header, full.stored);
  }

  // A base brings back whatever stands on it: first those at the bottom, after which most of the
  // others can be read.
  void heal_bases() {
    if (!donor_) return;
    heal_bases(index_->missing_bases(ObjectIndex::Missing::absent));
    heal_bases(index_->missing_bases(ObjectIndex::Missing::unreadable));
  }

  // They are written at once, so that what stands on them can be read.
  void heal_bases(const std::vector<ChunkKey>& keys) {
    for (const ChunkKey key : keys) {
      throw_if_stopped(options_.stop);
      const std::optional<Donor::Base> base = donor_->base(key);
      if (!base) continue;
      store(base->id, base->kind, *base->plain);
      ++result_.healed_chunks;
    }
    writer_.finish();
    std::vector<NewPack> packs = writer_.take_committed();
    if (packs.empty()) return;
    for (NewPack& pack : packs) {
      survey_fresh(pack);
      fresh_.push_back(std::move(pack));
    }
    make_index();
  }

  void survey_fresh(const NewPack& pack) {
    const auto number = static_cast<std::uint32_t>(survey_.packs.size());
    Survey fresh = survey_packs(reader_, {{.id = pack.id, .rank = kInUse}}, {});
    survey_.packs.push_back(std::move(fresh.packs.front()));
    for (SurveyedObject& object : fresh.objects) {
      object.pack = number;
      object.doubtful = true;  // a key is all that is known of it
      survey_.objects.push_back(object);
    }
  }

  // --- what snapshots need ------------------------------------------------------------

  void look_at_files() {
    const MendedRecords records = mend_records(repository_, options_.dry_run);
    result_.records = records.mended;
    result_.hopeless_records = records.hopeless;
    FileLosses losses([this](const ChunkRef& ref, ObjectKind kind) { return has(ref, kind); },
                      [this](const ChunkRef& ref) { return read_node(ref); });
    for (auto snapshot = records.snapshots.rbegin(); snapshot != records.snapshots.rend();
         ++snapshot) {
      throw_if_stopped(options_.stop);
      for (const FileEntry& file : snapshot->files) {
        FileLosses::Found found = losses.look(file);
        if (found.ranges.empty()) continue;
        result_.hurt.push_back({snapshot->name, file.path, file.size, std::move(found.ranges)});
      }
    }
    for (const auto& [ref, kind] : losses.lost()) lost_.push_back(ref);
    result_.lost_chunks = lost_.size();
  }

  bool has(const ChunkRef& ref, ObjectKind kind) {
    if (const auto number = index_->find(ref)) {
      need(*number);
      return true;
    }
    if (healed_.contains(ref)) return true;
    if (!donor_ || given_up_.contains(ref)) return false;
    const ChunkBytes plain = donor_->chunk(ref);
    if (!plain) {
      given_up_.insert(ref);
      return false;
    }
    if (!options_.dry_run) store(chunk_id(*plain), kind, *plain);
    healed_.insert(ref);
    ++result_.healed_chunks;
    return true;
  }

  RawBytes read_node(const ChunkRef& ref) {
    if (const auto number = index_->find(ref)) return index_->read(*number);
    const ChunkBytes plain = donor_->chunk(ref);
    return plain ? *plain : throw corrupt_error(fmt::format("chunk {}", to_hex(ref.view())));
  }

  void need(Number number) {
    for (std::optional<Number> next = number; next && !needed_[*next];) {
      needed_[*next] = true;
      const SurveyedObject& object = (*index_)[*next];
      next = object.is_delta ? index_->find_base(object.base) : std::nullopt;
    }
  }

  // --- the change ---------------------------------------------------------------------

  void carry_out() {
    save_objects();
    std::vector<NewPack> packs = mended_rows();
    const std::vector<Catalog::GoneChunk> gone = rows_without_object();
    if (options_.dry_run) return;
    writer_.finish();
    for (NewPack& pack : writer_.take_committed()) fresh_.push_back(std::move(pack));
    for (NewPack& pack : fresh_) packs.push_back(with_rows(std::move(pack)));
    throw_if_stopped(options_.stop);

    if (!lost_.empty()) write_lost(repository_.path(), lost_keys());
    if (!lost_.empty() || !gone.empty()) remove_fingerprints();
    if (!gone.empty() || !packs.empty()) catalog_.correct(gone, packs);
    trail_.finish();
    for (std::size_t i = 0; i < survey_.packs.size(); ++i) take_out_of_use(i);
    if (lost_.empty()) remove_lost(repository_.path());
  }

  PackId new_pack() { return options_.dry_run ? random_id<PackId>() : trail_.new_pack(); }

  bool is_damaged(const SurveyedPack& pack) const { return !pack.damage.empty(); }

  // Whole objects of damaged packs, but for those of which another one serves.
  void save_objects() {
    std::vector<std::uint64_t> saved(survey_.packs.size());
    StoredObject stored;
    for (Number number = 0; number < survey_.objects.size(); ++number) {
      const SurveyedObject& object = survey_.objects[number];
      const SurveyedPack& pack = survey_.packs[object.pack];
      if (!is_damaged(pack) || !is_worth_saving(number, pack)) continue;
      throw_if_stopped(options_.stop);
      ++saved[object.pack];
      if (options_.dry_run) continue;
      if (reader_.read(survey_.location(object), stored) == PackReader::Found::no_pack) {
        throw corrupt_error(pack_name(pack.id));
      }
      writer_.append_object(stored.bytes, stored.parsed);
    }
    for (std::size_t i = 0; i < survey_.packs.size(); ++i) {
      const SurveyedPack& pack = survey_.packs[i];
      if (!is_damaged(pack) || (pack.rank != kInUse && saved[i] == 0)) continue;
      result_.damaged.push_back({pack_name(pack.id), pack.damage, saved[i], {}});
    }
  }

  bool is_worth_saving(Number number, const SurveyedPack& pack) const {
    const auto chosen = index_->find(survey_.objects[number].ref);
    if (pack.rank != kInUse) return chosen == number && needed_[number];
    return chosen == number || (!chosen && !healed_.contains(survey_.objects[number].ref));
  }

  // Of sound packs: chunks that the catalog does not lead to, or leads astray.
  std::vector<NewPack> mended_rows() {
    std::map<std::uint32_t, NewPack> packs;
    for (const Number number : index_->chosen()) {
      const SurveyedObject& object = (*index_)[number];
      const SurveyedPack& pack = survey_.packs[object.pack];
      if (is_damaged(pack) || is_fresh(pack)) continue;
      const bool crowded = index_->is_crowded(number);
      const std::optional<Location> row =
          crowded ? catalog_.find_crowded(object.ref) : catalog_.find(key_of(object.ref));
      if (row == survey_.location(object)) continue;
      // What nobody needs may be without a row: gc's business.
      if (!needed_[number] && (!row || pack.rank != kInUse)) continue;
      if (pack.rank == kInUse) ++result_.mended_rows;
      NewPack& change = packs[object.pack];
      change.chunks.push_back({object.ref, object.offset, object.length, crowded});
    }
    std::vector<NewPack> list;
    for (auto& [number, change] : packs) {
      const SurveyedPack& pack = survey_.packs[number];
      if (pack.rank != kInUse) ++result_.adopted_packs;
      change.id = pack.id;
      change.size = pack.size;
      list.push_back(std::move(change));
    }
    return list;
  }

  bool is_fresh(const SurveyedPack& pack) const {
    return std::ranges::find(fresh_, pack.id, &NewPack::id) != fresh_.end();
  }

  // Rows that promise what cannot be read: an ingest would share it.
  std::vector<Catalog::GoneChunk> rows_without_object() {
    std::unordered_set<ChunkRef> refs(lost_.begin(), lost_.end());
    for (Number number = 0; number < survey_.objects.size(); ++number) {
      if (!index_->is_readable(number)) refs.insert(survey_.objects[number].ref);
    }
    std::vector<Catalog::GoneChunk> gone;
    for (const ChunkRef& ref : refs) {
      if (index_->find(ref) || healed_.contains(ref)) continue;
      if (catalog_.find_crowded(ref)) {
        gone.push_back({ref, true});
      } else if (!index_->find_base(key_of(ref)) && catalog_.find(key_of(ref))) {
        gone.push_back({ref, false});
      }
    }
    return gone;
  }

  // The rows of a new pack: of what can be read, and by what is known of the keys.
  NewPack with_rows(NewPack pack) const {
    std::erase_if(pack.chunks, [&](ChunkRow& row) {
      const std::optional<Number> chosen = index_->find(row.ref);
      if (chosen) row.crowded = index_->is_crowded(*chosen);
      return !chosen && !healed_.contains(row.ref);
    });
    return pack;
  }

  // With the bases that lost chunks stand on.
  LostKeys lost_keys() const {
    LostKeys keys;
    for (const ChunkRef& ref : lost_) keys.insert(key_of(ref));
    for (bool grows = true; grows;) {
      grows = false;
      for (Number number = 0; number < survey_.objects.size(); ++number) {
        const SurveyedObject& object = survey_.objects[number];
        if (index_->is_readable(number) || !keys.contains(key_of(object.ref))) continue;
        if (!index_->find_base(object.base)) grows |= keys.insert(object.base).second;
      }
    }
    return keys;
  }

  void remove_fingerprints() {
    const Path cache = repository_.path() / "cache";
    if (!std::filesystem::is_directory(cache)) return;
    for (const auto& item : std::filesystem::directory_iterator(cache)) {
      if (item.path().extension() == ".fingerprints") remove_file(item.path());
    }
    sync_directory(cache);
  }

  void take_out_of_use(std::size_t number) {
    const SurveyedPack& pack = survey_.packs[number];
    if (!is_damaged(pack)) return;
    const std::string name = pack_name(pack.id);
    const auto told = std::ranges::find(result_.damaged, name, &DamagedPack::name);
    if (told == result_.damaged.end()) return;
    told->kept_as = put_aside(repository_.blobs(), name);
    repository_.packs().close(pack.id);
    if (pack.rank != kInUse) return;
    catalog_.drop_packs({pack.id});
    catalog_.purge_dropped(pack.id, refs_of(number));
  }

  std::vector<ChunkRef> refs_of(std::size_t pack) const {
    std::vector<ChunkRef> refs = lost_;
    for (const SurveyedObject& object : survey_.objects) {
      if (object.pack == pack) refs.push_back(object.ref);
    }
    return refs;
  }

  Repository& repository_;
  Catalog& catalog_;
  const PackRepairOptions& options_;
  std::optional<Donor> donor_;
  DryRunBlobs dry_blobs_;
  BlobBackend& blobs_;
  PackReader reader_;
  Trail trail_;
  PackWriter writer_;
  Compressor compressor_;
  PackRepairResult result_;
  Survey survey_;
  std::unique_ptr<ObjectIndex> index_;
  std::vector<bool> needed_;               // by object: a snapshot needs it
  std::unordered_set<ChunkRef> healed_;    // chunks that the writer got from the other repository
  std::unordered_set<ChunkRef> given_up_;  // that it has not got either
  std::vector<NewPack> fresh_;             // that this run has written
  std::vector<ChunkRef> lost_;             // that snapshots need
};

}  // namespace

PackRepairResult repair_packs(Repository& repository, const PackRepairOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  const FileLock gc = lock_gc(repository);
  const FileLock repair = lock_repair(repository);
  PackRepairResult result = PackRepair(repository, options).run();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace varve
