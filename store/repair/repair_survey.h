// What the packs really hold, read byte by byte: for repairs, which trust no index.
//
// A sound pack is read by its footer and every object's checksum is proven. A damaged one is looked
// through for whole objects at every byte, stretches that the disk does not give back excepted.
// Memory: 48 bytes for each object.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/blob/backend.h"
#include "store/blob/pack_reader.h"
#include "store/core/file.h"
#include "store/core/location.h"
#include "store/transform/object.h"

namespace varve {

struct SurveyedPack {
  PackId id;
  std::uint64_t size = 0;  // of the file; 0 where there is none
  bool is_there = true;
  // How little it is trusted: its objects are taken where no pack of a lower rank has them.
  unsigned rank = 0;
  std::string damage = {};  // one line; empty: sound
};

// An object whose checksum fits. Only a full chunk's id is proven by its content alone; see
// ObjectIndex.
struct SurveyedObject {
  ChunkRef ref;
  ChunkKey base;           // deltas only
  std::uint32_t pack = 0;  // index into Survey::packs
  std::uint32_t length = 0;
  std::uint64_t offset = 0;
  std::uint8_t depth = 0;
  ObjectKind kind = ObjectKind::data;
  bool is_delta = false;
  bool crowded = false;
  // Found by looking, or standing on something new: it may be part of a file that somebody backed
  // up (a pack, say), so its content has yet to be held against its name.
  bool doubtful = false;
};

struct Survey {
  std::vector<SurveyedPack> packs;
  std::vector<SurveyedObject> objects;  // by pack, then by offset

  Location location(const SurveyedObject& object) const {
    return {packs[object.pack].id, object.offset, object.length};
  }
};

struct SurveyOptions {
  unsigned threads = 2;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // packs
  std::stop_token stop = {};
};

// Reads these packs (id and rank are given). Throws interrupted Error; damage is no Error here.
Survey survey_packs(PackReader& reader, std::vector<SurveyedPack> packs,
                    const SurveyOptions& options);

// Objects of chunks that an earlier repair found lost (losses.h) are doubtful: it may have saved
// deltas that nobody could decode.
void doubt_what_was_lost(Survey& survey, const Path& repository);

}  // namespace varve
