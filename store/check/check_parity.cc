#include "store/check/check_parity.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <set>

#include "store/blob/parity_backend.h"
#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/repository/record_files.h"

namespace varve {
namespace {

using Sidecar = ParityState::Sidecar;

// One line about what is wrong, and nothing where nothing is.
std::string words_for(const std::string& name, const ParityState& state) {
  if (state.blob_is_missing) return name + " is missing";
  if (state.damaged_blocks > 0) {
    std::string words = fmt::format("{}: {} of its blocks {} damaged", name, state.damaged_blocks,
                                    state.damaged_blocks == 1 ? "is" : "are");
    if (state.lost_blocks > 0) {
      words += fmt::format(", {} of them beyond what its parity can mend", state.lost_blocks);
    }
    return words;
  }
  if (state.has_wrong_size) return name + " has not the length that it should have";
  switch (state.sidecar) {
    case Sidecar::missing:
      return fmt::format("{} has no parity: parity/{} is missing", name, name);
    case Sidecar::damaged:
    case Sidecar::unusable:
      return fmt::format("parity/{} is damaged", name);
    case Sidecar::whole:
      break;
  }
  return {};
}

std::string mended_file(const std::string& name, const ParityState& state) {
  return state.blob_is_damaged() ? name : "parity/" + name;
}

class ParityChecking {
 public:
  ParityChecking(Repository& repository, const ParityCheck& options, Findings& findings)
      : repository_(repository),
        parity_(*repository.parity()),
        options_(options),
        findings_(findings) {
    list_names();
  }

  std::vector<std::string> run() {
    if (!options_.read_data) {
      look_for_sidecars();
    } else {
      choose_packs();
      for_each_index(names_.size(), options_.threads, options_.stop,
                     [&](std::size_t i) { examine(names_[i]); });
    }
    std::sort(mended_.begin(), mended_.end());
    return std::move(mended_);
  }

 private:
  void list_names() {
    for (const PackRow& row : repository_.catalog().packs()) {
      if (!row.dropped) names_.push_back(pack_name(row.id));
    }
    packs_ = names_.size();
    std::set<std::string> attestations;
    for (const auto& blobs : {parity_.list(std::string(kAttestationPrefix)), parity_.sidecars()}) {
      for (const BlobInfo& blob : blobs) {
        if (blob.name.starts_with(kAttestationPrefix)) attestations.insert(blob.name);
      }
    }
    for (const SnapshotRow& row : repository_.catalog().snapshots()) {
      names_.push_back(record_name(row.id));
      const std::string prefix = attestation_prefix(row.id);
      for (auto name = attestations.lower_bound(prefix);
           name != attestations.end() && name->starts_with(prefix); ++name) {
        names_.push_back(*name);
      }
    }
  }

  void look_for_sidecars() {
    std::set<std::string> there;
    for (const BlobInfo& sidecar : parity_.sidecars()) there.insert(sidecar.name);
    for (const std::string& name : names_) {
      throw_if_stopped(options_.stop);
      const ParityState state{.sidecar = Sidecar::missing};
      if (!there.contains(name)) note(name, state);
    }
  }

  void choose_packs() {
    if (options_.percent >= 100) return;
    std::uint64_t seed = 0;
    fill_random(std::as_writable_bytes(std::span(&seed, 1)));
    std::mt19937_64 random(seed);
    const auto end = names_.begin() + static_cast<std::ptrdiff_t>(packs_);
    std::shuffle(names_.begin(), end, random);
    const double left_out = static_cast<double>(packs_) * (1 - options_.percent / 100);
    names_.erase(end - static_cast<std::ptrdiff_t>(left_out), end);
  }

  void examine(const std::string& name) {
    const ParityState state = parity_.examine(name);
    if (state.is_whole()) return;
    if (!options_.repair || !parity_.mend(name, state, [&] { return proves_itself(name); })) {
      return note(name, state);
    }
    if (const std::optional<PackId> pack = pack_id_of(name)) {
      repository_.packs().close(*pack);
    } else if (is_forgotten(name)) {
      return;
    }
    const std::lock_guard lock(mutex_);
    mended_.push_back(mended_file(name, state));
  }

  // Whoever forgot the snapshot meanwhile did not see the file that was written anew.
  bool is_forgotten(const std::string& name) {
    const std::optional<SnapshotId> id = snapshot_id_of(name);
    if (!id || repository_.catalog().snapshot(*id)) return false;
    remove_record_files(parity_, {*id});
    return true;
  }

  void note(const std::string& name, const ParityState& state) {
    if (!counts(name, state)) return;
    const bool may_be_mended =
        state.can_be_healed() || (!state.blob_is_damaged() && proves_itself(name));
    const std::string words = words_for(name, state);
    if (may_be_mended) {
      findings_.add_mendable(words);
    } else {
      findings_.add(words);
    }
  }

  // Not what was taken away under our eyes, nor an attestation that the catalog does not have.
  bool counts(const std::string& name, const ParityState& state) {
    if (const std::optional<PackId> pack = pack_id_of(name)) {
      const std::vector<PackRow> rows = repository_.catalog().packs();
      return std::any_of(rows.begin(), rows.end(),
                         [&](const PackRow& row) { return row.id == *pack && !row.dropped; });
    }
    const std::optional<SnapshotId> id = snapshot_id_of(name);
    const auto row = id ? repository_.catalog().snapshot(*id) : std::nullopt;
    if (!row) return false;
    if (state.sidecar != Sidecar::missing || name.starts_with(kRecordPrefix)) return true;
    const std::optional<Bytes> document = read_record_file(parity_, name);
    return document && std::find(row->attestations.begin(), row->attestations.end(), *document) !=
                           row->attestations.end();
  }

  // Without parity's help.
  bool proves_itself(const std::string& name) {
    try {
      if (const std::optional<PackId> pack = pack_id_of(name)) return pack_is_sound(*pack);
      const std::optional<SnapshotId> id = snapshot_id_of(name);
      const std::optional<Bytes> bytes = read_record_file(parity_, name);
      if (!id || !bytes) return false;
      if (name.starts_with(kRecordPrefix)) return decode_record(*bytes).id == *id;
      decode_attestations(*bytes, *id);
      return true;
    } catch (const Error& error) {
      if (!is_damage(error) && error.code() != ErrorCode::not_found) {
        throw;
      }
      return false;
    }
  }

  bool pack_is_sound(const PackId& pack) {
    PackReader reader(parity_);
    StoredObject object;
    for (const PackEntry& entry : reader.entries(pack)) {
      throw_if_stopped(options_.stop);
      if (reader.read({pack, entry.offset, entry.length}, object) == PackReader::Found::no_pack) {
        return false;
      }
    }
    return true;
  }

  Repository& repository_;
  ParityBackend& parity_;
  const ParityCheck& options_;
  Findings& findings_;
  std::vector<std::string> names_;  // of blobs, the packs first
  std::size_t packs_ = 0;
  std::mutex mutex_;  // guards mended_
  std::vector<std::string> mended_;
};

}  // namespace

std::vector<std::string> check_parity(Repository& repository, const ParityCheck& options,
                                      Findings& findings) {
  if (repository.parity() == nullptr) return {};
  return ParityChecking(repository, options, findings).run();
}

}  // namespace varve
