// Two gcs at once: one is held in its place, by a process of its own, and the other comes.
#include "store/gc/gc.h"
#include "tests/support/child.h"
#include "tests/support/failing_parts.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

// Stops where gc has looked and is about to condemn, says so, and waits to be told to go on.
class HeldCatalog : public FailingCatalog {
 public:
  HeldCatalog(std::unique_ptr<Catalog> catalog, FaultClock& clock, Signal& there, Signal& go_on)
      : FailingCatalog(std::move(catalog), clock), there_(there), go_on_(go_on) {}
  std::uint64_t condemn(const std::vector<PackId>& packs) override {
    there_.send();
    go_on_.await();
    return FailingCatalog::condemn(packs);
  }

 private:
  Signal& there_;
  Signal& go_on_;
};

class GcPair : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 2000);
    must({"ingest", "a.db", "--time", "2026-11-01"});
    Database(in_folder("a.db")).run("UPDATE t SET body = hex(randomblob(100))");
    must({"ingest", "a.db", "--time", "2026-11-02"});
    must({"forget", "2026-11-01"});
  }

  int collect_held() {
    FaultClock never(~std::uint64_t{0});
    const auto opened = Repository::open(repository(), [&](RepositoryParts parts) {
      parts.catalog =
          std::make_unique<HeldCatalog>(std::move(parts.catalog), never, there_, go_on_);
      return parts;
    });
    return collect_garbage(*opened, {.worth = 0}).freed_bytes > 0 ? 0 : 1;
  }

  // Nobody else gives space back or repairs; nothing is taken, and nobody else is kept waiting.
  void expect_to_be_alone() const {
    const std::set<std::string> before = names_in(repository());
    for (const Words& words : {Words{"gc"}, Words{"gc", "--dry-run"}, Words{"repair", "packs"},
                               Words{"check", "--repair"}}) {
      expect_holds(refused(11, words), "another gc is running (pid ");
    }
    EXPECT_EQ(names_in(repository()), before);
    must({"check", "--read-data"});
    must({"cat", "latest:a.db"});
    must({"ingest", in_folder("a.db"), "--as", "b.db", "--time", "2026-11-03"});
  }

  Signal there_;
  Signal go_on_;
};

TEST_F(GcPair, TheSecondSaysSoAndLeaves) {
  Child first([this] { return collect_held(); });
  there_.await();
  expect_to_be_alone();
  go_on_.send();
  EXPECT_EQ(first.wait(), 0);
  must({"gc"});
  must({"check", "--read-data"});
}

TEST_F(GcPair, OneThatIsKilledHoldsNobodyUp) {
  Child first([this] { return collect_held(); });
  there_.await();
  expect_to_be_alone();
  first.kill();
  EXPECT_GT(must_json({"gc"})["freed_bytes"], 0);
  must({"check", "--read-data"});
}

}  // namespace
}  // namespace varve
