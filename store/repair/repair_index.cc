#include "store/repair/repair_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::size_t kDepths = 256;

// The smallest reference of a key.
ChunkRef first_of(ChunkKey key) {
  ChunkRef ref;
  for (std::size_t i = 0; i < 8; ++i) {
    ref.bytes[i] = static_cast<std::byte>(key.value >> (56 - 8 * i) & 0xff);
  }
  return ref;
}

// Removes the elements of these numbers, which ascend.
template <class Vector>
void remove_all(Vector& from, const std::vector<ObjectIndex::Number>& numbers) {
  std::size_t kept = 0;
  auto next = numbers.begin();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (next != numbers.end() && *next == i) {
      ++next;
    } else {
      from[kept++] = from[i];
    }
  }
  from.resize(kept);
}

}  // namespace

ObjectIndex::ObjectIndex(Survey& survey, PackReader& reader, const Present& present,
                         const std::stop_token& stop)
    : survey_(survey), reader_(reader), proven_(survey.objects.size()) {
  do {
    build(present);
  } while (!prove(stop));
}

void ObjectIndex::build(const Present& present) {
  sort_objects();
  find_readable();
  choose(present);
  settle_bases();
}

void ObjectIndex::sort_objects() {
  order_.resize(survey_.objects.size());
  std::iota(order_.begin(), order_.end(), Number{0});
  std::stable_sort(order_.begin(), order_.end(), [&](Number a, Number b) {
    return survey_.objects[a].ref < survey_.objects[b].ref;
  });
}

bool ObjectIndex::fits_below(const SurveyedObject& base, const SurveyedObject& delta) const {
  return key_of(base.ref) == delta.base && !base.crowded && base.kind == delta.kind &&
         base.depth < delta.depth;
}

// The first of `numbers`, which are by reference, that is not below.
std::size_t ObjectIndex::place_in(const std::vector<Number>& numbers, const ChunkRef& ref) const {
  const auto at = std::lower_bound(
      numbers.begin(), numbers.end(), ref,
      [&](Number a, const ChunkRef& wanted) { return survey_.objects[a].ref < wanted; });
  return static_cast<std::size_t>(at - numbers.begin());
}

std::optional<ObjectIndex::Base> ObjectIndex::shallowest_base(const SurveyedObject& delta) const {
  std::optional<Base> best;
  for (std::size_t at = place_in(order_, first_of(delta.base)); at < order_.size(); ++at) {
    const Number number = order_[at];
    const SurveyedObject& object = survey_.objects[number];
    if (key_of(object.ref) != delta.base) break;
    if (!readable_[number] || !fits_below(object, delta)) continue;
    if (!best) {
      best = Base{number};
      continue;
    }
    best->is_ambiguous |= object.ref != survey_.objects[best->number].ref;
    if (object.depth < survey_.objects[best->number].depth) best->number = number;
  }
  return best;
}

// A base has less depth than what stands on it, so by depth each is looked at once.
void ObjectIndex::find_readable() {
  readable_.assign(survey_.objects.size(), false);
  unreadable_ = 0;
  std::array<std::vector<Number>, kDepths> by_depth;
  for (Number number = 0; number < survey_.objects.size(); ++number) {
    by_depth[survey_.objects[number].depth].push_back(number);
  }
  for (const std::vector<Number>& numbers : by_depth) {
    for (const Number number : numbers) {
      SurveyedObject& object = survey_.objects[number];
      if (!object.is_delta) {
        readable_[number] = true;
      } else if (const auto base = shallowest_base(object)) {
        readable_[number] = true;
        object.doubtful |= base->is_ambiguous || survey_.objects[base->number].doubtful;
      } else {
        ++unreadable_;
      }
    }
  }
}

void ObjectIndex::choose(const Present& present) {
  chosen_.clear();
  const auto rank = [&](Number number) {
    const SurveyedObject& object = survey_.objects[number];
    return std::tuple(survey_.packs[object.pack].rank, object.depth);
  };
  for (std::size_t begin = 0; begin < order_.size();) {
    const ChunkRef& ref = survey_.objects[order_[begin]].ref;
    std::size_t end = begin;
    std::optional<Number> best;
    for (; end < order_.size() && survey_.objects[order_[end]].ref == ref; ++end) {
      if (!readable_[order_[end]]) continue;
      if (!best || rank(order_[end]) < rank(*best)) best = order_[end];
    }
    // Asked only where there is a choice.
    if (best && present && end - begin > 1) {
      const std::optional<Location> where = present(ref);
      for (std::size_t at = begin; where && at < end; ++at) {
        if (readable_[order_[at]] && survey_.location(survey_.objects[order_[at]]) == *where) {
          best = order_[at];
        }
      }
    }
    if (best) chosen_.push_back(*best);
    begin = end;
  }
}

