#include "store/snapshots/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <random>
#include <set>

#include "store/snapshots/snapshot_name.h"

namespace varve {
namespace {

Timestamp at(std::string_view text) { return parse_time(text).value(); }

Snapshot snapshot(Timestamp time, const std::vector<std::string>& sources,
                  const std::string& suffix = {}) {
  Snapshot made;
  made.id = random_id<SnapshotId>();
  made.time = time;
  made.name = to_directory_name(time) + suffix;
  for (const std::string& source : sources) {
    made.sources.emplace_back().name = source;
  }
  return made;
}

std::vector<Snapshot> of_one_source(const std::vector<std::string>& times) {
  std::vector<Snapshot> made;
  for (const std::string& time : times) made.push_back(snapshot(at(time), {"a.db"}));
  return made;
}

// The times of what stays, oldest first, as they were written.
std::vector<std::string> kept(const std::vector<Snapshot>& snapshots, const RetentionPolicy& policy,
                              const std::optional<std::string>& source = {}) {
  std::vector<std::string> names;
  for (const RetentionDecision& decision : judge(snapshots, policy, source)) {
    EXPECT_EQ(decision.keep, !decision.reasons.empty()) << decision.name;
    if (decision.keep) names.push_back(decision.name);
  }
  return names;
}

std::vector<std::string> reasons_of(const std::vector<RetentionDecision>& decisions,
                                    std::string_view name) {
  for (const RetentionDecision& decision : decisions) {
    if (decision.name == name) return decision.reasons;
  }
  ADD_FAILURE() << "no decision for " << name;
  return {};
}

using Names = std::vector<std::string>;

TEST(Retention, EmptyPolicySaysSo) {
  EXPECT_TRUE(RetentionPolicy{}.empty());
  EXPECT_FALSE(RetentionPolicy{.last = 1}.empty());
  EXPECT_FALSE(RetentionPolicy{.yearly = 1}.empty());
  EXPECT_FALSE(RetentionPolicy{.within = 1}.empty());
}

TEST(Retention, NothingToJudgeGivesNothing) {
  EXPECT_TRUE(judge({}, RetentionPolicy{.last = 3}, {}).empty());
}

TEST(Retention, LastKeepsTheNewest) {
  const auto snapshots = of_one_source({"2026-01-03", "2026-01-01", "2026-01-02"});
  EXPECT_EQ(kept(snapshots, {.last = 2}), (Names{"2026-01-02T00-00-00Z", "2026-01-03T00-00-00Z"}));
}

TEST(Retention, OfTwoSnapshotsInOneHourTheNewerIsTheHours) {
  const auto snapshots =
      of_one_source({"2026-01-01T02:05", "2026-01-01T02:55", "2026-01-01T03:00"});
  EXPECT_EQ(kept(snapshots, {.hourly = 5}),
            (Names{"2026-01-01T02-55-00Z", "2026-01-01T03-00-00Z"}));
}

TEST(Retention, OfTwoSnapshotsInOneSecondTheLaterNumberIsNewer) {
  const Timestamp time = at("2026-01-01T02:00");
  const std::vector<Snapshot> snapshots = {
      snapshot(time, {"a.db"}, ".10"), snapshot(time, {"a.db"}), snapshot(time, {"a.db"}, ".9")};
  EXPECT_EQ(kept(snapshots, {.last = 1}), (Names{"2026-01-01T02-00-00Z.10"}));
  EXPECT_EQ(kept(snapshots, {.hourly = 3}), (Names{"2026-01-01T02-00-00Z.10"}));
}

TEST(Retention, PeriodsWithoutSnapshotsDoNotCount) {
  const auto snapshots = of_one_source({"2019-03-01", "2026-01-01", "2026-01-05"});
  EXPECT_EQ(kept(snapshots, {.daily = 3}).size(), 3U);
}

TEST(Retention, WeeksEndOnSunday) {
  // 2026-11-22 is a Sunday.
  const auto snapshots =
      of_one_source({"2026-11-16T00:00:00", "2026-11-22T23:59:59", "2026-11-23T00:00:00"});
  EXPECT_EQ(kept(snapshots, {.weekly = 2}),
            (Names{"2026-11-22T23-59-59Z", "2026-11-23T00-00-00Z"}));
}

TEST(Retention, IsoWeeksCrossTheYear) {
  const std::map<std::string, std::string> week_of = {
      {"2020-12-28", "2020-W53"}, {"2021-01-03", "2020-W53"}, {"2021-01-04", "2021-W01"},
      {"2024-12-29", "2024-W52"}, {"2024-12-30", "2025-W01"}, {"2025-01-05", "2025-W01"},
      {"2026-12-31", "2026-W53"}, {"2027-01-03", "2026-W53"}, {"2027-01-04", "2027-W01"},
      {"1970-01-01", "1970-W01"}, {"1969-12-28", "1969-W52"}, {"2016-02-29", "2016-W09"}};
  for (const auto& [day, week] : week_of) {
    const auto decisions = judge(of_one_source({day}), {.weekly = 1}, {});
    ASSERT_EQ(decisions.size(), 1U);
    EXPECT_EQ(decisions[0].reasons, Names{"a.db: weekly " + week}) << day;
  }
}

TEST(Retention, YearsAndMonthsAreOfUtc) {
  const auto snapshots = of_one_source({"2025-12-31T23:59:59", "2026-01-01T00:00:00"});
  EXPECT_EQ(kept(snapshots, {.yearly = 2}).size(), 2U);
  EXPECT_EQ(kept(snapshots, {.monthly = 1}), Names{"2026-01-01T00-00-00Z"});
}

TEST(Retention, WithinCountsBackFromTheSourcesNewest) {
  const auto snapshots =
      of_one_source({"2026-01-01T00:00:00", "2026-01-01T00:00:01", "2026-01-31T00:00:01"});
  const std::int64_t month = 30 * 86400;
  EXPECT_EQ(kept(snapshots, {.within = month}),
            (Names{"2026-01-01T00-00-01Z", "2026-01-31T00-00-01Z"}));
}

TEST(Retention, ReasonsNameSourceRuleAndPeriod) {
  const auto snapshots = of_one_source({"2026-11-19T04:00", "2026-11-20T02:00"});
  const RetentionPolicy policy{
      .last = 7, .hourly = 1, .daily = 2, .weekly = 1, .monthly = 1, .yearly = 1, .within = 3600};
  const auto decisions = judge(snapshots, policy, {});
  EXPECT_EQ(reasons_of(decisions, "2026-11-20T02-00-00Z"),
            (Names{"a.db: last 1 of 7", "a.db: hourly 2026-11-20T02", "a.db: daily 2026-11-20",
                   "a.db: weekly 2026-W47", "a.db: monthly 2026-11", "a.db: yearly 2026",
                   "a.db: within 1 h"}));
  EXPECT_EQ(reasons_of(decisions, "2026-11-19T04-00-00Z"),
            (Names{"a.db: last 2 of 7", "a.db: daily 2026-11-19"}));
}

TEST(Retention, TheLastOneOfASourceStaysUnderAnyPolicy) {
  const auto snapshots = of_one_source({"2026-01-01", "2026-01-02"});
  const auto decisions = judge(snapshots, RetentionPolicy{}, {});
  EXPECT_EQ(reasons_of(decisions, "2026-01-02T00-00-00Z"), Names{"a.db: last one"});
  EXPECT_TRUE(reasons_of(decisions, "2026-01-01T00-00-00Z").empty());
}

TEST(Retention, EachSourceIsJudgedAlone) {
  const std::vector<Snapshot> snapshots = {snapshot(at("2026-01-01"), {"rare.db"}),
                                           snapshot(at("2026-02-01"), {"often.db"}),
                                           snapshot(at("2026-02-02"), {"often.db"})};
  EXPECT_EQ(kept(snapshots, {.last = 1}), (Names{"2026-01-01T00-00-00Z", "2026-02-02T00-00-00Z"}));
}

TEST(Retention, ASnapshotOfSeveralSourcesStaysIfOneWantsIt) {
  const std::vector<Snapshot> snapshots = {snapshot(at("2026-01-01"), {"a.db", "b.db"}),
                                           snapshot(at("2026-01-02"), {"a.db"})};
  const auto decisions = judge(snapshots, {.last = 1}, {});
  EXPECT_EQ(reasons_of(decisions, "2026-01-01T00-00-00Z"), Names{"b.db: last 1 of 1"});
  EXPECT_EQ(reasons_of(decisions, "2026-01-02T00-00-00Z"), Names{"a.db: last 1 of 1"});
}

TEST(Retention, OneSourceAskedForLeavesTheOthersAlone) {
  const std::vector<Snapshot> snapshots = {
      snapshot(at("2026-01-01"), {"a.db", "b.db"}), snapshot(at("2026-01-02"), {"b.db"}),
      snapshot(at("2026-01-03"), {"a.db"}), snapshot(at("2026-01-04"), {"a.db"})};
  const auto decisions = judge(snapshots, {.last = 1}, "a.db");
  ASSERT_EQ(decisions.size(), 3U) << "the snapshot without a.db is not judged";
  EXPECT_EQ(reasons_of(decisions, "2026-01-01T00-00-00Z"), Names{"also holds b.db"});
  EXPECT_TRUE(reasons_of(decisions, "2026-01-03T00-00-00Z").empty());
  EXPECT_EQ(reasons_of(decisions, "2026-01-04T00-00-00Z"), Names{"a.db: last 1 of 1"});
}

TEST(Retention, AnUnknownSourceJudgesNothing) {
  EXPECT_TRUE(judge(of_one_source({"2026-01-01"}), {.last = 1}, "b.db").empty());
}

TEST(Retention, ARecordThatNamesNoSourceStays) {
  const std::vector<Snapshot> snapshots = {snapshot(at("2026-01-01"), {})};
  EXPECT_EQ(kept(snapshots, {.last = 1}).size(), 1U);
}

// A clock that stood wrong for one night: the snapshots around keep their places.
TEST(Retention, AClockThatJumpedTakesOnePlaceOnly) {
  std::vector<Snapshot> snapshots;
  for (int day = 1; day <= 20; ++day) {
    const Timestamp time{at("2026-01-01").seconds + (day - 1) * 86400};
    snapshots.push_back(snapshot(time, {"a.db"}));
  }
  snapshots.push_back(snapshot(at("2099-01-01"), {"a.db"}));
  snapshots.push_back(snapshot(at("1971-01-01"), {"a.db"}));
  EXPECT_EQ(kept(snapshots, {.daily = 7}),
            (Names{"2026-01-15T00-00-00Z", "2026-01-16T00-00-00Z", "2026-01-17T00-00-00Z",
                   "2026-01-18T00-00-00Z", "2026-01-19T00-00-00Z", "2026-01-20T00-00-00Z",
                   "2099-01-01T00-00-00Z"}));
}

// Ten years ahead for some nights: what was young before is as young afterwards.
TEST(Retention, AClockThatJumpsAheadEndsNoWindow) {
  const auto snapshots =
      of_one_source({"2026-01-01", "2026-01-20", "2026-01-21", "2036-01-21", "2036-01-22"});
  EXPECT_EQ(kept(snapshots, {.within = 7LL * 86400}),
            (Names{"2026-01-20T00-00-00Z", "2026-01-21T00-00-00Z", "2036-01-21T00-00-00Z",
                   "2036-01-22T00-00-00Z"}));
}

TEST(Retention, OfTheFutureIsWhatLiesMoreThanADayAhead) {
  const auto snapshots = of_one_source({"2026-01-01", "2026-01-03T00:00:01", "2026-01-02"});
  const Snapshot* const future = find_future(snapshots, at("2026-01-02"));
  ASSERT_NE(future, nullptr);
  EXPECT_EQ(future->name, "2026-01-03T00-00-01Z");
  EXPECT_EQ(find_future(snapshots, at("2026-01-02T00:00:01")), nullptr);
}

TEST(Retention, LeapDaysAndLongYears) {
  const auto leap =
      of_one_source({"2024-02-28T23:59:59", "2024-02-29", "2024-02-29T23:59:59", "2024-03-01"});
  EXPECT_EQ(kept(leap, {.daily = 9}),
            (Names{"2024-02-28T23-59-59Z", "2024-02-29T23-59-59Z", "2024-03-01T00-00-00Z"}));
  EXPECT_EQ(kept(leap, {.monthly = 9}), (Names{"2024-02-29T23-59-59Z", "2024-03-01T00-00-00Z"}));
  // 2026 has 53 ISO weeks; the last one ends on 2027-01-03.
  const auto long_year = of_one_source({"2026-12-27", "2026-12-28", "2027-01-03", "2027-01-04"});
  EXPECT_EQ(kept(long_year, {.weekly = 9}),
            (Names{"2026-12-27T00-00-00Z", "2027-01-03T00-00-00Z", "2027-01-04T00-00-00Z"}));
}

// --- properties, against a model that looks at every pair ------------------------------------

struct Rules {
  static std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
  }
  static std::int64_t hour(Timestamp t) { return floor_div(t.seconds, 3600); }
  static std::int64_t day(Timestamp t) { return floor_div(t.seconds, 86400); }
  static std::int64_t week(Timestamp t) { return floor_div(day(t) + 3, 7); }  // day 0: a Thursday
  static std::int64_t month(Timestamp t) { return calendar(t).tm_year * 12 + calendar(t).tm_mon; }
  static std::int64_t year(Timestamp t) { return calendar(t).tm_year; }

