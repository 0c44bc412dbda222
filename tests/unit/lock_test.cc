#include "store/core/lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

TEST(FileLock, ExcludesItsOwnProcess) {
  const TempFolder folder;
  auto lock = FileLock::try_acquire(folder / "gc");
  ASSERT_TRUE(lock);
  EXPECT_FALSE(FileLock::try_acquire(folder / "gc"));
  EXPECT_FALSE(FileLock::try_acquire(folder / "gc", FileLock::Mode::shared));
  EXPECT_TRUE(FileLock::is_held(folder / "gc"));
  lock.reset();
  EXPECT_FALSE(FileLock::is_held(folder / "gc"));
  EXPECT_TRUE(FileLock::try_acquire(folder / "gc"));
}

TEST(FileLock, SharedOnesGoTogether) {
  const TempFolder folder;
  const auto first = FileLock::try_acquire(folder / "l", FileLock::Mode::shared);
  const auto second = FileLock::try_acquire(folder / "l", FileLock::Mode::shared);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_TRUE(FileLock::is_held(folder / "l"));
  EXPECT_FALSE(FileLock::try_acquire(folder / "l"));
}

TEST(FileLock, ExcludesAnotherProcessUntilThatDies) {
  const TempFolder folder;
  Signal ready;
  Signal die;
  Child holder([&]() -> int {
    auto lock = FileLock::try_acquire(folder / "gc");
    lock->describe("pid 4711, varve gc, since 2026-11-21T02:00:00Z");
    ready.send();
    die.await();
    ::_exit(0);  // as if killed: the kernel lets go
  });
  ready.await();
  EXPECT_TRUE(FileLock::is_held(folder / "gc"));
  EXPECT_FALSE(FileLock::try_acquire(folder / "gc"));
  EXPECT_EQ(FileLock::holder(folder / "gc"), "pid 4711, varve gc, since 2026-11-21T02:00:00Z");
  die.send();
  EXPECT_EQ(holder.wait(), 0);
  EXPECT_FALSE(FileLock::is_held(folder / "gc"));
  EXPECT_TRUE(FileLock::try_acquire(folder / "gc"));
}

TEST(FileLock, DescribeReplacesTheContent) {
  const TempFolder folder;
  auto lock = FileLock::try_acquire(folder / "l");
  lock->describe("a long description");
  lock->describe("short");
  EXPECT_EQ(lock->content(), "short");
  EXPECT_EQ(FileLock::holder(folder / "l"), "short");
  EXPECT_EQ(FileLock::holder(folder / "none"), "");
  EXPECT_FALSE(FileLock::is_held(folder / "none"));
}

TEST(FileLock, RemoveTakesTheFileAndLetsGo) {
  const TempFolder folder;
  auto lock = FileLock::try_acquire(folder / "l");
  lock->remove();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_TRUE(FileLock::try_acquire(folder / "l"));
}

TEST(FileLock, IsPrivate) {
  const TempFolder folder;
  const auto lock = FileLock::try_acquire(folder / "l");
  EXPECT_EQ(std::filesystem::status(folder / "l").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// Holders that remove the file while others open it: still one at a time.
TEST(FileLock, OneHolderAtATimeWhileFilesComeAndGo) {
  const TempFolder folder;
  std::atomic<int> inside = 0;
  std::atomic<int> held = 0;
  std::atomic<bool> two_at_once = false;
  const auto work = [&] {
    while (held < 2000) {
      auto lock = FileLock::try_acquire(folder / "l");
      if (!lock) continue;
      if (++inside != 1) two_at_once = true;
      ++held;
      --inside;
      lock->remove();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  }
  EXPECT_FALSE(two_at_once);
  EXPECT_GE(held, 2000);
}

// A look must never make somebody who just begins fail: a file is never seen unheld.
TEST(FileLock, LookingStandsInNobodysWay) {
  const TempFolder folder;
  std::atomic<bool> done = false;
  std::jthread looker([&] {
    while (!done) {
      for (int i = 0; i < 8; ++i) FileLock::is_held(folder / std::to_string(i));
    }
  });
  for (int i = 0; i < 4000; ++i) {
    auto lock = FileLock::try_acquire(folder / std::to_string(i % 8));
    ASSERT_TRUE(lock);
    lock->remove();
  }
  done = true;
}

}  // namespace
}  // namespace varve
