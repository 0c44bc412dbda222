#include "store/check/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "store/check/check_data.h"
#include "store/check/check_findings.h"
#include "store/check/check_names.h"
#include "store/check/check_parity.h"
#include "store/check/check_records.h"
#include "store/check/check_table.h"
#include "store/check/misplaced_packs.h"
#include "store/core/error.h"
#include "store/core/name_list.h"
#include "store/gc/manifest_walk.h"
#include "store/gc/orphans.h"
#include "store/repository/config_files.h"
#include "store/repository/losses.h"
#include "store/repository/session.h"

namespace varve {
namespace {

// All references that manifests hold, thinned out on the way: snapshots share most of theirs.
class NeededRefs {
 public:
  void add(std::span<const ChunkRef> refs) {
    refs_.insert(refs_.end(), refs.begin(), refs.end());
    if (refs_.size() < limit_) return;
    std::sort(refs_.begin(), refs_.end());
    refs_.erase(std::unique(refs_.begin(), refs_.end()), refs_.end());
    limit_ = std::max(limit_, 2 * refs_.size());
  }
  std::vector<ChunkRef> take() { return std::move(refs_); }

 private:
  std::vector<ChunkRef> refs_;
  std::size_t limit_ = 1u << 20;
};

struct UnreadableNode {
  ChunkRef ref;
  std::string why;
};

class Checking {
 public:
  Checking(Repository& repository, const CheckOptions& options)
      : repository_(repository),
        options_(options),
        generation_(repository.catalog().generation()) {}

  CheckResult run() {
    check_files();
    for (const std::string& line : repository_.catalog().check()) {
      findings_.blame_catalog();
      findings_.add(line);
    }
    check_lost();
    check_places();
    check_unknown();
    const std::vector<Snapshot> snapshots = check_records(repository_, findings_);
    result_.snapshots = snapshots.size();
    std::vector<ChunkRef> needed = walk(snapshots);
    const CheckTable table(repository_, findings_, std::move(needed), options_.stop);
    result_.chunks = table.size();
    const Dependents dependents(table);
    if (options_.read_data || options_.repair) read_data(table, dependents);
    report(snapshots, table, dependents);
    result_.catalog_is_damaged = findings_.catalog_is_damaged();
    return std::move(result_);
  }

 private:
  // What stands beside the catalog and is mended by itself.
  void check_files() {
    if (options_.repair) result_.mended = mend_config(repository_.path());
    for (const std::string& line : check_config(repository_.path())) findings_.add_mendable(line);
    const ParityCheck parity{.read_data = options_.read_data || options_.repair,
                             .percent = options_.repair ? 100 : options_.percent,
                             .repair = options_.repair,
                             .threads = options_.threads,
                             .stop = options_.stop};
    for (std::string& line : check_parity(repository_, parity, findings_)) {
      result_.mended.push_back(std::move(line));
    }
  }

  // Somebody's data that would be garbage to a catalog that is believed.
  void check_unknown() {
    const std::vector<std::string> unknown = find_unknown(repository_);
    if (unknown.empty()) return;
    findings_.blame_catalog();
    findings_.add("catalog: it does not know " + name_list(unknown, 10));
  }

  // The list of lost chunks: what is lost in fact, the walk over the manifests tells.
  void check_lost() {
    try {
      read_lost(repository_.path());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      findings_.add(error.what());
    }
  }

  void check_places() {
    for (const StrangeFile& file : find_strange_files(repository_.blobs(), repository_.catalog())) {
      findings_.add(file.pack
                        ? fmt::format("{} is the pack {}, in another place: 'varve repair packs' "
                                      "puts it back",
                                      file.name, to_hex(file.pack->view()))
                        : fmt::format("{} is no pack: move it elsewhere", file.name));
    }
  }

  std::vector<ChunkRef> walk(const std::vector<Snapshot>& snapshots) {
    NeededRefs needed;
    ManifestWalk walk(repository_, options_.threads, options_.stop);
    walk.walk(snapshots, {.references = [&](auto refs) { needed.add(refs); },
                          .unreadable =
                              [&](const ChunkRef& node, const Error& why) {
                                if (why.code() != ErrorCode::corrupt) throw Error(why);
                                unreadable_.push_back({node, why.what()});
                              }});
    return needed.take();
  }

  void read_data(const CheckTable& table, const Dependents& dependents) {
    const DataOptions options{.percent = options_.repair ? 100 : options_.percent,
                              .threads = options_.threads,
                              .progress = options_.progress,
                              .stop = options_.stop};
    const DataRead read = read_chunks(repository_, table, dependents, options, findings_);
    result_.read_chunks = read.chunks;
    result_.raw_bytes = read.raw_bytes;
  }

  void report(const std::vector<Snapshot>& snapshots, const CheckTable& table,
              const Dependents& dependents) {
    std::vector<Finding> findings = findings_.take();
    add_nodes(table, dependents, findings);
    if (findings.empty()) return;
    const std::vector<Snapshot> present = still_there(snapshots);
    name_files(repository_, table, dependents, present, findings, options_.stop);
    // What a gc took away under our eyes, because its snapshot was forgotten, is no damage.
    const bool changed = repository_.catalog().generation() != generation_;
    for (Finding& finding : findings) {
      if (changed && !finding.chunks.empty() && finding.files.empty()) continue;
      result_.damage.push_back(
          {std::move(finding.what), std::move(finding.files), finding.is_mendable});
    }
  }

  // Nodes that could not be read though no finding so far tells why.
  void add_nodes(const CheckTable& table, const Dependents& dependents,
                 std::vector<Finding>& findings) {
    if (unreadable_.empty()) return;
    std::vector<bool> hurt(table.size());
    std::vector<ChunkNumber> waiting;
    for (const Finding& finding : findings) {
      waiting.insert(waiting.end(), finding.chunks.begin(), finding.chunks.end());
    }
    while (!waiting.empty()) {
      const ChunkNumber next = waiting.back();
      waiting.pop_back();
      if (hurt[next]) continue;
      hurt[next] = true;
      for (const ChunkNumber dependent : dependents.of(next)) waiting.push_back(dependent);
    }
    for (const UnreadableNode& node : unreadable_) {
      const std::optional<ChunkNumber> number = table.find(node.ref);
      if (number && hurt[*number]) continue;
      findings.push_back(
          {.what = "a manifest cannot be read: " + node.why, .chunks = {}, .files = {}});
      if (number) findings.back().chunks.push_back(*number);
    }
  }

  std::vector<Snapshot> still_there(std::vector<Snapshot> snapshots) {
    if (repository_.catalog().generation() == generation_) return snapshots;
    std::erase_if(snapshots, [&](const Snapshot& snapshot) {
      return !repository_.catalog().snapshot(snapshot.id);
    });
    return snapshots;
  }

  Repository& repository_;
  const CheckOptions& options_;
  const std::uint64_t generation_;
  Findings findings_;
  std::vector<UnreadableNode> unreadable_;
  CheckResult result_;
};

}  // namespace

CheckResult check(Repository& repository, const CheckOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  CheckResult result;
  std::optional<FileLock> gc;  // what it takes away must not be written anew
  if (options.repair) gc = lock_gc(repository);
  try {
    result = Checking(repository, options).run();
  } catch (const Error& error) {
    // A catalog so damaged that it does not answer.
    if (error.code() != ErrorCode::corrupt) throw;
    result.damage.push_back({.what = error.what(), .files = {}});
    result.catalog_is_damaged = true;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace varve