 private:
  static std::tm calendar(Timestamp t) {
    const std::time_t seconds = t.seconds;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return parts;
  }
};

bool newest_of_a_newest_period(const std::vector<Timestamp>& times, Timestamp own, unsigned count,
                               std::int64_t (*period)(Timestamp)) {
  std::set<std::int64_t> newer_periods;
  for (const Timestamp other : times) {
    if (other <= own) continue;
    if (period(other) == period(own)) return false;
    newer_periods.insert(period(other));
  }
  return newer_periods.size() < count;
}

// Seconds up to the newest, of which gaps of more than a year are none.
std::int64_t age(std::vector<Timestamp> times, Timestamp own) {
  std::erase_if(times, [own](Timestamp time) { return time < own; });
  std::sort(times.begin(), times.end());
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const std::int64_t gap = times[i].seconds - times[i - 1].seconds;
    if (gap <= 366LL * 86400) sum += gap;
  }
  return sum;
}

bool model_keeps(const std::vector<Timestamp>& times, Timestamp own,
                 const RetentionPolicy& policy) {
  const Timestamp newest = *std::max_element(times.begin(), times.end());
  const auto newer =
      std::count_if(times.begin(), times.end(), [&](Timestamp t) { return t > own; });
  return own == newest || newer < static_cast<std::int64_t>(policy.last) ||
         newest_of_a_newest_period(times, own, policy.hourly, Rules::hour) ||
         newest_of_a_newest_period(times, own, policy.daily, Rules::day) ||
         newest_of_a_newest_period(times, own, policy.weekly, Rules::week) ||
         newest_of_a_newest_period(times, own, policy.monthly, Rules::month) ||
         newest_of_a_newest_period(times, own, policy.yearly, Rules::year) ||
         (policy.within > 0 && age(times, own) <= policy.within);
}

