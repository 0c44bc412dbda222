// Repositories whose packs are damaged, and what their repair said held against what can be read.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/repair/repair_packs.h"
#include "store/repository/losses.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {

inline void replace_file(const Path& path, const Bytes& bytes) {
  std::filesystem::remove(path);
  write_file_atomically(path, bytes);
}

inline Path pack_file(TestRepository& repository, std::size_t number) {
  return repository.path() / pack_name(repository->catalog().packs().at(number).id);
}

inline void flip(TestRepository& repository, std::size_t pack, std::uint64_t at) {
  const Path file = pack_file(repository, pack);
  Bytes bytes = read_file(file);
  bytes.at(at) ^= std::byte{0x40};
  replace_file(file, bytes);
  repository.reopen();
}

// The objects of a pack, of this kind.
inline std::vector<PackEntry> objects_in(TestRepository& repository, std::size_t pack,
                                         ObjectKind kind) {
  std::vector<PackEntry> found;
  for (const PackEntry& entry :
       repository->packs().entries(repository->catalog().packs().at(pack).id)) {
    if (entry.parsed.header.kind == kind) found.push_back(entry);
  }
  return found;
}

inline std::uint64_t last_byte(const PackEntry& entry) { return entry.offset + entry.length - 1; }

inline PackRepairResult repair(TestRepository& repository, const PackRepairOptions& options = {}) {
  PackRepairResult result = repair_packs(*repository, options);
  repository.reopen();
  return result;
}

// What is lost, as "SNAPSHOT:PATH", by file.
inline std::set<std::string> files_of(const PackRepairResult& result) {
  std::set<std::string> files;
  for (const HurtFile& file : result.hurt) files.insert(file.snapshot + ":" + file.path);
  return files;
}

inline std::set<std::string> files_of(const CheckResult& result) {
  std::set<std::string> files;
  for (const Damage& damage : result.damage) files.insert(damage.files.begin(), damage.files.end());
  return files;
}

// The ranges of a file that do not read as `bytes` any more, by extents: the truth to compare with.
inline std::vector<ByteRange> unreadable(Repository& repository, const FileEntry& file,
                                         const Bytes& bytes) {
  std::vector<ByteRange> ranges;
  for (std::uint64_t at = 0; at < bytes.size(); at += kTestExtent) {
    const std::uint64_t length = std::min<std::uint64_t>(kTestExtent, bytes.size() - at);
    Bytes got(length);
    const auto error = error_of(
        [&] { FileReader(repository.chunks(), file, ChunkReader::Check::id).read(at, got); });
    if (!error) {
      EXPECT_TRUE(
          std::equal(got.begin(), got.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
          << file.path << " at " << at;
      continue;
    }
    if (!ranges.empty() && ranges.back().offset + ranges.back().length == at) {
      ranges.back().length += length;
    } else {
      ranges.push_back({at, length});
    }
  }
  return ranges;
}

class RepairPacksTest : public testing::Test {
 protected:
  // Pack 0: the first state of "db". 1: changes of it, deltas. 2: "other". 3: "text", a stream.
  RepairPacksTest() {
    states_.push_back(make_pages(random_, 30));
    states_.push_back(change_pages(random_, states_[0], 12));
    states_.push_back(make_pages(random_, 8));
    states_.push_back(make_pages(random_, 5));
    snapshots_.push_back(repository_.take(states_[0]));
    snapshots_.push_back(repository_.take(states_[1]));
    snapshots_.push_back(repository_.take(states_[2], "other"));
    snapshots_.push_back(repository_.take(states_[3], "text", Chunking::content));
  }

  // Holds what the repair said against what can be read in fact.
  void expect_told(TestRepository& repository, const PackRepairResult& result) {
    std::map<std::string, std::vector<ByteRange>> told;
    for (const HurtFile& file : result.hurt) {
      told[file.snapshot + ":" + file.path] = file.ranges;
    }
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
      const FileEntry& file = snapshots_[i].files.front();
      if (file.chunking == Chunking::content) continue;  // not by extents
      EXPECT_EQ(told[snapshots_[i].name + ":" + file.path],
                unreadable(*repository, file, states_[i]))
          << file.path;
    }
    const CheckResult checked = repository.check_all();
    EXPECT_EQ(files_of(checked), files_of(result));
    EXPECT_EQ(may_have_losses(repository.path()), !result.hurt.empty());
  }

  void expect_all_holds(TestRepository& repository) {
    repository.expect_sound();
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
      repository.expect_holds(snapshots_[i], states_[i]);
    }
  }

  std::mt19937_64 random_{5};
  TestRepository repository_;
  std::vector<Bytes> states_;
  std::vector<Snapshot> snapshots_;
};

}  // namespace varve