// A delta stands on the object that is chosen for its base: that must fit. This ends, as what is
// chosen instead is shallower each time.
void ObjectIndex::settle_bases() {
  std::vector<Number> waiting = chosen_;
  while (!waiting.empty()) {
    const SurveyedObject& delta = survey_.objects[waiting.back()];
    waiting.pop_back();
    if (!delta.is_delta) continue;
    const std::optional<Number> base = find_base(delta.base);
    if (base && fits_below(survey_.objects[*base], delta)) continue;
    const Number other = shallowest_base(delta)->number;
    Number& chosen = chosen_[place_in(chosen_, survey_.objects[other].ref)];
    if (chosen == other) continue;
    chosen = other;
    waiting.push_back(other);
  }
}

std::optional<ObjectIndex::Number> ObjectIndex::find(const ChunkRef& ref) const {
  const std::size_t at = place_in(chosen_, ref);
  if (at == chosen_.size() || survey_.objects[chosen_[at]].ref != ref) return std::nullopt;
  return chosen_[at];
}

std::optional<ObjectIndex::Number> ObjectIndex::find_base(ChunkKey key) const {
  for (std::size_t at = place_in(chosen_, first_of(key)); at < chosen_.size(); ++at) {
    const SurveyedObject& object = survey_.objects[chosen_[at]];
    if (key_of(object.ref) != key) break;
    if (!object.crowded) return chosen_[at];
  }
  return std::nullopt;
}

bool ObjectIndex::is_crowded(Number number) const {
  const SurveyedObject& object = survey_.objects[number];
  return object.crowded || find_base(key_of(object.ref)) != number;
}

std::vector<ChunkKey> ObjectIndex::missing_bases(Missing which) const {
  std::vector<ChunkKey> keys;
  for (Number number = 0; number < survey_.objects.size(); ++number) {
    const SurveyedObject& object = survey_.objects[number];
    if (!object.is_delta || readable_[number] || find_base(object.base)) continue;
    const std::size_t place = place_in(order_, first_of(object.base));
    const bool is_there =
        place < order_.size() && key_of(survey_.objects[order_[place]].ref) == object.base;
    if (is_there == (which == Missing::unreadable)) keys.push_back(object.base);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// False: something was not what it said, and the index has to be made again without it.
bool ObjectIndex::prove(const std::stop_token& stop) {
  std::vector<Number> wrong;
  for (const Number number : chosen_) {
    if (!survey_.objects[number].doubtful || proven_[number]) continue;
    throw_if_stopped(stop);
    try {
      read(number);
      proven_[number] = true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      wrong.push_back(number);
    }
  }
  if (wrong.empty()) return true;
  std::sort(wrong.begin(), wrong.end());
  remove_all(survey_.objects, wrong);
  remove_all(proven_, wrong);
  return false;
}

// The number's object, then what it stands on, down to a full chunk.
std::vector<StoredObject> ObjectIndex::load_chain(Number number) const {
  std::vector<StoredObject> chain;
  while (true) {
    const SurveyedObject& object = survey_.objects[number];
    load(object, chain.emplace_back());
    if (!object.is_delta) return chain;
    const std::optional<Number> base = find_base(object.base);
    if (!base || !fits_below(survey_.objects[*base], object)) {
      throw corrupt_error("a delta without its base");
    }
    number = *base;
  }
}

void ObjectIndex::load(const SurveyedObject& object, StoredObject& stored) const {
  const std::string name = pack_name(survey_.packs[object.pack].id);
  try {
    if (reader_.read(survey_.location(object), stored) == PackReader::Found::yes) return;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::io) throw;
    throw corrupt_error(name, error.what());  // a disk that fails more and more
  }
  throw corrupt_error(name);
}

RawBytes ObjectIndex::read(Number number) const {
  const std::vector<StoredObject> chain = load_chain(number);
  Decompressor decompressor;
  RawBytes plain;
  for (auto stored = chain.rbegin(); stored != chain.rend(); ++stored) {
    const ObjectHeader& header = stored->parsed.header;
    RawBytes above(header.plain_length);
    decompressor.decode(header.codec, stored->stored(), plain, above);
    plain = std::move(above);
  }
  if (chunk_id(plain) != chain.front().parsed.header.id) {
    throw corrupt_error(
        fmt::format("chunk {}", to_hex(ref_of(chain.front().parsed.header.id).view())));
  }
  return plain;
}

}  // namespace varve