class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {}

  std::vector<Snapshot> snapshots() {
    const std::vector<std::string> names = {"a.db", "b.db", "c.db"};
    std::set<std::int64_t> times;  // distinct: the model knows no order within one second
    std::int64_t now = below(4'000'000'000);
    for (std::int64_t left = below(120); left > 0; --left) {
      now += step();
      times.insert(now);
    }
    std::vector<Snapshot> made;
    for (const std::int64_t time : times) {
      std::vector<std::string> sources;
      for (const std::string& name : names) {
        if (below(2) == 0) sources.push_back(name);
      }
      if (sources.empty()) sources.push_back("a.db");
      made.push_back(snapshot({time}, sources));
    }
    std::shuffle(made.begin(), made.end(), random_);
    return made;
  }

  RetentionPolicy policy() {
    return {.last = count(),
            .hourly = count(),
            .daily = count(),
            .weekly = count(),
            .monthly = count(),
            .yearly = count(),
            .within = below(3) == 0 ? below(40LL * 86400) : 0};
  }

 private:
  std::int64_t below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
  }
  unsigned count() { return below(2) == 0 ? 0 : static_cast<unsigned>(below(6)); }
  // Mostly forward by minutes to days, now and then a jump of the clock either way.
  std::int64_t step() {
    if (below(15) == 0) return below(800LL * 86400) - 400LL * 86400;
    return below(3) == 0 ? below(4000) : below(3LL * 86400);
  }

  std::mt19937 random_;
};

