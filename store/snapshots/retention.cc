#include "store/snapshots/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "store/snapshots/proof.h"
#include "store/snapshots/snapshot_name.h"

namespace varve {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

sys_days day_of(Timestamp time) {
  return std::chrono::floor<days>(std::chrono::sys_seconds(std::chrono::seconds(time.seconds)));
}

// The periods of the calendar, as the text that tells two of them apart and that people read.

std::string hour_name(Timestamp time) {
  return to_iso(time).substr(0, std::string_view("2026-11-20T02").size());
}

std::string day_name(Timestamp time) {
  return to_iso(time).substr(0, std::string_view("2026-11-20").size());
}

std::string week_name(Timestamp time) {
  // ISO 8601: a week belongs to the year that holds its Thursday.
  const sys_days day = day_of(time);
  const unsigned weekday = std::chrono::weekday(day).iso_encoding();  // Monday is 1
  const sys_days thursday = day + days(4 - static_cast<int>(weekday));
  const std::chrono::year year = year_month_day(thursday).year();
  const sys_days first = year / std::chrono::January / 1;
  return fmt::format("{:04}-W{:02}", static_cast<int>(year), (thursday - first).count() / 7 + 1);
}

std::string month_name(Timestamp time) {
  return to_iso(time).substr(0, std::string_view("2026-11").size());
}

std::string year_name(Timestamp time) {
  return to_iso(time).substr(0, std::string_view("2026").size());
}

std::string span_name(std::int64_t seconds) {
  constexpr std::int64_t day = 86400;
  if (seconds % day == 0) return fmt::format("{} d", seconds / day);
  if (seconds % 3600 == 0) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} s", seconds);
}

// Numbers behind a name (".2", ".10") count as numbers.
bool is_older(const Snapshot& a, const Snapshot& b) {
  if (a.time != b.time) return a.time < b.time;
  if (a.name.size() != b.name.size()) return a.name.size() < b.name.size();
  return a.name < b.name;
}

constexpr std::int64_t kLongestGap = 366 * std::int64_t{86400};  // seconds

using Reasons = std::map<const Snapshot*, std::vector<std::string>>;

// Judges the snapshots of one source, and adds to `reasons` why each that it wants stays.
class SourceJudge {
 public:
  // `newest_first` must not be empty.
  SourceJudge(std::string source, std::vector<const Snapshot*> newest_first, Reasons& reasons)
      : source_(std::move(source)), newest_first_(std::move(newest_first)), reasons_(reasons) {}

  void apply(const RetentionPolicy& policy) {
    keep_last(policy.last);
    keep_periods(policy.hourly, "hourly", hour_name);
    keep_periods(policy.daily, "daily", day_name);
    keep_periods(policy.weekly, "weekly", week_name);
    keep_periods(policy.monthly, "monthly", month_name);
    keep_periods(policy.yearly, "yearly", year_name);
    keep_within(policy.within);
    if (!newest_is_kept_) keep(newest_first_.front(), "last one");
    keep_proven();
  }

 private:
  void keep(const Snapshot* snapshot, const std::string& why) {
    reasons_[snapshot].push_back(source_ + ": " + why);
    kept_.insert(snapshot);
    if (snapshot == newest_first_.front()) newest_is_kept_ = true;
  }

  void keep_last(unsigned count) {
    const std::size_t kept = std::min<std::size_t>(count, newest_first_.size());
    for (std::size_t i = 0; i < kept; ++i) {
      keep(newest_first_[i], fmt::format("last {} of {}", i + 1, count));
    }
  }

  void keep_periods(unsigned count, std::string_view rule,
                    const std::function<std::string(Timestamp)>& period_of) {
    std::string period;
    unsigned kept = 0;
    for (const Snapshot* snapshot : newest_first_) {
      if (kept == count) return;
      std::string own = period_of(snapshot->time);
      if (own == period) continue;
      period = std::move(own);
      keep(snapshot, fmt::format("{} {}", rule, period));
      ++kept;
    }
  }

  void keep_within(std::int64_t seconds) {
    if (seconds <= 0) return;
    std::int64_t age = 0;
    std::int64_t later = newest_first_.front()->time.seconds;
    for (const Snapshot* snapshot : newest_first_) {
      const std::int64_t gap = later - snapshot->time.seconds;
      if (gap <= kLongestGap) age += gap;
      if (age > seconds) return;
      later = snapshot->time.seconds;
      keep(snapshot, "within " + span_name(seconds));
    }
  }

