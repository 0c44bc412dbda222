#include "store/check/check_names.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/transform/manifest.h"

namespace varve {
namespace {

using FindingNumbers = std::set<std::size_t>;

class Naming {
 public:
  Naming(Repository& repository, const CheckTable& table, const Dependents& dependents,
         std::vector<Finding>& findings)
      : repository_(repository), table_(table), dependents_(dependents), findings_(findings) {
    for (std::size_t i = 0; i < findings.size(); ++i) {
      for (const ChunkNumber chunk : findings[i].chunks) hurt(chunk, i);
    }
  }

  void name(const Snapshot& snapshot) {
    for (const FileEntry& file : snapshot.files) {
      if (!file.root) continue;
      for (const std::size_t i : below(*file.root, file.levels)) {
        findings_[i].files.push_back(snapshot.name + ":" + file.path);
      }
    }
  }

 private:
  void hurt(ChunkNumber chunk, std::size_t finding) {
    std::vector<ChunkNumber> waiting = {chunk};
    while (!waiting.empty()) {
      const ChunkNumber next = waiting.back();
      waiting.pop_back();
      if (!hurt_[table_[next].ref].insert(finding).second) continue;
      for (const ChunkNumber dependent : dependents_.of(next)) waiting.push_back(dependent);
    }
  }

  // The findings that hurt a chunk (level 0) or anything under a node.
  const FindingNumbers& below(const ChunkRef& ref, std::uint8_t level) {
    if (level == 0) return of_chunk(ref);
    const auto known = nodes_.find(ref);
    if (known != nodes_.end()) return known->second;
    FindingNumbers found = of_chunk(ref);
    if (found.empty()) found = below_children(ref, level);
    return nodes_[ref] = std::move(found);
  }

  const FindingNumbers& of_chunk(const ChunkRef& ref) const {
    static const FindingNumbers none;
    const auto found = hurt_.find(ref);
    return found == hurt_.end() ? none : found->second;
  }

  FindingNumbers below_children(const ChunkRef& ref, std::uint8_t level) {
    FindingNumbers found;
    ManifestNode node;
    try {
      node = decode_node(*repository_.chunks().read(ref), level);
    } catch (const Error& error) {
      // Forgotten and collected since; a node that is damaged stands in hurt_.
      if (error.code() != ErrorCode::corrupt) throw;
      return found;
    }
    for (const ChunkRef& child : node.refs) {
      const FindingNumbers& more = below(child, static_cast<std::uint8_t>(level - 1));
      found.insert(more.begin(), more.end());
    }
    return found;
  }

  Repository& repository_;
  const CheckTable& table_;
  const Dependents& dependents_;
  std::vector<Finding>& findings_;
  std::unordered_map<ChunkRef, FindingNumbers> hurt_;   // chunks
  std::unordered_map<ChunkRef, FindingNumbers> nodes_;  // with all that is below
};

}  // namespace

void name_files(Repository& repository, const CheckTable& table, const Dependents& dependents,
                const std::vector<Snapshot>& snapshots, std::vector<Finding>& findings,
                const std::stop_token& stop) {
  Naming naming(repository, table, dependents, findings);
  for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
    throw_if_stopped(stop);
    naming.name(*snapshot);
  }
}

}  // namespace varve