std::vector<Timestamp> times_of(const std::vector<Snapshot>& snapshots, const std::string& source) {
  std::vector<Timestamp> times;
  for (const Snapshot& snapshot : snapshots) {
    for (const SourceInfo& info : snapshot.sources) {
      if (info.name == source) times.push_back(snapshot.time);
    }
  }
  return times;
}

TEST(RetentionProperties, DecisionsAreTheModels) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory random(seed);
    const std::vector<Snapshot> snapshots = random.snapshots();
    const RetentionPolicy policy = random.policy();
    const auto decisions = judge(snapshots, policy, {});
    ASSERT_EQ(decisions.size(), snapshots.size());
    for (const RetentionDecision& decision : decisions) {
      const auto found = std::find_if(snapshots.begin(), snapshots.end(),
                                      [&](const Snapshot& s) { return s.id == decision.id; });
      ASSERT_NE(found, snapshots.end());
      bool wanted = false;
      for (const SourceInfo& info : found->sources) {
        wanted = wanted || model_keeps(times_of(snapshots, info.name), found->time, policy);
      }
      ASSERT_EQ(decision.keep, wanted) << decision.name;
    }
  }
}

TEST(RetentionProperties, EverySourceKeepsItsNewestAndOrderIsOldestFirst) {
  for (unsigned seed = 1000; seed <= 1200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory random(seed);
    const std::vector<Snapshot> snapshots = random.snapshots();
    for (const std::optional<std::string>& source : {std::optional<std::string>{}, {"b.db"}}) {
      const auto decisions = judge(snapshots, random.policy(), source);
      std::map<SnapshotId, bool> keep;
      for (const RetentionDecision& decision : decisions) keep[decision.id] = decision.keep;
      for (const char* name : {"a.db", "b.db", "c.db"}) {
        const std::vector<Timestamp> times = times_of(snapshots, name);
        if (times.empty()) continue;
        const Timestamp newest = *std::max_element(times.begin(), times.end());
        for (const Snapshot& snapshot : snapshots) {
          if (snapshot.time == newest && keep.contains(snapshot.id)) {
            ASSERT_TRUE(keep[snapshot.id]) << name;
          }
        }
      }
      ASSERT_TRUE(std::is_sorted(decisions.begin(), decisions.end(),
                                 [](const auto& a, const auto& b) { return a.name < b.name; }));
    }
  }
}

