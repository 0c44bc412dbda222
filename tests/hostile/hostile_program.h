// Every command on a hostile repository: it may fail, with a clear error; nothing else may happen.
#pragma once

#include <sys/resource.h>

#include "tests/hostile/enemy.h"
#include "tests/system/varve_program.h"

namespace varve {

class HostileProgram : public VarveProgram {
 protected:
  HostileProgram() : enemy_(repository()) {
    std::filesystem::create_directory(in_folder("out"));
    std::filesystem::create_directory(in_folder("mnt"));
    write_text(in_folder("treasure"), "as it was");
  }

  Enemy& enemy() { return enemy_; }

  // It ends by itself, or at once when it is told to after some seconds; never by a signal of its
  // own making, and with words of its own.
  ProgramResult survives(const Words& words) const {
    Words command = {"timeout", "--signal=TERM", "--kill-after=20", kPatience, VARVE_BINARY};
    command.insert(command.end(), words.begin(), words.end());
    ProgramSetting quiet = setting();
    quiet.standard_output = "/dev/null";
    const ProgramResult result = Program(command, quiet).wait();
    const std::string what = testing::PrintToString(words) + "\n" + result.err;
    EXPECT_GE(result.status, 0) << what;
    EXPECT_LT(result.status, 126) << what;  // 134, 139: it crashed; 137: it did not listen
    const bool explains = result.status == 0 || result.status == kTimeOver ||
                          result.err.find("varve: ") != std::string::npos;
    EXPECT_TRUE(explains) << what;
    EXPECT_EQ(result.err.find("std::"), std::string::npos) << what;  // an exception's own words
    expect_nothing_outside();
    return result;
  }

  // Everything that reads a repository; the repairs work on a copy.
  void survives_all(const std::string& file = "file") const {
    for (const Words& words :
         {Words{"list"}, Words{"list", "latest"}, Words{"stats"}, Words{"cat", "latest:" + file},
          Words{"restore", "latest:" + file, "out/one"}, Words{"restore", "latest", "out/all"},
          Words{"check"}, Words{"check", "--read-data"}, Words{"verify", "latest"},
          Words{"gc", "--dry-run"}}) {
      survives(words);
    }
    survives_mount();
    survives({"gc"});
    survives({"repair", "packs"});
    std::filesystem::remove(repository() / "catalog.db");
    survives({"repair", "catalog"});
    survives({"list", "latest"});
  }

  // What a kernel and a person do with a mount.
  void survives_mount() const {
    const ProgramResult mounted = survives({"mount", in_folder("mnt")});
    if (mounted.status != 0) return;
    const Words look = {"timeout", "5", "sh", "-c",
                        "cd mnt && ls -laR >&2; for f in latest/*; do head -c 100000 \"$f\"; done; "
                        "cat latest/snapshot.json; true"};
    ProgramSetting quiet = setting();
    quiet.standard_output = "/dev/null";
    const ProgramResult looked = Program(look, quiet).wait();
    EXPECT_EQ(looked.err.find("Transport endpoint"), std::string::npos) << looked.err;
    EXPECT_EQ(survives({"umount", in_folder("mnt")}).status, 0);
  }

  void expect_nothing_outside() const {
    EXPECT_EQ(names_in(folder()), (std::set<std::string>{"mnt", "out", "repo", "treasure"}));
    EXPECT_EQ(content_of(in_folder("treasure")), "as it was");
    EXPECT_EQ(names_in("/tmp").count("varve-hostile-outside"), 0U);
  }

  // Of all programs so far, in MiB.
  static std::uint64_t most_memory() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) >> 10;
  }
  static void expect_little_memory() {
#ifndef VARVE_SANITIZED
    EXPECT_LT(most_memory(), 700U);
#endif
  }

 private:
  static constexpr const char* kPatience = "6";  // seconds: a file of exabytes has no end
  static constexpr int kTimeOver = 124;

  Enemy enemy_;
};

}  // namespace varve
