#include "store/repair/repair_survey.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <utility>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/repository/losses.h"

namespace varve {
namespace {

class PackSurveyor {
 public:
  PackSurveyor(PackReader& reader, SurveyedPack& pack, std::uint32_t number)
      : reader_(reader), pack_(pack), number_(number) {}

  std::vector<SurveyedObject> run() {
    try {
      pack_.size = reader_.size(pack_.id);
      read_by_footer();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::not_found) {
        pack_.is_there = false;
        pack_.damage = fmt::format("{} is missing", pack_name(pack_.id));
      } else {
        if (!is_damage(error)) throw;
        pack_.damage = error.what();
        look_through();
      }
    }
    reader_.close(pack_.id);
    return std::move(objects_);
  }

 private:
  void read_by_footer() {
    std::uint64_t bad = 0;
    std::string first;
    for (const PackEntry& entry : reader_.entries(pack_.id)) {
      try {
        reader_.read({pack_.id, entry.offset, entry.length}, object_);
        add(entry, false);
      } catch (const Error& error) {
        if (!is_damage(error)) throw;
        if (bad++ == 0) first = error.what();
      }
    }
    if (bad > 0) {
      pack_.damage = bad == 1 ? first : fmt::format("{}, and {} more in it", first, bad - 1);
    }
  }

  void look_through() {
    objects_.clear();
    try {
      for (const PackEntry& entry : reader_.scan(pack_.id)) add(entry, true);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
    }
  }

  void add(const PackEntry& entry, bool doubtful) {
    const ObjectHeader& header = entry.parsed.header;
    objects_.push_back({.ref = ref_of(header.id),
                        .base = header.base,
                        .pack = number_,
                        .length = entry.length,
                        .offset = entry.offset,
                        .depth = header.depth,
                        .kind = header.kind,
                        .is_delta = header.codec == Codec::delta,
                        .crowded = header.crowded,
                        .doubtful = doubtful});
  }

  PackReader& reader_;
  SurveyedPack& pack_;
  const std::uint32_t number_;
  StoredObject object_;
  std::vector<SurveyedObject> objects_;
};

}  // namespace

Survey survey_packs(PackReader& reader, std::vector<SurveyedPack> packs,
                    const SurveyOptions& options) {
  Survey survey{std::move(packs), {}};
  std::vector<std::vector<SurveyedObject>> found(survey.packs.size());
  std::mutex mutex;  // guards done, and the progress display
  std::uint64_t done = 0;
  for_each_index(survey.packs.size(), options.threads, options.stop, [&](std::size_t i) {
    found[i] = PackSurveyor(reader, survey.packs[i], static_cast<std::uint32_t>(i)).run();
    const std::lock_guard lock(mutex);
    if (options.progress) options.progress(++done, survey.packs.size());
  });
  for (std::vector<SurveyedObject>& objects : found) {
    survey.objects.insert(survey.objects.end(), objects.begin(), objects.end());
    objects = {};
  }
  return survey;
}

void doubt_what_was_lost(Survey& survey, const Path& repository) {
  std::optional<LostKeys> lost;
  try {
    lost = read_lost(repository);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;  // then every delta may be one of them
  }
  for (SurveyedObject& object : survey.objects) {
    if (object.is_delta && (!lost || lost->contains(key_of(object.ref)))) object.doubtful = true;
  }
}

}  // namespace varve
