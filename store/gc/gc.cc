#include "store/gc/gc.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "store/blob/parity_backend.h"
#include "store/core/error.h"
#include "store/core/name_list.h"
#include "store/core/parallel.h"
#include "store/gc/gc_plan.h"
#include "store/gc/kept_bases.h"
#include "store/gc/mark.h"
#include "store/gc/orphans.h"
#include "store/gc/pack_use.h"
#include "store/gc/repack.h"
#include "store/repository/config_files.h"
#include "store/repository/record_files.h"
#include "store/repository/reserve.h"
#include "store/repository/session.h"

namespace varve {
namespace {

// How often gc looks again where snapshots come or go while it looks.
constexpr int kLooks = 8;

// What gc knows after one look at the repository, and what it means to take away.
struct Look {
  std::uint64_t generation = 0;
  KeySet live;
  Usage usage;
  std::vector<PackUse> chosen;
};

class Collection {
 public:
  Collection(Repository& repository, const GcOptions& options)
      : repository_(repository), catalog_(repository.catalog()), options_(options) {}

  GcResult run() {
    require_sound_roots();
    require_no_unknown();
    Leftovers leftovers = find_leftovers(repository_);
    sweep(leftovers);
    Look look = this->look();
    if (look.usage.complete) take_packs(leftovers);
    std::vector<PackUse> ready = condemn(look);
    for (int looks = 1; catalog_.generation() != look.generation; ++looks) {
      if (looks == kLooks) {
        ready.clear();
        break;
      }
      look = this->look();
      ready = condemn(look);
    }
    keep_bases(look.usage, look.live, ready);
    let_stay(look, ready);
    count(look, ready);
    if (!options_.dry_run) take_away(look, ready);
    return result_;
  }

 private:
  void require_sound_roots() {
    const std::vector<std::string> wrong = catalog_.check_roots();
    if (wrong.empty()) return;
    throw Error(ErrorCode::corrupt,
                fmt::format("nothing is given back, as what the catalog does not know would be "
                            "taken for garbage: {}; 'varve repair catalog' makes it anew from "
                            "packs and records",
                            wrong.front()));
  }

  void require_no_unknown() {
    const std::vector<std::string> unknown = find_unknown(repository_);
    if (unknown.empty()) return;
    throw Error(ErrorCode::corrupt,
                fmt::format("nothing is given back, as the catalog does not know {}, and what that "
                            "needs would be taken for garbage; 'varve repair catalog' takes it in",
                            name_list(unknown, 3)));
  }

  // What earlier runs and crashes left beside the packs.
  void sweep(const Leftovers& leftovers) {
    result_.freed_bytes += leftovers.record_bytes;
    if (!options_.dry_run) remove_record_files(repository_.blobs(), leftovers.records);
    for (const BlobInfo& sidecar : find_leftover_sidecars(repository_)) {
      result_.freed_bytes += sidecar.size;
      if (!options_.dry_run) repository_.parity()->remove_sidecar(sidecar.name);
    }
    if (options_.dry_run) return;
    repository_.blobs().remove_leftovers();
  }

  // Packs that earlier runs dropped, and those of commands that never came to their end. Not where
  // something that is needed was not found: one of them may hold it, and 'varve repair packs'
  // looks.
  void take_packs(Leftovers& leftovers) {
    result_.freed_bytes += leftovers.pack_bytes;
    result_.packs_deleted += leftovers.packs.size();
    if (options_.dry_run) return;
    finish_dropped(repository_);
    for (const BlobInfo& blob : leftovers.packs) repository_.blobs().remove(blob.name);
    for (DeadTrail& trail : leftovers.done) trail.remove();
  }

  Look look() {
    Look look;
    const Roots roots = find_roots(repository_);
    look.generation = roots.generation;
    Marked marked = mark(repository_, roots, options_.stop);
    result_.is_held_up = !marked.is_whole;
    look.live = std::move(marked.live);
    look.usage = measure_packs(repository_, look.live, options_.stop);
    if (marked.is_whole) look.chosen = choose_packs(look.usage, options_.worth);
    return look;
  }

  // Returns the chosen packs that no running ingest keeps from being taken away.
  std::vector<PackUse> condemn(Look& look) {
    throw_if_stopped(options_.stop);
    std::vector<PackId> fresh;
    for (const PackUse& use : look.chosen) {
      if (use.pack.condemned_epoch == 0) fresh.push_back(use.pack.id);
    }
    std::uint64_t epoch = catalog_.epoch() + 1;
    if (!options_.dry_run) {
      acquit_others(look);
      if (!fresh.empty()) epoch = catalog_.condemn(fresh);
    }
    const std::vector<std::uint64_t> ingests = running_ingests(repository_);
    std::vector<PackUse> ready;
    for (PackUse& use : look.chosen) {
      if (use.pack.condemned_epoch == 0) use.pack.condemned_epoch = epoch;
      const bool waits = std::any_of(ingests.begin(), ingests.end(), [&](std::uint64_t began) {
        return began < use.pack.condemned_epoch;
      });
      if (!waits) ready.push_back(use);
    }
    return ready;
  }

