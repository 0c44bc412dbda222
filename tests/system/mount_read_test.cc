// Bytes through the mount are the bytes that went in, however they are read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "tests/support/mounted_repository.h"
#include "tests/support/random_bytes.h"

namespace varve {
namespace {

constexpr std::int64_t kFirstSecond = 1'795'226'400;  // 2026-11-21T02:00:00Z

// Five states of a file of extents, and streams of awkward sizes beside it.
class MountRead : public testing::Test {
 protected:
  struct Original {
    Path path;
    Bytes bytes;
  };

  void SetUp() override {
    Bytes pages = random_bytes(8'000'001, 1);
    for (std::int64_t state = 0; state < 5; ++state) {
      pages = with_changes(std::move(pages), 60, static_cast<std::uint64_t>(state));
      const Snapshot snapshot =
          store_.ingest({"data",
                         {{"pages", pages},
                          {"stream", random_bytes(1'500'000, 10), Chunking::content},
                          {"folder/one", Bytes(1, std::byte{'x'}), Chunking::content},
                          {"folder/edge", random_bytes(65'536, 11)},
                          {"zeros", Bytes(1 << 20)}},
                         {},
                         {kFirstSecond + state * 3600}});
      add(snapshot.name + "/pages", pages);
    }
    add("latest/stream", random_bytes(1'500'000, 10));
    add("latest/folder/one", Bytes(1, std::byte{'x'}));
    add("latest/folder/edge", random_bytes(65'536, 11));
    add("latest/zeros", Bytes(1 << 20));
  }

  void add(const Path& path, Bytes bytes) { originals_.push_back({path, std::move(bytes)}); }

  // `rounds` reads at random places of random files, half of them through a mapping. Returns how
  // many were wrong.
  std::size_t compare(std::uint64_t seed, std::size_t rounds) const {
    std::mt19937_64 random(seed);
    std::size_t wrong = 0;
    for (std::size_t left = rounds; left > 0;) {
      const Original& original = originals_[random() % originals_.size()];
      const File file = File::open_read(store_.mount_point() / original.path);
      const std::size_t size = original.bytes.size();
      void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.fd(), 0);
      if (mapped == MAP_FAILED) return rounds;
      const ByteView map(static_cast<const std::byte*>(mapped), size);
      for (std::size_t i = 0; i < 100 && left > 0; ++i, --left) {
        if (!matches(original.bytes, file, map, random)) ++wrong;
      }
      ::munmap(mapped, size);
    }
    return wrong;
  }

  static bool matches(ByteView original, const File& file, ByteView map, std::mt19937_64& random) {
    const std::size_t offset = random() % (original.size() + 10);  // beyond the end as well
    const std::size_t length = std::size_t{1} << (random() % 16);
    const std::size_t there =
        offset >= original.size() ? 0 : std::min(length, original.size() - offset);
    const ByteView wanted = there == 0 ? ByteView() : original.subspan(offset, there);
    if (random() % 2 == 0) {
      return there == 0 || std::equal(wanted.begin(), wanted.end(),
                                      map.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    Bytes out(length);
    const std::size_t count = file.read_at(offset, out);
    return count == there && std::equal(wanted.begin(), wanted.end(), out.begin());
  }

  std::size_t compare_on_threads(unsigned threads, std::size_t rounds) const {
    std::atomic<std::size_t> wrong = 0;
    {
      std::vector<std::jthread> readers;
      for (unsigned i = 0; i < threads; ++i) {
        readers.emplace_back([&, i] { wrong += compare(i, rounds); });
      }
    }
    return wrong;
  }

  MountedRepository store_;
  std::vector<Original> originals_;
};

// Makes the kernel forget what it read, again and again: else the mount is asked only once.
class Oblivion {
 public:
  Oblivion() : thread_(run) {}

 private:
  static void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::ofstream("/proc/sys/vm/drop_caches") << 3;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
  std::jthread thread_;
};

// Of each thread. The sanitizers make every access of theirs ten times as slow.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kReads = 50'000;
#else
constexpr std::size_t kReads = 250'000;
#endif

TEST_F(MountRead, AgreesWithTheOriginalAtMillionsOfRandomPlaces) {
  ASSERT_NO_FATAL_FAILURE(store_.mount("cache=8M"));
  const Oblivion oblivion;
  EXPECT_EQ(compare_on_threads(8, kReads), 0U);
}

TEST_F(MountRead, AgreesWithHardlyAnyCacheAndEveryIdChecked) {
  ASSERT_NO_FATAL_FAILURE(store_.mount("cache=256K,paranoid"));
  const Oblivion oblivion;
  EXPECT_EQ(compare_on_threads(4, 4'000), 0U);
}

TEST_F(MountRead, ServesTwoHundredThreads) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  EXPECT_EQ(compare_on_threads(200, 200), 0U);
}

TEST_F(MountRead, ServesAThousandOpenFiles) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  std::vector<File> open;
  for (std::size_t i = 0; i < 1000; ++i) {
    open.push_back(File::open_read(store_.mount_point() / originals_[i % 5].path));
  }
  for (std::size_t i = 0; i < open.size(); ++i) {
    Bytes page(4096);
    const std::size_t offset = i * 4096;
    open[i].read_exact_at(offset, page);
    const ByteView wanted = ByteView(originals_[i % 5].bytes).subspan(offset, page.size());
    ASSERT_TRUE(std::equal(page.begin(), page.end(), wanted.begin())) << i;
  }
}

TEST_F(MountRead, CopiesWholeFilesInOrder) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  for (const Original& original : originals_) {
    const Path copy = store_.scratch("copy");
    ASSERT_EQ(store_.in_mount("cp " + quoted(original.path) + " " + quoted(copy)).status, 0);
    EXPECT_TRUE(read_file(copy) == original.bytes) << original.path;
    std::filesystem::remove(copy);
  }
}

// What an unmodified program does on a real database.
TEST(MountSqlite, IsReadInPlaceByThePlainProgram) {
  MountedRepository store;
  const Path database = store.scratch("history.db");
  const ShellResult made =
      shell("sqlite3 " + quoted(database) +
            " \"create table users(id integer primary key, name text unique);"
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) "
            "insert into users select i, 'user ' || i from n;\"");
  ASSERT_EQ(made.status, 0) << made.output;
  store.ingest({"history.db", {{"history.db", read_file(database)}}});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  const auto sqlite = [&](const std::string& statement) {
    return store.in_mount("sqlite3 latest/history.db " + quoted(statement)).output;
  };
  EXPECT_EQ(sqlite("select count(*) from users"), "20000\n");
  EXPECT_EQ(sqlite("select id from users where name = 'user 777'"), "777\n");
  EXPECT_EQ(sqlite("pragma integrity_check"), "ok\n");
  EXPECT_EQ(sqlite("pragma mmap_size = 100000000; select sum(id) from users"),
            "100000000\n200010000\n");
  EXPECT_EQ(sqlite(".schema"), "CREATE TABLE users(id integer primary key, name text unique);\n");
  EXPECT_EQ(sqlite(".dump").substr(0, 26), "PRAGMA foreign_keys=OFF;\nB");
  EXPECT_EQ(sqlite(".backup " + store.scratch("backup.db").native()), "");
  EXPECT_EQ(shell("sqlite3 " + quoted(store.scratch("backup.db")) + " 'pragma quick_check'").output,
            "ok\n");
  EXPECT_NE(sqlite("delete from users").find("attempt to write a readonly database"),
            std::string::npos);
}

}  // namespace
}  // namespace varve
