// The mount while the repository changes under it, and how it begins and ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "store/gc/forget.h"
#include "store/gc/gc.h"
#include "store/repository/reader_session.h"
#include "tests/support/damaged_data.h"
#include "tests/support/mounted_repository.h"
#include "tests/support/random_bytes.h"

namespace varve {
namespace {

constexpr Timestamp kFirst{1'795'226'400};   // 2026-11-21T02:00:00Z
constexpr Timestamp kSecond{1'795'312'800};  // 2026-11-22T02:00:00Z

// What must come true soon; the bound only ends a test that would never end.
bool soon(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

File open_on(const MountedRepository& store, const Path& path) {
  return File::open_read(store.mount_point() / path);
}

Bytes read_all(const File& file) {
  Bytes bytes(file.size());
  file.read_exact_at(0, bytes);
  return bytes;
}

TEST(MountLife, ShowsANewSnapshotAtOnce) {
  MountedRepository store;
  store.ingest({"data", {{"a", random_bytes(1000, 1)}}, {}, kFirst});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_EQ(store.in_mount("readlink latest").output, "2026-11-21T02-00-00Z\n");
  EXPECT_NE(store.in_mount("ls 2026-11-22T02-00-00Z").status, 0);  // absence is not remembered
  store.ingest({"data", {{"a", random_bytes(2000, 2)}}, {}, kSecond});
  EXPECT_EQ(store.in_mount("readlink latest").output, "2026-11-22T02-00-00Z\n");
  EXPECT_EQ(store.in_mount("stat -L -c %s latest/a").output, "2000\n");
  EXPECT_EQ(store.in_mount("ls -d 20*").output, "2026-11-21T02-00-00Z\n2026-11-22T02-00-00Z\n");
  EXPECT_EQ(store.in_mount("ls by-source/data").output,
            "2026-11-21T02-00-00Z\n2026-11-22T02-00-00Z\nlatest\n");
}

TEST(MountLife, DropsAForgottenSnapshot) {
  MountedRepository store;
  const Snapshot first = store.ingest({"data", {{"a", random_bytes(1000, 1)}}, {}, kFirst});
  store.ingest({"data", {{"a", random_bytes(2000, 2)}}, {}, kSecond});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_EQ(store.in_mount("cat 2026-11-21T02-00-00Z/a | wc -c").output, "1000\n");
  forget(store.repository(), {first.id});
  EXPECT_TRUE(soon([&] { return store.in_mount("cat 2026-11-21T02-00-00Z/a").status != 0; }));
  EXPECT_EQ(store.in_mount("ls -d 20*; ls by-source/data").output,
            "2026-11-22T02-00-00Z\n2026-11-22T02-00-00Z\nlatest\n");
  EXPECT_EQ(store.in_mount("stat -L -c %s latest/a").output, "2000\n");
}

TEST(MountLife, ServesAnotherSnapshotUnderANameThatWasFreed) {
  MountedRepository store;
  const Snapshot first = store.ingest({"data", {{"a", random_bytes(1000, 1)}}, {}, kFirst});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_EQ(store.in_mount("stat -c %s 2026-11-21T02-00-00Z/a").output, "1000\n");
  forget(store.repository(), {first.id});
  store.ingest({"data", {{"a", random_bytes(2000, 2)}}, {}, kFirst});
  EXPECT_TRUE(
      soon([&] { return store.in_mount("stat -c %s 2026-11-21T02-00-00Z/a").output == "2000\n"; }));
}

TEST(MountLife, KeepsAnOpenFileReadableThroughForgetAndGc) {
  MountedRepository store;
  const Bytes content = random_bytes(3'000'000, 1);
  const Snapshot first = store.ingest({"data", {{"a", content}}, {}, kFirst});
  store.ingest({"data", {{"b", random_bytes(1000, 2)}}, {}, kSecond});
  ASSERT_NO_FATAL_FAILURE(store.mount("cache=1M"));
  File open = open_on(store, "2026-11-21T02-00-00Z/a");
  EXPECT_EQ(pinned_snapshots(store.repository()).size(), 1U);

  forget(store.repository(), {first.id});
  const GcResult held = collect_garbage(store.repository(), {});
  EXPECT_EQ(held.freed_bytes, 0U);
  EXPECT_TRUE(soon([&] { return store.in_mount("ls 2026-11-21T02-00-00Z").status != 0; }));
  EXPECT_TRUE(read_all(open) == content);

  open.close();
  EXPECT_TRUE(soon([&] { return pinned_snapshots(store.repository()).empty(); }));
  const GcResult freed = collect_garbage(store.repository(), {});
  EXPECT_GT(freed.freed_bytes, 1'000'000U);
}

// Sends a signal to the mount's process, which says its number in its lock file.
void signal_mount(const MountedRepository& store, const std::string& signal) {
  const ShellResult sent =
      shell("cd " + quoted(store.repository_path() / "locks") + " && kill -" + signal +
            " $(sed 's/^pid \\([0-9]*\\),.*/\\1/' $(ls | grep '^reader-[0-9a-f]*$'))");
  EXPECT_EQ(sent.status, 0) << sent.output;
}

TEST(MountLife, AnswersDamageWithAnErrorAndReadsTheRest) {
  MountedRepository store;
  const Bytes content = random_bytes(2'000'000, 1);
  store.ingest({"data", {{"a", content}}, {}, kFirst});
  damage_all_data(store.repository_path());
  const Bytes healthy = random_bytes(500'000, 2);
  store.ingest({"more", {{"b", healthy}}, {}, kSecond});

  const Path log = store.scratch("log");
  const ShellResult mounted =
      shell("(" VARVE_BINARY " -r " + quoted(store.repository_path()) + " mount -f " +
            quoted(store.mount_point()) + " > " + quoted(log) +
            " 2>&1 &) ; for i in $(seq 2000); do "
            "mountpoint -q " +
            quoted(store.mount_point()) + " && exit; sleep 0.01; done; exit 1");
  ASSERT_EQ(mounted.status, 0) << mounted.output;

  const File file = open_on(store, "2026-11-21T02-00-00Z/a");
  std::size_t bad_pages = 0;
  Bytes page(4096);
  for (std::size_t offset = 0; offset + page.size() <= content.size(); offset += page.size()) {
    const ssize_t count = ::pread(file.fd(), page.data(), page.size(), static_cast<off_t>(offset));
    if (count < 0) {
      EXPECT_EQ(errno, EIO);
      ++bad_pages;
      continue;
    }
    const ByteView wanted = ByteView(content).subspan(offset, page.size());
    ASSERT_EQ(count, static_cast<ssize_t>(page.size()));
    ASSERT_TRUE(std::equal(page.begin(), page.end(), wanted.begin())) << offset;
  }
  EXPECT_EQ(bad_pages, 16U);  // one extent of 64 KiB
  EXPECT_TRUE(read_all(open_on(store, "latest/b")) == healthy);

  const std::string said = shell("cat " + quoted(log)).output;
  const std::string line = "2026-11-21T02-00-00Z/a: bytes ";
  EXPECT_NE(said.find(line), std::string::npos) << said;
  EXPECT_EQ(said.find(line), said.rfind(line)) << said;  // once
  EXPECT_NE(said.find("pack"), std::string::npos) << said;
}

TEST(MountLife, RefusesToUnmountWhatIsInUse) {
  MountedRepository store;
  store.ingest({"data", {{"a", random_bytes(1000, 1)}}});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  File open = open_on(store, "latest/a");
  const std::string words = "umount " + quoted(store.mount_point());
  const ShellResult busy = store.varve(words);
  EXPECT_EQ(busy.status, 1);
  EXPECT_EQ(busy.output,
            "varve: cannot unmount " + store.mount_point().native() +
                ": a program has a file open or its working folder under it; close it, or use "
                "fusermount3 -uz " +
                store.mount_point().native() + "\n");
  open.close();
  EXPECT_EQ(store.varve(words).status, 0);
  const ShellResult again = store.varve(words);
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.output, "varve: cannot unmount " + store.mount_point().native() +
                              ": nothing is mounted there\n");
}

TEST(MountLife, LeavesNothingBehindWhenItEnds) {
  MountedRepository store;
  store.ingest({"data", {{"a", random_bytes(1000, 1)}}});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_TRUE(has_reader(store.repository_path(), store.mount_point().native()));
  store.unmount();
  // At once: unmount waits for the process to let go.
  EXPECT_FALSE(has_reader(store.repository_path(), store.mount_point().native()));
  EXPECT_EQ(shell("ls " + quoted(store.repository_path() / "locks") + " | grep reader").output, "");
}

TEST(MountLife, EndsCleanlyOnSigterm) {
  MountedRepository store;
  store.ingest({"data", {{"a", random_bytes(1000, 1)}}});
  ASSERT_NO_FATAL_FAILURE(store.mount());
  signal_mount(store, "TERM");
  EXPECT_TRUE(soon([&] {
    return shell("mountpoint -q " + quoted(store.mount_point())).status != 0 &&
           !has_reader(store.repository_path(), "varve mount");
  }));
  ASSERT_NO_FATAL_FAILURE(store.mount());
}

TEST(MountLife, SaysWhyItCannotMount) {
  MountedRepository store;
  const std::string point = store.mount_point().native();
  const auto error = [&](const std::string& words) {
    const ShellResult result = store.varve("mount " + words);
    EXPECT_EQ(result.status, 1) << result.output;
    return result.output;
  };
  const auto line = [](const Path& path, const std::string& why) {
    return "varve: cannot mount on " + path.native() + ": " + why + "\n";
  };
  EXPECT_EQ(error(quoted(store.scratch("none"))),
            line(store.scratch("none"), "there is no such folder; create it first"));
  std::ofstream(store.scratch("file")) << "x";
  EXPECT_EQ(error(quoted(store.scratch("file"))),
            line(store.scratch("file"), "it is not a folder"));
  EXPECT_EQ(error("/tmp"), line("/tmp", "the folder is not empty; choose an empty one"));
  std::filesystem::create_directory(store.repository_path() / "inside");
  EXPECT_EQ(error(quoted(store.repository_path() / "inside")),
            line(store.repository_path() / "inside", "it is inside the repository " +
                                                         store.repository_path().native() +
                                                         "; choose a folder outside"));
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_EQ(error(quoted(point)),
            line(point, store.repository_path().native() + " is mounted there already"));
  store.unmount();

  const ShellResult unknown = store.varve("mount -o nonsense " + quoted(point));
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.output.find("mount option nonsense: unknown"), std::string::npos);
  const ShellResult none = shell(VARVE_BINARY " -r /nowhere/repo mount " + quoted(point));
  EXPECT_EQ(none.status, 10) << none.output;
}

TEST(MountLife, GetsADeadMountOutOfTheWay) {
  MountedRepository store;
  ASSERT_NO_FATAL_FAILURE(store.mount());
  signal_mount(store, "KILL");
  EXPECT_TRUE(soon([&] { return store.in_mount("ls").status != 0; }));
  EXPECT_EQ(store.varve("mount " + quoted(store.mount_point())).status, 1);
  store.unmount();
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_EQ(store.in_mount("ls").status, 0);
}

}  // namespace
}  // namespace varve
