#include "tools/cli/prove_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/core/read_only.h"
#include "store/repository/reader_session.h"
#include "tools/cli/host_name.h"
#include "tools/cli/progress.h"
#include "tools/cli/proving.h"
#include "tools/cli/shared_progress.h"
#include "tools/process/available_memory.h"
#include "tools/sources/rdb_recognition.h"

namespace varve::cli {
namespace {

// Each takes a second thread for the hash.
constexpr unsigned kSourcesAtOnce = 2;

// For the pages of one database: somebody waits for this, and a quarter of what nobody else uses
// harms nobody. Never less than a night's verification takes.
std::size_t memory_for_each(std::size_t tasks) {
  constexpr std::uint64_t kMost = std::uint64_t{2} << 30;
  const std::uint64_t all = std::min(available_memory() / 4, kMost);
  const std::size_t at_once = std::clamp<std::size_t>(tasks, 1, kSourcesAtOnce);
  return std::max<std::size_t>(all / at_once, ProvingRequest().memory);
}

// For the whole time: what somebody forgets meanwhile can be read to its end.
void pin(ReaderSession& session, const std::vector<ProofTask>& tasks) {
  std::vector<Snapshot> snapshots;
  const Snapshot* last = nullptr;
  for (const ProofTask& task : tasks) {
    if (task.snapshot != last) snapshots.push_back(*task.snapshot);
    last = task.snapshot;
  }
  session.pin(snapshots);
}

ProofReport::Line line_for(const ProofTask& task) {
  const SourceInfo& source = task.snapshot->sources[task.source];
  ProofReport::Line line;
  line.snapshot = task.snapshot->name;
  line.time = task.snapshot->time;
  line.source = source.name;
  line.kind = source.kind;
  line.has_keys = is_rdb_source(*task.snapshot, task.source);
  for (const FileEntry& file : task.snapshot->files) {
    if (file.source == task.source) line.raw_bytes += file.size;
  }
  return line;
}

// What was taken over may have been so before, or be of this snapshot itself.
bool is_attested(const Snapshot& snapshot, const Attestation& proof) {
  return std::ranges::any_of(snapshot.attestations, [&](const Attestation& one) {
    return one.source == proof.source && one.level == proof.level && one.passed == proof.passed &&
           one.time == proof.time && one.taken_from == proof.taken_from;
  });
}

class Proofs {
 public:
  Proofs(Repository& repository, const std::vector<ProofTask>& tasks, KnownProofs& known,
         const ProofSettings& settings, SharedProgress& progress)
      : repository_(repository),
        tasks_(tasks),
        known_(known),
        settings_(settings),
        progress_(progress),
        memory_(memory_for_each(tasks.size())) {
    for (const ProofTask& task : tasks_) lines_.push_back(line_for(task));
  }

  // One thread a task; each has a line of its own.
  void run(std::size_t i) {
    const ProofTask& task = tasks_[i];
    try {
      lines_[i].proof = proof_of(task, i);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      lines_[i].error = error.what();
    }
    progress_.show(i, lines_[i].raw_bytes, lines_[i].raw_bytes);
  }

  std::vector<ProofReport::Line> take() { return std::move(lines_); }

 private:
  Attestation proof_of(const ProofTask& task, std::size_t i) {
    const KnownProofs::Claim claim = known_.claim(*task.snapshot, task.source, settings_.stop);
    if (auto known = known_.find(*task.snapshot, task.source, settings_.level, task.assertions)) {
      if (!is_attested(*task.snapshot, *known)) attest(task, *known);
      return std::move(*known);
    }
    ProvingRequest request;
    request.level = settings_.level;
    request.assertions = task.assertions;
    request.since = settings_.since;
    request.memory = memory_;
    request.stop = settings_.stop;
    request.progress = [this, i](std::uint64_t done, std::uint64_t all) {
      progress_.show(i, done, all);
    };
    Attestation proof = prove(repository_, *task.snapshot, task.source, request);
    attest(task, proof);
    known_.add(*task.snapshot, proof);
    return proof;
  }

  void attest(const ProofTask& task, const Attestation& proof) {
    if (!is_read_only(repository_.path())) repository_.attest(task.snapshot->id, {proof});
  }

  Repository& repository_;
  const std::vector<ProofTask>& tasks_;
  KnownProofs& known_;
  const ProofSettings& settings_;
  SharedProgress& progress_;
  const std::size_t memory_;  // bytes, for each proof
  std::vector<ProofReport::Line> lines_;
};

}  // namespace

ProofReport prove_all(CommandLine& line, Repository& repository,
                      const std::vector<ProofTask>& tasks, KnownProofs& known,
                      const ProofSettings& settings) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  if (is_read_only(repository.path())) {
    line.warn(fmt::format("{} is on a read-only filesystem: what this proves is not recorded there",
                          repository.path().native()));
  }
  ReaderSession session(repository, "varve verify");
  pin(session, tasks);
  Progress display("verifying", !line.global.quiet);
  SharedProgress progress(tasks.size(),
                          [&](std::uint64_t done, std::uint64_t all) { display.show(done, all); });
  Proofs proofs(repository, tasks, known, settings, progress);
  const unsigned threads = settings.level == "drill" ? 1 : kSourcesAtOnce;
  for_each_index(tasks.size(), threads, settings.stop, [&](std::size_t i) { proofs.run(i); });
  display.wipe();

  ProofReport report;
  report.repository = repository.path();
  report.host = host_name();
  report.time = Timestamp::now();
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  report.lines = proofs.take();
  return report;
}

int print_report(CommandLine& line, const ProofReport& report) {
  for (const std::string& warning : proof_warnings(report)) line.warn(warning);
  line.print_facts(proof_json(report), [&] { return proof_text(report); });
  return report.exit_status();
}

std::vector<std::string> recorded_assertions(const Snapshot& snapshot, const std::string& source) {
  std::vector<std::string> statements;
  for (auto it = snapshot.attestations.rbegin(); it != snapshot.attestations.rend(); ++it) {
    if (it->source != source || it->assertions.empty()) continue;
    for (const Assertion& assertion : it->assertions) statements.push_back(assertion.sql);
    break;
  }
  return statements;
}

}  // namespace varve::cli