// What a run at night removes, a second run finds nothing more to remove: judging what was kept
// keeps all of it, as long as the policy counts periods and not the order of removal.
TEST(RetentionProperties, JudgingWhatWasKeptKeepsIt) {
  for (unsigned seed = 2000; seed <= 2200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomHistory random(seed);
    std::vector<Snapshot> snapshots = random.snapshots();
    const RetentionPolicy policy = random.policy();
    const auto drop_removed = [&] {
      const auto decisions = judge(snapshots, policy, {});
      return std::erase_if(snapshots, [&](const Snapshot& snapshot) {
        return std::any_of(decisions.begin(), decisions.end(), [&](const RetentionDecision& d) {
          return d.id == snapshot.id && !d.keep;
        });
      });
    };
    drop_removed();
    ASSERT_EQ(drop_removed(), 0U);
  }
}

void attest(Snapshot& snapshot, const std::string& source, bool passed) {
  Attestation& made = snapshot.attestations.emplace_back();
  made.source = source;
  made.level = "full";
  made.passed = passed;
}

// A row of bad nights must not push the last good one out.
TEST(Retention, TheLastThatPassedItsVerificationStays) {
  std::vector<Snapshot> all = of_one_source(
      {"2026-11-01T02:00", "2026-11-02T02:00", "2026-11-03T02:00", "2026-11-04T02:00"});
  attest(all[0], "a.db", true);
  attest(all[1], "a.db", true);
  attest(all[2], "a.db", false);
  const std::vector<RetentionDecision> decisions = judge(all, {.last = 1}, {});
  EXPECT_EQ(kept(all, {.last = 1}), (Names{all[1].name, all[3].name}));
  EXPECT_EQ(reasons_of(decisions, all[1].name), Names{"a.db: last that passed its verification"});

  attest(all[3], "a.db", true);
  EXPECT_EQ(kept(all, {.last = 1}), Names{all[3].name}) << "the newest is as good";
}

