#include "tools/sources/redis_info.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "store/core/encoding.h"
#include "store/core/one_line.h"
#include "store/core/time.h"

namespace varve {
namespace {

constexpr std::uint8_t kFingerprintVersion = 1;

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc()) return {};
  return value;
}

// "3" of "keys=3,expires=0".
std::string part_of(std::string_view text, std::string_view name) {
  const auto begin = text.find(fmt::format("{}=", name));
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = text.substr(begin + name.size() + 1);
  return std::string(rest.substr(0, rest.find(',')));
}

bool is_database(std::string_view name) {
  return name.size() > 2 && name.starts_with("db") &&
         name.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

std::string yes_or_no(const std::string& flag) { return flag == "1" ? "yes" : "no"; }

}  // namespace

RedisInfo::RedisInfo(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      const std::string name(line.substr(0, colon));
      has_modules_ = has_modules_ || name == "module";
      fields_[name] = one_line(line.substr(colon + 1));
    }
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

std::string RedisInfo::field(const std::string& name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? "" : found->second;
}

std::map<std::string, std::string> RedisInfo::databases() const {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : fields_) {
    if (is_database(name)) found[name] = value;
  }
  return found;
}

std::int64_t RedisInfo::seconds_since_save() const {
  const auto now = number_in(field("server_time_usec"));
  const auto saved = number_in(field("rdb_last_save_time"));
  return now && saved ? *now / 1'000'000 - *saved : -1;
}

std::map<std::string, std::string> RedisInfo::facts() const {
  std::map<std::string, std::string> facts;
  const auto take = [&](const std::string& fact, const std::string& name) {
    if (has(name)) facts[fact] = field(name);
  };
  take("engine_version", "redis_version");
  take("role", "role");
  take("master_link_status", "master_link_status");
  take("used_memory", "used_memory");
  take("changes_since_last_save", "rdb_changes_since_last_save");
  take("last_save_status", "rdb_last_bgsave_status");
  take("aof_last_write_status", "aof_last_write_status");
  if (has("aof_enabled")) facts["aof_enabled"] = yes_or_no(field("aof_enabled"));
  if (const auto saved = number_in(field("rdb_last_save_time"))) {
    facts["last_save"] = to_iso(Timestamp{*saved});
  }
  if (const std::int64_t age = seconds_since_save(); age >= 0) {
    facts["last_save_age_seconds"] = fmt::to_string(age);
  }
  for (const auto& [name, value] : databases()) facts["keys_" + name] = part_of(value, "keys");
  return facts;
}

std::vector<std::string> RedisInfo::warnings() const {
  std::vector<std::string> found;
  if (has("rdb_last_bgsave_status") && field("rdb_last_bgsave_status") != "ok") {
    found.push_back(
        fmt::format("its last own save failed (rdb_last_bgsave_status is {}): see its log, and "
                    "the space and the rights in its folder",
                    field("rdb_last_bgsave_status")));
  }
  if (has("aof_last_write_status") && field("aof_last_write_status") != "ok") {
    found.push_back(
        fmt::format("it cannot write its append-only file (aof_last_write_status is {}): see its "
                    "log, and the space in its folder",
                    field("aof_last_write_status")));
  }
  return found;
}

// Within one run of a server, every command that changes data adds to the count of changes since
// the last save, and only a save lowers it; a save leaves its time, in whole seconds, so that one
// of this second proves nothing yet. Keys that expire or are evicted are not counted as changes,
// but there are fewer of them afterwards. What is taken over from a master is not counted either:
// a replica is left out, and so is a server that was one since (it has read from a master). A
// module may keep data of its own beside all that.
Bytes RedisInfo::fingerprint() const {
  for (const char* needed : {"run_id", "server_time_usec", "rdb_last_save_time",
                             "rdb_changes_since_last_save", "total_net_repl_input_bytes"}) {
    if (field(needed).empty()) return {};
  }
  const bool is_plain_master = field("role") == "master" && !has_modules_ &&
                               field("total_net_repl_input_bytes") == "0" &&
                               field("loading") == "0" && field("async_loading") != "1";
  if (!is_plain_master || seconds_since_save() < 2) return {};
  Encoder out;
  out.u8(kFingerprintVersion);
  for (const char* name : {"run_id", "rdb_last_save_time", "rdb_changes_since_last_save"}) {
    out.text(field(name));
  }
  for (const auto& [name, value] : databases()) {
    out.text(name);
    out.text(part_of(value, "keys"));
    out.text(part_of(value, "expires"));
  }
  return out.take();
}

}  // namespace varve
