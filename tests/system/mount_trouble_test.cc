// The mount while things go wrong around it, and while everybody works at once.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "store/blob/pack_reader.h"
#include "store/core/error.h"
#include "store/gc/forget.h"
#include "store/gc/gc.h"
#include "tests/support/mounted_repository.h"
#include "tests/support/random_bytes.h"
#include "tests/support/small_disk.h"

namespace varve {
namespace {

constexpr std::int64_t kFirstSecond = 1'795'226'400;  // 2026-11-21T02:00:00Z

void drop_caches() { std::ofstream("/proc/sys/vm/drop_caches") << 3; }

Bytes read_through(const MountedRepository& store, const Path& path) {
  return read_file(store.mount_point() / path);
}

TEST(MountTrouble, AnswersForAPackThatDisappearedAndGoesOn) {
  MountedRepository store;
  const Bytes lost = random_bytes(300'000, 1);
  store.ingest({"data", {{"a", lost}}});
  const std::vector<PackRow> packs = store.repository().catalog().packs();
  const Bytes healthy = random_bytes(300'000, 2);
  store.ingest({"more", {{"b", healthy}}});
  ASSERT_NO_FATAL_FAILURE(store.mount());

  const Path pack = store.repository_path() / pack_name(packs.front().id);
  std::filesystem::rename(pack, store.scratch("pack"));
  EXPECT_NE(store.in_mount("cat 2026-11-21T02-00-00Z/a").output.find("Input/output error"),
            std::string::npos);
  EXPECT_TRUE(read_through(store, "latest/b") == healthy);
  std::filesystem::rename(store.scratch("pack"), pack);
  EXPECT_TRUE(read_through(store, "2026-11-21T02-00-00Z/a") == lost);
}

TEST(MountTrouble, ReadsOnWhileTheDiskIsFull) {
  SmallDisk disk(16u << 20);
  const Path repository = disk / "repo";
  Repository::create(repository);
  const Bytes content = random_bytes(1'000'000, 1);
  {
    IngestRequest request;
    request.sources.push_back(
        std::make_unique<MemorySource>("data", std::vector<MemoryFile>{{"a", content}}));
    ingest(*Repository::open(repository), std::move(request));
  }
  MountedRepository elsewhere;  // for its mount point
  disk.fill();
  const std::string point = quoted(elsewhere.mount_point());
  const ShellResult mounted = shell(VARVE_BINARY " -r " + quoted(repository) + " mount " + point);
  ASSERT_EQ(mounted.status, 0) << mounted.output;
  EXPECT_TRUE(read_through(elsewhere, "latest/a") == content);
  EXPECT_EQ(elsewhere.in_mount("cd latest && sha256sum -c SHA256SUMS").output, "a: OK\n");
  EXPECT_EQ(shell(VARVE_BINARY " umount " + point).status, 0);
}

// Where the test's other thread makes a process, that process has our locks too until it becomes
// another program, and who comes next may find the last one's still held.
template <class Work>
auto patiently(const Work& work) {
  while (true) {
    try {
      return work();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::locked) throw;
    }
  }
}

// Ingests, forgets and collects without a pause as long as it lives.
class Upheaval {
 public:
  explicit Upheaval(MountedRepository& store)
      : store_(store), thread_([this](const std::stop_token& stop) { run(stop); }) {}
  std::size_t rounds() const noexcept { return rounds_; }

 private:
  void run(const std::stop_token& stop) {
    std::vector<SnapshotId> taken;
    Bytes bytes = random_bytes(500'000, 7);
    for (std::int64_t i = 0; !stop.stop_requested(); ++i) {
      bytes = with_changes(std::move(bytes), 40, static_cast<std::uint64_t>(i));
      taken.push_back(patiently([&] {
                        return store_.ingest({"busy", {{"b", bytes}}, {}, {kFirstSecond + i}});
                      }).id);
      if (taken.size() > 2) {
        forget(store_.repository(), {taken.front()});
        taken.erase(taken.begin());
      }
      patiently([&] { return collect_garbage(store_.repository(), {}); });
      ++rounds_;
    }
  }

  MountedRepository& store_;
  std::atomic<std::size_t> rounds_ = 0;
  std::jthread thread_;
};

TEST(MountTrouble, GivesTheSameBytesWhileIngestAndGcRunBesideIt) {
  MountedRepository store;
  const Bytes content = random_bytes(2'000'000, 1);
  store.ingest({"data", {{"a", content}}, {}, {kFirstSecond - 86400}});
  ASSERT_NO_FATAL_FAILURE(store.mount("cache=1M"));
  const Upheaval upheaval(store);
  while (upheaval.rounds() < 20) {
    drop_caches();
    ASSERT_TRUE(read_through(store, "2026-11-20T02-00-00Z/a") == content);
    // The newest may be forgotten between two looks at it, never be half there.
    const ShellResult newest = store.in_mount("cat latest/b | wc -c");
    ASSERT_TRUE(newest.output == "500000\n" ||
                newest.output.find("No such file") != std::string::npos)
        << newest.output;
  }
}

// What syslog(3) writes, in a socket of the test's own.
class SystemLog {
 public:
  explicit SystemLog(Path path) : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::system_error(errno, std::generic_category(), "bind");
    }
  }
  ~SystemLog() { ::close(fd_); }
  SystemLog(const SystemLog&) = delete;
  SystemLog& operator=(const SystemLog&) = delete;

  // All that came so far.
  std::string text() const {
    std::string all;
    std::array<char, 4096> line{};
    for (ssize_t count; (count = ::recv(fd_, line.data(), line.size(), MSG_DONTWAIT)) > 0;) {
      all.append(line.data(), static_cast<std::size_t>(count)).push_back('\n');
    }
    return all;
  }

 private:
  const Path path_;
  const int fd_;
};

TEST(MountTrouble, TellsTheSystemLogWhichBytesAreDamaged) {
  MountedRepository store;
  store.ingest({"data", {{"a", random_bytes(200'000, 1)}}});
  const PackRow pack = store.repository().catalog().packs().front();
  {
    const Path path = store.repository_path() / pack_name(pack.id);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(pack.size / 2));
    file.put('\x55').put('\xaa').put('\x55');
  }
  const SystemLog log(store.scratch("log"));
  // /dev/log is the test's in a mount namespace of its own.
  const ShellResult result =
      shell("unshare --mount sh -ec " +
            quoted("mount -t tmpfs none /mnt && cp -a /dev/fuse /dev/null /mnt && ln -s " +
                   quoted(store.scratch("log")) +
                   " /mnt/log && mount --move /mnt /dev && " VARVE_BINARY " -r " +
                   quoted(store.repository_path()) + " mount " + quoted(store.mount_point()) +
                   " && (cat " + quoted(store.mount_point() / "latest/a") +
                   " > /dev/null || true) && umount " + quoted(store.mount_point())));
  EXPECT_NE(result.output.find("Input/output error"), std::string::npos) << result.output;
  const std::string said = log.text();
  EXPECT_NE(said.find("mounted " + store.repository_path().native()), std::string::npos) << said;
  EXPECT_NE(said.find("2026-11-21T02-00-00Z/a: bytes "), std::string::npos) << said;
  EXPECT_NE(said.find("pack " + to_hex(pack.id.view()) + " offset "), std::string::npos) << said;
  EXPECT_NE(said.find("chunk "), std::string::npos) << said;
}

}  // namespace
}  // namespace varve