TEST(Retention, EachSourceKeepsItsOwnLastThatPassed) {
  std::vector<Snapshot> all = {snapshot(at("2026-11-01"), {"a.db", "b.db"}),
                               snapshot(at("2026-11-02"), {"a.db", "b.db"}),
                               snapshot(at("2026-11-03"), {"a.db", "b.db"})};
  attest(all[0], "b.db", true);
  attest(all[1], "a.db", true);
  attest(all[1], "b.db", false);
  EXPECT_EQ(kept(all, {.last = 1}), (Names{all[0].name, all[1].name, all[2].name}));
}

Snapshot safety_snapshot(const std::string& time) {
  Snapshot made = snapshot(at(time), {"a.db.pre-restore"});
  made.tags = {kSafetyTag};
  return made;
}

// What a restore has replaced is a way back for a month, and no history of a source.
TEST(Retention, SafetySnapshotsGoByTheirAge) {
  std::vector<Snapshot> all = {safety_snapshot("2026-10-01"), safety_snapshot("2026-10-02")};
  EXPECT_EQ(kept(all, {.last = 1}).size(), 2U) << "nothing else is there";
  all.push_back(snapshot(at("2026-11-01"), {"a.db"}));
  EXPECT_EQ(kept(all, {.last = 1}), (Names{all[1].name, all[2].name}));
  EXPECT_EQ(kept(all, {.yearly = 9}), (Names{all[1].name, all[2].name}))
      << "no rule speaks of them";
  EXPECT_EQ(reasons_of(judge(all, {.last = 1}, {}), all[1].name),
            Names{"before a restore, within 30 d"});
  EXPECT_EQ(kept(all, {.last = 1}, "a.db"), Names{all[2].name});
  EXPECT_EQ(kept(all, {.last = 1}, "a.db.pre-restore"), Names{all[1].name});
}

}  // namespace
}  // namespace varve