  // Packs of which the garbage is needed as it stands: to copy them would give nothing back.
  void let_stay(Look& look, std::vector<PackUse>& ready) {
    std::set<PackId> needed;
    for (const PackUse& use : ready) {
      if (use.garbage_bytes() == 0) needed.insert(use.pack.id);
    }
    std::vector<PackId> stay;
    for (const PackUse& use : look.chosen) {
      if (use.garbage_bytes() > 0 && needed.contains(use.pack.id)) stay.push_back(use.pack.id);
    }
    if (stay.empty()) return;
    const auto stays = [&](const PackUse& use) {
      return std::ranges::find(stay, use.pack.id) != stay.end();
    };
    std::erase_if(look.chosen, stays);
    std::erase_if(ready, stays);
    if (!options_.dry_run) catalog_.acquit(stay);
  }

  // Packs that an earlier run condemned and that turned out not to be worth it.
  void acquit_others(const Look& look) {
    std::set<PackId> chosen;
    for (const PackUse& use : look.chosen) chosen.insert(use.pack.id);
    std::vector<PackId> others;
    for (const PackUse& use : look.usage.packs) {
      if (use.pack.condemned_epoch != 0 && !chosen.contains(use.pack.id)) {
        others.push_back(use.pack.id);
      }
    }
    if (!others.empty()) catalog_.acquit(others);
  }

  void count(const Look& look, const std::vector<PackUse>& ready) {
    for (const PackUse& use : look.usage.packs) {
      result_.live_chunks += use.live_objects;
      result_.live_bytes += use.live_bytes;
      result_.kept_garbage_bytes += use.garbage_bytes();
    }
    std::map<PackId, const PackUse*> leaving;
    for (const PackUse& use : ready) leaving[use.pack.id] = &use;
    for (const PackUse& use : look.chosen) {
      const auto leaves = leaving.find(use.pack.id);
      result_.kept_garbage_bytes -= use.garbage_bytes();
      if (leaves == leaving.end()) {
        result_.waiting_bytes += use.garbage_bytes();
        continue;
      }
      const PackUse& left = *leaves->second;
      result_.freed_bytes += left.garbage_bytes();
      result_.kept_garbage_bytes += use.garbage_bytes() - left.garbage_bytes();
      ++(left.live_objects == 0 ? result_.packs_deleted : result_.packs_rewritten);
    }
    result_.garbage_bytes =
        result_.freed_bytes + result_.kept_garbage_bytes + result_.waiting_bytes;
  }

  void take_away(const Look& look, const std::vector<PackUse>& ready) {
    std::vector<PackId> empty;
    for (const PackUse& use : ready) {
      if (use.live_objects == 0) empty.push_back(use.pack.id);
    }
    throw_if_stopped(options_.stop);
    delete_packs(repository_, empty);
    make_reserve(repository_.path());  // before anybody else fills the disk
    for (const std::vector<PackUse>& group : group_packs(ready)) {
      throw_if_stopped(options_.stop);
      spare(rewrite_packs(repository_, look.live, group, options_.stop), group);
      make_reserve(repository_.path());
    }
  }

  void spare(const std::vector<PackId>& damaged, const std::vector<PackUse>& group) {
    if (damaged.empty()) return;
    catalog_.acquit(damaged);
    const std::set<PackId> stays(damaged.begin(), damaged.end());
    for (const PackUse& use : group) {
      if (!stays.contains(use.pack.id)) continue;
      result_.freed_bytes -= use.garbage_bytes();
      result_.kept_garbage_bytes += use.garbage_bytes();
      --result_.packs_rewritten;
    }
  }

  Repository& repository_;
  Catalog& catalog_;
  const GcOptions& options_;
  GcResult result_;
};

GcResult collect(Repository& repository, const GcOptions& options) {
  const FileLock lock = lock_gc(repository);
  return Collection(repository, options).run();
}

}  // namespace

GcResult collect_garbage(Repository& repository, const GcOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  GcResult result;
  if (options.dry_run) {
    result = collect(repository, options);
  } else {
    result = with_reserve(repository.path(), [&] { return collect(repository, options); });
    make_config_copy(repository.path());
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace varve
