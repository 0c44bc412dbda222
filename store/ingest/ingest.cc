#include "store/ingest/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <numeric>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/ingest/snapshot_writer.h"
#include "store/repository/losses.h"
#include "store/repository/session.h"
#include "store/snapshots/retention.h"

namespace varve {
namespace {

// A source, and what the last snapshot has of it.
struct Candidate {
  std::unique_ptr<Source> source;
  Bytes fingerprint;
  std::shared_ptr<const Snapshot> last;
  bool unchanged = false;
};

const SourceInfo* find_source(const Snapshot& snapshot, const std::string& name) {
  const auto found = std::ranges::find(snapshot.sources, name, &SourceInfo::name);
  return found == snapshot.sources.end() ? nullptr : &*found;
}

bool is_unchanged(const Candidate& candidate, const IngestRequest& request) {
  if (!candidate.last || candidate.fingerprint.empty()) return false;
  const SourceInfo* info = find_source(*candidate.last, candidate.source->name());
  return info->fingerprint == candidate.fingerprint && info->kind == candidate.source->kind() &&
         info->location == candidate.source->location() &&
         (!request.acceptable || request.acceptable(*candidate.last));
}

void refuse_duplicates(const std::vector<Candidate>& candidates) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t j = i + 1; j < candidates.size(); ++j) {
      if (candidates[i].source->name() == candidates[j].source->name()) {
        throw Error(ErrorCode::usage,
                    fmt::format("{} and {} would both be named '{}' in the snapshot",
                                candidates[i].source->location(), candidates[j].source->location(),
                                candidates[i].source->name()));
      }
    }
  }
}

std::vector<std::string> names_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates) names.push_back(candidate.source->name());
  return names;
}

// The Error of one source, its name in front where the message does not tell which one it is.
Error name_source(const Source& source, const Error& error) {
  const std::string message = error.what();
  const auto says = [&](const std::string& word) { return message.find(word) != message.npos; };
  const bool is_clear = error.code() == ErrorCode::interrupted || says(source.name()) ||
                        (!source.location().empty() && says(source.location()));
  return is_clear
             ? error
             : Error(error.code(), fmt::format("{}: {}", source.name(), message), error.context());
}

// Sources that are read at the same time, besides those that keep somebody waiting.
constexpr unsigned kSourceThreads = 4;

// The order in which sources get a thread: those first that keep somebody waiting.
struct Turns {
  std::vector<std::size_t> order;
  unsigned threads = kSourceThreads;
};

Turns turns_of(const std::vector<Candidate>& candidates) {
  Turns turns;
  turns.order.resize(candidates.size());
  std::iota(turns.order.begin(), turns.order.end(), 0);
  // Without ranges: clang 14, which the fuzz targets are built with, cannot read GCC 12's.
  const auto rest =
      std::stable_partition(turns.order.begin(), turns.order.end(), [&](std::size_t number) {
        const Candidate& candidate = candidates[number];
        return !candidate.unchanged && candidate.source->keeps_somebody_waiting();
      });
  turns.threads += static_cast<unsigned>(rest - turns.order.begin());
  return turns;
}

// Calls work(number, candidate) for all, some at the same time. The first failure asks `halt` and
// thereby the others to stop; it is thrown when all have.
void for_each_source(std::vector<Candidate>& candidates, const IngestRequest& request,
                     const std::function<void()>& halt,
                     const std::function<void(std::size_t, Candidate&)>& work) {
  std::mutex mutex;
  std::exception_ptr first;  // guarded by mutex
  const auto note = [&](std::exception_ptr failure) {
    {
      const std::lock_guard lock(mutex);
      if (!first) first = std::move(failure);
    }
    std::stop_source(request.halt).request_stop();
    halt();
  };
  const Turns turns = turns_of(candidates);
  try {
    for_each_index(candidates.size(), turns.threads, request.stop, [&](std::size_t turn) {
      const std::size_t number = turns.order[turn];
      try {
        work(number, candidates[number]);
      } catch (const Error& error) {
        note(std::make_exception_ptr(name_source(*candidates[number].source, error)));
        throw;
      } catch (...) {
        note(std::current_exception());
        throw;
      }
    });
  } catch (...) {
    if (first) std::rethrow_exception(first);
    throw;
  }
}

// `warnings`: of snapshots that cannot be read. A backup is worth more than what it shares with
// one of them.
std::vector<Candidate> examine(Repository& repository, IngestRequest& request,
                               std::vector<std::string>& warnings) {
  std::vector<Candidate> candidates;
  for (std::unique_ptr<Source>& source : request.sources) {
    candidates.push_back({.source = std::move(source), .fingerprint = {}, .last = {}});
  }
  refuse_duplicates(candidates);
  Repository::Latest latest = repository.latest_of(names_of(candidates));
  const std::vector<std::shared_ptr<const Snapshot>>& last = latest.snapshots;
  std::ranges::move(latest.unreadable, std::back_inserter(warnings));
  const bool may_be_lost = may_have_losses(repository.path());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const bool is_doubtful = may_be_lost && last[i];
    candidates[i].last =
        is_doubtful ? trusted(repository, last[i], candidates[i].source->name()) : last[i];
  }
  for_each_source(
      candidates, request, [] {},
      [&](std::size_t, Candidate& candidate) {
        if (candidate.last) candidate.source->continue_from(*candidate.last);
        candidate.fingerprint = candidate.source->fingerprint();
        candidate.unchanged = is_unchanged(candidate, request);
      });
  return candidates;
}

