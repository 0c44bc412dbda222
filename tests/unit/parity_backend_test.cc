// Blobs with sidecars: what mends what, and what a crash leaves.
#include "store/blob/parity_backend.h"

#include <gtest/gtest.h>

#include <fstream>

#include "store/blob/local_backend.h"
#include "store/core/error.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

using Sidecar = ParityState::Sidecar;

constexpr const char* kName = "packs/3f/3f00";

class ParityBackendTest : public testing::Test {
 protected:
  void put(BlobBackend& blobs, const std::string& text) {
    const auto writer = blobs.create(kName);
    writer->append(as_bytes(text));
    writer->commit();
  }
  std::string healed() {
    const auto blob = blobs_.open_healed(kName);
    if (!blob) return "(none)";
    Bytes bytes(blob->size());
    blob->read_exact_at(0, bytes);
    return std::string(as_text(bytes));
  }
  Path blob_path() const { return folder_ / kName; }
  Path sidecar_path() const { return folder_ / "parity" / kName; }
  static std::string content(const Path& path) { return std::string(as_text(read_file(path))); }
  static void flip(const Path& path, std::uint64_t offset) {
    File file = *File::open_to_change(path);
    std::byte byte{};
    file.read_exact_at(offset, std::span(&byte, 1));
    byte ^= std::byte{1};
    file.write_all_at(offset, std::span(&byte, 1));
  }
  bool mend(bool is_whole = true) {
    return blobs_.mend(kName, blobs_.examine(kName), [&] { return is_whole; });
  }

  TempFolder folder_;
  LocalBackend plain_{folder_.path()};
  ParityBackend blobs_{std::make_unique<LocalBackend>(folder_.path()), 5};
  const std::string text_ = std::string(5000, 'x') + "end";
};

TEST_F(ParityBackendTest, DamageIsFoundReadOverAndMended) {
  put(blobs_, text_);
  const std::string blob = content(blob_path());
  const std::string sidecar = content(sidecar_path());
  EXPECT_TRUE(blobs_.examine(kName).is_whole());
  flip(blob_path(), 700);
  flip(blob_path(), 4000);
  flip(sidecar_path(), 0);
  const ParityState state = blobs_.examine(kName);
  EXPECT_EQ(state.damaged_blocks, 2u);
  EXPECT_EQ(state.lost_blocks, 0u);
  EXPECT_EQ(state.sidecar, Sidecar::damaged);
  EXPECT_EQ(healed(), text_);
  EXPECT_TRUE(mend());
  EXPECT_EQ(content(blob_path()), blob);
  EXPECT_EQ(content(sidecar_path()), sidecar);
}

TEST_F(ParityBackendTest, ALongerBlobIsShortenedAShorterOneCompleted) {
  put(blobs_, text_);
  for (const std::size_t size : {text_.size() + 5, text_.size() - 1000}) {
    std::filesystem::resize_file(blob_path(), size);
    EXPECT_TRUE(blobs_.examine(kName).has_wrong_size);
    EXPECT_EQ(healed(), text_);
    EXPECT_TRUE(mend());
    EXPECT_EQ(content(blob_path()), text_);
  }
}

TEST_F(ParityBackendTest, AMissingSidecarIsMadeForABlobThatProvesItself) {
  put(blobs_, text_);
  const std::string sidecar = content(sidecar_path());
  for (const bool is_gone : {true, false}) {
    if (is_gone) {
      std::filesystem::remove(sidecar_path());
    } else {
      std::filesystem::resize_file(sidecar_path(), 10);
    }
    const ParityState state = blobs_.examine(kName);
    EXPECT_EQ(state.sidecar, is_gone ? Sidecar::missing : Sidecar::unusable);
    EXPECT_FALSE(state.can_be_healed());
    EXPECT_FALSE(mend(false));
    EXPECT_TRUE(mend(true));
    EXPECT_EQ(content(sidecar_path()), sidecar);
  }
}

TEST_F(ParityBackendTest, WhatIsBeyondParityStaysAsItIs) {
  put(blobs_, std::string(100'000, 'x'));
  for (std::uint64_t at = 0; at < 20'000; at += 256) flip(blob_path(), at);
  const std::string damaged = content(blob_path());
  const ParityState state = blobs_.examine(kName);
  EXPECT_GT(state.lost_blocks, 0u);
  EXPECT_FALSE(state.can_be_healed());
  EXPECT_FALSE(mend());
  EXPECT_EQ(content(blob_path()), damaged);
  EXPECT_EQ(healed(), damaged);  // for the reader's own checksums to refuse
}

TEST_F(ParityBackendTest, ASmallBlobThatIsGoneIsBroughtBack) {
  put(blobs_, "a record");
  std::filesystem::remove(blob_path());
  EXPECT_EQ(blobs_.open(kName), nullptr);
  EXPECT_TRUE(blobs_.examine(kName).blob_is_missing);
  EXPECT_TRUE(mend());
  EXPECT_EQ(content(blob_path()), "a record");
}

// A crash between the removals of a blob and of its sidecar: the next blob of that name must not
// get another one's parity, whatever happens to it.
TEST_F(ParityBackendTest, ALeftoverSidecarServesNoOtherBlob) {
  put(blobs_, "first");
  std::filesystem::remove(blob_path());
  put(blobs_, "another");
  EXPECT_TRUE(blobs_.examine(kName).is_whole());
  EXPECT_EQ(healed(), "another");
}

TEST_F(ParityBackendTest, RemovedAndRenamedBlobsLeaveNoSidecar) {
  put(blobs_, "first");
  EXPECT_TRUE(blobs_.rename(kName, "broken/3f00"));
  EXPECT_FALSE(std::filesystem::exists(sidecar_path()));
  put(blobs_, "second");
  EXPECT_EQ(blobs_.sidecars().size(), 1u);
  EXPECT_TRUE(blobs_.remove(kName));
  EXPECT_TRUE(blobs_.sidecars().empty());
}

TEST_F(ParityBackendTest, WhoLosesTheNameLeavesTheWinnersSidecar) {
  const auto first = blobs_.create(kName);
  const auto second = blobs_.create(kName);
  first->append(as_bytes("first"));
  second->append(as_bytes("second"));
  first->commit();
  EXPECT_THROW(second->commit(), Error);
  EXPECT_TRUE(blobs_.examine(kName).is_whole());
  EXPECT_EQ(healed(), "first");
}

TEST_F(ParityBackendTest, ABlobOfOldIsReadWithoutParity) {
  put(plain_, text_);
  EXPECT_EQ(blobs_.open_healed(kName), nullptr);
  EXPECT_EQ(blobs_.examine(kName).sidecar, Sidecar::missing);
}

}  // namespace
}  // namespace varve
