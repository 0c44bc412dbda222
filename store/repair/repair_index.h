// Which of the objects that a survey found is a chunk's, and whether it can be read: an index made
// from the objects alone.
//
// A delta can be read where its base can: one with its key that is not crowded, of the same kind
// and of less depth. Of several objects of one chunk the one of the lowest rank (of its pack)
// counts, or the shallowest where a delta on it asks for that; so everything that can be read
// stands on something that can.
//
// What is doubtful (SurveyedObject), stands on that, or on a key that two chunks have, is decoded
// and held against its name; what does not pass is none. Not thread-safe. Memory: 10 bytes for each
// object, 4 for each chunk.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "store/repair/repair_survey.h"
#include "store/transform/codec.h"

namespace varve {

class ObjectIndex {
 public:
  using Number = std::uint32_t;  // index into Survey::objects

  // `survey` outlives it; objects that are not what they say are taken out of it. `present` tells
  // where a catalog has a chunk, if there is one: that object counts before all others.
  using Present = std::function<std::optional<Location>(const ChunkRef&)>;
  ObjectIndex(Survey& survey, PackReader& reader, const Present& present,
              const std::stop_token& stop);

  // The object of this chunk that can be read.
  std::optional<Number> find(const ChunkRef& ref) const;
  // The one that a delta with this base stands on.
  std::optional<Number> find_base(ChunkKey key) const;
  const SurveyedObject& operator[](Number number) const { return survey_.objects[number]; }
  // All of them, by reference.
  const std::vector<Number>& chosen() const noexcept { return chosen_; }
  // Whether its row belongs to the crowded ones, as another chunk has its key.
  bool is_crowded(Number number) const;
  // Whole objects that cannot be read, as their base is lost.
  bool is_readable(Number number) const { return readable_[number]; }
  std::uint64_t unreadable() const noexcept { return unreadable_; }
  // What they stand on: keys of which there is no object, or (unreadable) one that cannot be read
  // either.
  enum class Missing { absent, unreadable };
  std::vector<ChunkKey> missing_bases(Missing which) const;

  // The plain bytes, held against the name. Throws a corrupt Error.
  RawBytes read(Number number) const;

 private:
  void build(const Present& present);
  void sort_objects();
  void find_readable();
  void choose(const Present& present);
  void settle_bases();
  bool prove(const std::stop_token& stop);
  struct Base {
    Number number = 0;
    bool is_ambiguous = false;  // two chunks have its key
  };
  std::optional<Base> shallowest_base(const SurveyedObject& delta) const;
  bool fits_below(const SurveyedObject& base, const SurveyedObject& delta) const;
  std::size_t place_in(const std::vector<Number>& numbers, const ChunkRef& ref) const;
  std::vector<StoredObject> load_chain(Number number) const;
  void load(const SurveyedObject& object, StoredObject& stored) const;

  Survey& survey_;
  PackReader& reader_;
  std::vector<Number> order_;     // all objects, by reference
  std::vector<bool> readable_;    // by object
  std::vector<bool> proven_;      // by object
  std::vector<Number> chosen_;    // one for each chunk that can be read, by reference
  std::uint64_t unreadable_ = 0;  // whole objects that no base is there for
};

}  // namespace varve
