// What every blob backend promises (store/blob/backend.h). A new one adds a type to the list.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "store/blob/local_backend.h"
#include "store/blob/parity_backend.h"
#include "store/core/error.h"
#include "store/core/ids.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

// Opens the same place again and again, as processes do.
class LocalPlace {
 public:
  std::unique_ptr<BlobBackend> open() { return std::make_unique<LocalBackend>(folder_.path()); }

 private:
  TempFolder folder_;
};

class ParityPlace {
 public:
  std::unique_ptr<BlobBackend> open() {
    return std::make_unique<ParityBackend>(std::make_unique<LocalBackend>(folder_.path()), 5);
  }

 private:
  TempFolder folder_;
};

template <class Place>
class BlobBackendTest : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) {
    const auto writer = blobs_->create(name);
    writer->append(as_bytes(text));
    writer->commit();
  }

  std::string get(const std::string& name) {
    const auto blob = blobs_->open(name);
    if (!blob) return "(none)";
    Bytes bytes(blob->size());
    blob->read_exact_at(0, bytes);
    return std::string(as_text(bytes));
  }

  std::map<std::string, std::uint64_t> listed(const std::string& prefix) {
    std::map<std::string, std::uint64_t> blobs;
    for (const BlobInfo& blob : blobs_->list(prefix)) blobs[blob.name] = blob.size;
    return blobs;
  }

  Place place_;
  std::unique_ptr<BlobBackend> blobs_ = place_.open();
};

using Places = ::testing::Types<LocalPlace, ParityPlace>;
TYPED_TEST_SUITE(BlobBackendTest, Places);

TYPED_TEST(BlobBackendTest, ABlobIsThereAfterCommit) {
  const auto writer = this->blobs_->create("packs/3f/3f09aa5c12e88b01");
  writer->append(as_bytes("some "));
  writer->append(as_bytes("bytes"));
  EXPECT_EQ(writer->size(), 10u);
  EXPECT_EQ(this->get("packs/3f/3f09aa5c12e88b01"), "(none)");
  EXPECT_TRUE(this->listed("").empty());
  writer->commit();
  EXPECT_EQ(this->get("packs/3f/3f09aa5c12e88b01"), "some bytes");
  this->blobs_ = this->place_.open();
  EXPECT_EQ(this->get("packs/3f/3f09aa5c12e88b01"), "some bytes");
}

TYPED_TEST(BlobBackendTest, AnEmptyBlobIsABlob) {
  this->put("snapshots/empty", "");
  EXPECT_EQ(this->get("snapshots/empty"), "");
  EXPECT_EQ(this->listed("snapshots/").size(), 1u);
}

TYPED_TEST(BlobBackendTest, ABlobGetsAnotherName) {
  this->put("packs/3f/3f00", "bytes");
  this->put("broken/taken", "others");
  const auto open = this->blobs_->open("packs/3f/3f00");
  EXPECT_THROW(this->blobs_->rename("packs/3f/3f00", "broken/taken"), Error);
  EXPECT_TRUE(this->blobs_->rename("packs/3f/3f00", "new/folder/3f00"));
  EXPECT_FALSE(this->blobs_->rename("packs/3f/3f00", "new/folder/3f01"));
  EXPECT_EQ(this->get("packs/3f/3f00"), "(none)");
  EXPECT_EQ(this->get("new/folder/3f00"), "bytes");
  EXPECT_EQ(this->get("broken/taken"), "others");
  EXPECT_EQ(open->size(), 5u);
}

TYPED_TEST(BlobBackendTest, WithoutCommitNothingStays) {
  this->blobs_->create("packs/aa/aa00")->append(as_bytes("lost"));
  EXPECT_EQ(this->get("packs/aa/aa00"), "(none)");
  EXPECT_TRUE(this->listed("").empty());
  EXPECT_EQ(this->blobs_->remove_leftovers(), 0u);
}

TYPED_TEST(BlobBackendTest, AnExistingNameIsAnErrorAndStays) {
  this->put("a", "first");
  expect_error(ErrorCode::io, "a", [&] { this->put("a", "second"); });
  EXPECT_EQ(this->get("a"), "first");
  EXPECT_EQ(this->listed("").size(), 1u);
}

TYPED_TEST(BlobBackendTest, OfTwoWritersOfOneNameOneWins) {
  const auto first = this->blobs_->create("a");
  const auto second = this->blobs_->create("a");
  first->append(as_bytes("first"));
  second->append(as_bytes("second"));
  first->commit();
  expect_error(ErrorCode::io, "a", [&] { second->commit(); });
  EXPECT_EQ(this->get("a"), "first");
}

TYPED_TEST(BlobBackendTest, ADamagedBlobIsReplacedUnderItsReaders) {
  this->put("packs/3f/3f00", "damaged");
  const auto reader = this->blobs_->open("packs/3f/3f00");
  const auto writer = this->blobs_->create("packs/3f/3f00");
  writer->append(as_bytes("whole again"));
  writer->replace();
  EXPECT_EQ(this->get("packs/3f/3f00"), "whole again");
  EXPECT_EQ(this->listed("").size(), 1u);
  Bytes out(7);
  reader->read_exact_at(0, out);
  EXPECT_EQ(as_text(out), "damaged");
}

