#include "fs/mount_options.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "store/core/error.h"

namespace varve {
namespace {

struct Option {
  std::string_view name;
  std::optional<std::string_view> value;
};

Option split(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

[[noreturn]] void refuse(const Option& option, std::string_view wanted) {
  throw Error(ErrorCode::usage,
              fmt::format("mount option {}{}{}: {}", option.name, option.value ? "=" : "",
                          option.value.value_or(""), wanted));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value = 0;
  const auto [end, fault] = std::from_chars(text.begin(), text.end(), value, base);
  if (fault != std::errc() || end != text.end() || text.empty()) return std::nullopt;
  return value;
}

std::string_view value_of(const Option& option) {
  if (!option.value || option.value->empty()) refuse(option, "needs a value");
  return *option.value;
}

uid_t parse_user(const Option& option) {
  const std::string text(value_of(option));
  if (const auto number = parse_number<uid_t>(text)) return *number;
  const passwd* user = ::getpwnam(text.c_str());
  if (user == nullptr) refuse(option, "no such user");
  return user->pw_uid;
}

gid_t parse_group(const Option& option) {
  const std::string text(value_of(option));
  if (const auto number = parse_number<gid_t>(text)) return *number;
  const group* found = ::getgrnam(text.c_str());
  if (found == nullptr) refuse(option, "no such group");
  return found->gr_gid;
}

mode_t parse_umask(const Option& option) {
  const auto mode = parse_number<mode_t>(value_of(option), 8);
  if (!mode || *mode > 0777) refuse(option, "must be octal, such as 027");
  return *mode;
}

std::size_t parse_cache(const Option& option) {
  const auto size = parse_size(value_of(option));
  if (!size) refuse(option, "must be a size, such as 256M");
  return *size;
}

// What the kernel or libfuse acts upon.
bool is_for_kernel(std::string_view name) {
  constexpr std::array names{"allow_other", "allow_root", "nosuid", "nodev", "noexec",
                             "noatime",     "dirsync",    "sync",   "async"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What mount(8) and fstab write and a read-only filesystem has nothing to do for.
bool is_void(std::string_view name) {
  constexpr std::array names{
      "",           "ro",       "rw",       "defaults",   "auto",        "noauto",
      "nofail",     "user",     "users",    "nouser",     "owner",       "group",
      "_netdev",    "atime",    "relatime", "norelatime", "strictatime", "lazytime",
      "nodiratime", "diratime", "suid",     "dev",        "exec",        "default_permissions",
      "comment"};
  return std::find(names.begin(), names.end(), name) != names.end() || name.starts_with("x-");
}

void apply(const Option& option, MountSettings& settings) {
  if (option.name == "uid") {
    settings.uid = parse_user(option);
    settings.own_owners = false;
  } else if (option.name == "gid") {
    settings.gid = parse_group(option);
    settings.own_owners = false;
  } else if (option.name == "umask") {
    settings.umask = parse_umask(option);
  } else if (option.name == "cache") {
    settings.cache_bytes = parse_cache(option);
  } else if (option.name == "source") {
    settings.source = value_of(option);
  } else if (option.name == "snapshot") {
    settings.snapshot = value_of(option);
  } else if (option.name == "paranoid") {
    settings.paranoid = true;
  } else if (option.name == "local") {
    settings.local_time = true;
  } else if (is_for_kernel(option.name)) {
    settings.kernel.emplace_back(option.name);
  } else if (!is_void(option.name)) {
    refuse(option, "unknown; see varve mount --help");
  }
}

}  // namespace

MountSettings parse_mount_options(std::string_view text) {
  MountSettings settings;
  settings.uid = ::getuid();
  settings.gid = ::getgid();
  settings.own_owners = ::geteuid() == 0;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    apply(split(text.substr(0, comma)), settings);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (!settings.source.empty() && !settings.snapshot.empty()) {
    throw Error(ErrorCode::usage, "mount options source= and snapshot= exclude each other");
  }
  return settings;
}

std::optional<std::size_t> parse_size(std::string_view text) {
  std::size_t number = 0;
  const auto [end, fault] = std::from_chars(text.begin(), text.end(), number);
  if (fault != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.end() - end));
  constexpr std::string_view units = "BKMGT";
  std::size_t power = 0;
  if (!unit.empty()) {
    power = units.find(unit.front());
    const std::string_view rest = unit.substr(1);
    const bool plain = rest.empty() || (power > 0 && (rest == "B" || rest == "iB"));
    if (power == units.npos || !plain) return std::nullopt;
  }
  std::size_t size = 0;
  if (__builtin_mul_overflow(number, std::size_t{1} << (10 * power), &size)) return std::nullopt;
  return size;
}

}  // namespace varve