  // What is newer may have failed its verification, or never had one.
  void keep_proven() {
    for (const Snapshot* snapshot : newest_first_) {
      if (!is_proven_enough(snapshot->verified(source_), "quick")) continue;
      if (!kept_.contains(snapshot)) keep(snapshot, "last that passed its verification");
      return;
    }
  }

  std::string source_;
  std::vector<const Snapshot*> newest_first_;
  Reasons& reasons_;
  std::set<const Snapshot*> kept_;
  bool newest_is_kept_ = false;
};

bool holds(const Snapshot& snapshot, std::string_view source) {
  return std::any_of(snapshot.sources.begin(), snapshot.sources.end(),
                     [&](const SourceInfo& info) { return info.name == source; });
}

// Snapshots by the name of each source that they hold, newest first.
std::map<std::string, std::vector<const Snapshot*>> by_source(
    const std::vector<const Snapshot*>& oldest_first) {
  std::map<std::string, std::vector<const Snapshot*>> sources;
  for (auto it = oldest_first.rbegin(); it != oldest_first.rend(); ++it) {
    if (is_safety_snapshot(**it)) continue;
    for (const SourceInfo& info : (*it)->sources) sources[info.name].push_back(*it);
  }
  return sources;
}

// `all`: every snapshot, so that they age by what was stored behind them.
void keep_safety_snapshots(const std::vector<Snapshot>& all,
                           const std::vector<const Snapshot*>& judged, Reasons& reasons) {
  std::optional<Timestamp> newest;
  for (const Snapshot& snapshot : all) {
    if (is_safety_snapshot(snapshot)) continue;
    if (!newest || newest->seconds < snapshot.time.seconds) newest = snapshot.time;
  }
  for (const Snapshot* snapshot : judged) {
    if (!is_safety_snapshot(*snapshot)) continue;
    const bool is_old = newest && newest->seconds - snapshot->time.seconds > kSafetyAge;
    if (is_old) continue;
    reasons[snapshot].push_back("before a restore, within " + span_name(kSafetyAge));
  }
}

// With one source judged, the others of its snapshots were not asked: they stay.
void keep_company(const std::vector<const Snapshot*>& judged, const std::string& source,
                  Reasons& reasons) {
  for (const Snapshot* snapshot : judged) {
    for (const SourceInfo& info : snapshot->sources) {
      if (info.name != source) reasons[snapshot].push_back("also holds " + info.name);
    }
  }
}

}  // namespace

const Snapshot* find_future(const std::vector<Snapshot>& snapshots, Timestamp now) {
  const auto found = std::ranges::find_if(snapshots, [&](const Snapshot& snapshot) {
    return snapshot.time.seconds - now.seconds > kClockTolerance;
  });
  return found == snapshots.end() ? nullptr : &*found;
}

bool RetentionPolicy::empty() const {
  return last == 0 && hourly == 0 && daily == 0 && weekly == 0 && monthly == 0 && yearly == 0 &&
         within <= 0;
}

std::vector<RetentionDecision> judge(const std::vector<Snapshot>& snapshots,
                                     const RetentionPolicy& policy,
                                     const std::optional<std::string>& source) {
  std::vector<const Snapshot*> judged;
  for (const Snapshot& snapshot : snapshots) {
    if (!source || holds(snapshot, *source)) judged.push_back(&snapshot);
  }
  std::stable_sort(judged.begin(), judged.end(),
                   [](const Snapshot* a, const Snapshot* b) { return is_older(*a, *b); });

  Reasons reasons;
  for (auto& [name, newest_first] : by_source(judged)) {
    if (source && name != *source) continue;
    SourceJudge(name, std::move(newest_first), reasons).apply(policy);
  }
  keep_safety_snapshots(snapshots, judged, reasons);
  if (source) keep_company(judged, *source, reasons);

  std::vector<RetentionDecision> decisions;
  decisions.reserve(judged.size());
  for (const Snapshot* snapshot : judged) {
    std::vector<std::string> why = std::move(reasons[snapshot]);
    if (snapshot->sources.empty()) why.emplace_back("names no source");
    decisions.push_back({snapshot->id, snapshot->name, !why.empty(), std::move(why)});
  }
  return decisions;
}

}  // namespace varve