TYPED_TEST(BlobBackendTest, AHealedBlobIsTheBlob) {
  this->put("a", "0123456789");
  const auto healed = this->blobs_->open_healed("a");
  if (!healed) return;  // one without parity
  EXPECT_EQ(healed->size(), 10u);
  Bytes out(4);
  healed->read_exact_at(3, out);
  EXPECT_EQ(as_text(out), "3456");
  expect_error(ErrorCode::corrupt, "", [&] { healed->read_exact_at(8, out); });
  EXPECT_EQ(this->blobs_->open_healed("none"), nullptr);
}

TYPED_TEST(BlobBackendTest, AWriterReadsWhatItWrote) {
  const auto writer = this->blobs_->create("big");
  Bytes large(20u << 20);  // past every threshold of early writing
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<std::byte>(i / 1000);
  writer->append(as_bytes("head"));
  writer->append(large);
  Bytes back(large.size());
  writer->read_exact_at(4, back);
  EXPECT_TRUE(back == large);
  Bytes beyond(5);
  expect_error(ErrorCode::corrupt, "", [&] { writer->read_exact_at(writer->size(), beyond); });
  writer->commit();
  EXPECT_EQ(this->listed("")["big"], large.size() + 4);
}

TYPED_TEST(BlobBackendTest, ReadingAnywhereAndNeverBeyond) {
  this->put("a", "0123456789");
  const auto blob = this->blobs_->open("a");
  Bytes out(3);
  blob->read_exact_at(7, out);
  EXPECT_EQ(as_text(out), "789");
  expect_error(ErrorCode::corrupt, "", [&] { blob->read_exact_at(8, out); });
  expect_error(ErrorCode::corrupt, "", [&] { blob->read_exact_at(100, out); });
}

TYPED_TEST(BlobBackendTest, RemoveTellsWhetherItWasThereAndReadersGoOn) {
  this->put("a", "bytes");
  const auto reader = this->blobs_->open("a");
  EXPECT_TRUE(this->blobs_->remove("a"));
  EXPECT_FALSE(this->blobs_->remove("a"));
  EXPECT_FALSE(this->blobs_->remove("packs/none"));
  EXPECT_EQ(this->blobs_->open("a"), nullptr);
  Bytes out(5);
  reader->read_exact_at(0, out);
  EXPECT_EQ(as_text(out), "bytes");
}

TYPED_TEST(BlobBackendTest, ListsByPrefix) {
  this->put("packs/3f/3f01", "1");
  this->put("packs/3f/3f02", "22");
  this->put("packs/40/4001", "333");
  this->put("snapshots/3f", "4444");
  EXPECT_EQ(this->listed("packs/"),
            (std::map<std::string, std::uint64_t>{
                {"packs/3f/3f01", 1}, {"packs/3f/3f02", 2}, {"packs/40/4001", 3}}));
  EXPECT_EQ(this->listed("packs/3f/").size(), 2u);
  EXPECT_EQ(this->listed("packs/3").size(), 2u);
  EXPECT_EQ(this->listed("packs/3f/3f02").size(), 1u);
  EXPECT_EQ(this->listed("").size(), 4u);
  EXPECT_TRUE(this->listed("pack/").empty());
  EXPECT_TRUE(this->listed("none/").empty());
}

TYPED_TEST(BlobBackendTest, NamesThatLeadElsewhereAreRefused) {
  for (const char* name :
       {"", "/a", "a/", "a//b", "..", "../a", "a/../b", ".tmp-1", "a/.b", "A", "a b", "a\n", "ä"}) {
    expect_error(ErrorCode::failed, "", [&] { this->blobs_->create(name); });
    expect_error(ErrorCode::failed, "", [&] { this->blobs_->open(name); });
    expect_error(ErrorCode::failed, "", [&] { this->blobs_->remove(name); });
  }
}

TYPED_TEST(BlobBackendTest, LeftoversOfADeadWriterGoTheLivingStay) {
  this->put("packs/00/0000", "blob");
  const auto living = this->blobs_->create("packs/01/0101");
  living->append(as_bytes("living"));
  Child dying([&]() -> int {
    const auto blobs = this->place_.open();
    const auto writer = blobs->create("packs/02/0202");
    writer->append(as_bytes("twelve bytes"));
    ::_exit(0);  // as if killed
  });
  EXPECT_EQ(dying.wait(), 0);
  EXPECT_EQ(this->blobs_->remove_leftovers(), 12u);
  EXPECT_EQ(this->blobs_->remove_leftovers(), 0u);
  living->commit();
  EXPECT_EQ(this->get("packs/01/0101"), "living");
  EXPECT_EQ(this->listed("").size(), 2u);
}

TYPED_TEST(BlobBackendTest, ManyThreadsAtOnce) {
  constexpr int each = 40;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          const std::string id = to_hex(random_id<PackId>().view());
          const std::string name = "packs/" + id.substr(0, 1) + std::to_string(t) + "/" + id;
          this->put(name, id);
          if (this->get(name) != id) ++wrong;
          if (i % 8 == 0) this->blobs_->remove_leftovers();
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(this->listed("packs/").size(), 4u * each);
}

}  // namespace
}  // namespace varve
