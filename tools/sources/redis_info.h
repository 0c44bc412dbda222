// What INFO says: a server's facts, how well it persists, and whether it has changed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/core/bytes.h"

namespace varve {

// The fields by name. "# Keyspace" has "db0": "keys=3,expires=0,avg_ttl=0".
class RedisInfo {
 public:
  explicit RedisInfo(std::string_view text);

  // Empty where INFO has no such field.
  std::string field(const std::string& name) const;
  bool has(const std::string& name) const { return fields_.contains(name); }

  // For SourceInfo::facts.
  std::map<std::string, std::string> facts() const;
  // What a person should look at: a snapshot or an append-only file that could not be written.
  std::vector<std::string> warnings() const;
  // Cheap identity of the data, for Source::fingerprint(); empty where it cannot be told.
  Bytes fingerprint() const;

 private:
  std::map<std::string, std::string> databases() const;
  std::int64_t seconds_since_save() const;  // by the server's clock; negative: unknown

  std::map<std::string, std::string> fields_;
  bool has_modules_ = false;
};

}  // namespace varve