// Nothing to do: the newest of the snapshots that hold the sources as they are.
IngestResult nothing_new(std::vector<Candidate>& candidates) {
  const auto newest = std::ranges::max_element(
      candidates, {}, [](const Candidate& candidate) { return candidate.last->time; });
  IngestResult result;
  result.snapshot = *newest->last;
  result.unchanged = true;
  return result;
}

// A verification of the same bytes holds for the snapshot that takes them over.
void carry_attestations(Repository& repository, const std::vector<Candidate>& candidates,
                        Snapshot& snapshot) {
  std::vector<Attestation> carried;
  for (const Candidate& candidate : candidates) {
    if (!candidate.unchanged) continue;
    for (const Attestation& attestation : candidate.last->attestations) {
      if (attestation.source != candidate.source->name()) continue;
      Attestation& one = carried.emplace_back(attestation);
      if (one.taken_from.empty()) one.taken_from = candidate.last->name;
    }
  }
  if (carried.empty()) return;
  repository.attest(snapshot.id, carried);
  std::ranges::move(carried, std::back_inserter(snapshot.attestations));
}

// The snapshot is there: what fails now is no reason to say that it is not.
void carry_attestations(Repository& repository, const std::vector<Candidate>& candidates,
                        IngestResult& result) {
  try {
    carry_attestations(repository, candidates, result.snapshot);
  } catch (const Error& error) {
    result.warnings.push_back(
        fmt::format("what is proven of unchanged sources was not recorded: {}", error.what()));
  }
}

std::vector<FileLock> lock_sources(Repository& repository,
                                   const std::vector<Candidate>& candidates) {
  std::vector<std::string> names = names_of(candidates);
  std::ranges::sort(names);
  std::vector<FileLock> locks;
  for (const std::string& name : names) locks.push_back(lock_source(repository, name));
  return locks;
}

// Now, but not before the newest snapshot, so that the order of times is that of backups: a clock
// that was set back a little is waited for. Where it was more than a little, the clock is right for
// all that is known here, or was wrong: that is said.
Timestamp next_time(Repository& repository, std::vector<std::string>& warnings) {
  const Timestamp now = Timestamp::now();
  Timestamp time = now;
  repository.catalog().visit_snapshots([&](const SnapshotRow& newest) {
    const bool is_future = newest.time.seconds - now.seconds > kClockTolerance;
    if (!is_future) {
      time = std::max(now, newest.time);
    } else if (warnings.empty()) {
      warnings.push_back(fmt::format(
          "the snapshot {} lies in the future of this machine's clock, {}: 'latest' means that "
          "one, "
          "and no policy forgets anything; set the clock right, or forget it by its name",
          newest.name, to_iso(now)));
    }
    return is_future;
  });
  return time;
}

IngestResult take(Repository& repository, std::vector<Candidate>& candidates,
                  const IngestRequest& request, std::uint64_t epoch) {
  Trail trail(repository.path());
  SnapshotWriter writer(repository, epoch, trail, request, candidates.size());
  const auto halt = [&] { writer.halt(); };
  // All read points are opened before the first byte is copied.
  for_each_source(candidates, request, halt, [](std::size_t, Candidate& candidate) {
    if (!candidate.unchanged) candidate.source->open();
  });
  std::vector<std::string> warnings;
  const Timestamp time = request.time ? *request.time : next_time(repository, warnings);
  for_each_source(candidates, request, halt, [&](std::size_t number, Candidate& candidate) {
    if (candidate.unchanged) {
      writer.take_over(number, *candidate.last, candidate.source->name());
    } else {
      writer.copy(number, *candidate.source, candidate.fingerprint, candidate.last.get());
    }
  });
  IngestResult result = writer.commit(time);
  trail.finish();
  std::ranges::move(warnings, std::back_inserter(result.warnings));
  carry_attestations(repository, candidates, result);
  return result;
}

}  // namespace

IngestResult ingest(Repository& repository, IngestRequest request) {
  const auto start = std::chrono::steady_clock::now();
  if (request.sources.empty()) throw Error(ErrorCode::usage, "no source was named");

  const IngestSession session(repository);  // from here on gc keeps what we may come to share
  std::vector<std::string> warnings;
  std::vector<Candidate> candidates = examine(repository, request, warnings);
  const bool unchanged = std::ranges::all_of(candidates, &Candidate::unchanged);

  IngestResult result;
  if (unchanged && !request.even_if_unchanged) {
    result = nothing_new(candidates);
  } else {
    const std::vector<FileLock> locks = lock_sources(repository, candidates);
    result = take(repository, candidates, request, session.epoch());
  }
  for (const Candidate& candidate : candidates) {
    if (candidate.unchanged) result.unchanged_sources.push_back(candidate.source->name());
  }
  std::ranges::move(warnings, std::back_inserter(result.warnings));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  result.seconds = elapsed.count();
  return result;
}

}  // namespace varve
