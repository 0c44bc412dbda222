#include "tools/sources/redis_uri.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kPlain = "redis://";
constexpr std::string_view kTls = "rediss://";
constexpr std::string_view kSocket = "redis+unix://";
constexpr std::uint16_t kUsualPort = 6379;

// A URI that cannot be read may hold a password anywhere.
std::string shown(std::string_view uri) {
  return fmt::format("{}…", uri.substr(0, uri.find("://") + 3));
}

Error wrong(std::string_view uri, const std::string& why) {
  return {ErrorCode::usage, fmt::format("{} is no Redis server's URI: {}", shown(uri), why)};
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

std::string decoded(std::string_view text, std::string_view uri) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low || (*high | *low) == 0) {
      throw wrong(uri, "a '%' is followed by two hexadecimal digits, of which one is not 0");
    }
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

// "USER@" at the front of `rest`, which loses it.
std::string take_user(std::string_view& rest, std::string_view uri) {
  const auto at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string user = decoded(rest.substr(0, at), uri);
  rest.remove_prefix(at + 1);
  if (user.find(':') != std::string::npos) {
    throw Error(ErrorCode::usage,
                fmt::format("{} holds a password, which the process list shows to everybody: leave "
                            "it out, and set VARVE_REDIS_PASSWORD or add ?password-file=PATH",
                            shown(uri)));
  }
  return user;
}

std::uint16_t port_of(std::string_view text, std::string_view uri) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc() || end != text.data() + text.size() || port == 0) {
    throw wrong(uri, "what stands behind the host's ':' is no port");
  }
  return port;
}

void set_host(RedisAddress& address, std::string_view rest, std::string_view uri) {
  std::size_t end = rest.find(':');
  if (rest.starts_with('[')) {
    const auto bracket = rest.find(']');
    if (bracket == std::string_view::npos) throw wrong(uri, "a ']' is missing");
    address.host = rest.substr(1, bracket - 1);
    end = bracket + 1;
    if (end < rest.size() && rest[end] != ':') throw wrong(uri, "after ']' comes :PORT");
  } else {
    address.host = decoded(rest.substr(0, end), uri);
  }
  if (address.host.empty()) address.host = "localhost";
  if (end < rest.size()) address.port = port_of(rest.substr(end + 1), uri);
}

// Every server is stored whole, so that "/0", which many programs write, changes nothing.
std::string_view without_database(std::string_view rest, std::string_view uri) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return rest;
  const std::string_view database = rest.substr(slash + 1);
  if (!database.empty() && database != "0") {
    throw wrong(uri,
                "leave out what follows the host's '/': a server is stored with all databases");
  }
  return rest.substr(0, slash);
}

void set_place(RedisAddress& address, std::string_view scheme, std::string_view rest,
               std::string_view uri) {
  if (scheme != kSocket) {
    rest = without_database(rest, uri);
    address.user = take_user(rest, uri);
    if (!rest.starts_with("%2F") && !rest.starts_with("%2f")) return set_host(address, rest, uri);
    if (address.tls) throw wrong(uri, "there is no TLS on a unix socket");
  } else {
    const auto slash = rest.find('/');
    std::string_view user = rest.substr(0, slash);
    address.user = take_user(user, uri);
    if (!user.empty())
      throw wrong(uri, "between '//' and the socket's path stands USER@ or nothing");
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  }
  address.socket = decoded(rest, uri);
  if (!address.socket.is_absolute()) throw wrong(uri, "the socket's path begins with a '/'");
}

void set_file(RedisAddress& address, std::string_view setting, std::string_view uri) {
  struct Known {
    std::string_view name;
    Path RedisAddress::*file;
  };
  static constexpr std::array kKnown = {
      Known{"password-file", &RedisAddress::password_file}, Known{"cacert", &RedisAddress::ca_file},
      Known{"cert", &RedisAddress::certificate}, Known{"key", &RedisAddress::key}};
  const auto equals = setting.find('=');
  for (const Known& known : kKnown) {
    if (setting.substr(0, equals) != known.name) continue;
    if (equals == std::string_view::npos || equals + 1 == setting.size()) {
      throw wrong(uri, fmt::format("{} wants a path", known.name));
    }
    address.*known.file = decoded(setting.substr(equals + 1), uri);
    return;
  }
  throw wrong(uri, "after '?' it knows password-file, cacert, cert and key");
}

void set_files(RedisAddress& address, std::string_view query, std::string_view uri) {
  while (!query.empty()) {
    const auto end = query.find('&');
    set_file(address, query.substr(0, end), uri);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  if (address.certificate.empty() != address.key.empty()) {
    throw wrong(uri, "cert and key belong together");
  }
  const bool has_tls_file = !address.ca_file.empty() || !address.certificate.empty();
  if (has_tls_file && !address.tls) throw wrong(uri, "certificates are for rediss://");
}

std::string_view scheme_of(std::string_view argument) {
  for (const std::string_view scheme : {kPlain, kTls, kSocket}) {
    if (argument.starts_with(scheme)) return scheme;
  }
  return {};
}

bool is_this_machine(const RedisAddress& address) {
  return !address.socket.empty() || address.host == "localhost" || address.host == "::1" ||
         address.host.starts_with("127.");
}

}  // namespace

bool is_redis_uri(std::string_view argument) { return !scheme_of(argument).empty(); }

RedisAddress parse_redis_uri(std::string_view uri) {
  const std::string_view scheme = scheme_of(uri);
  if (scheme.empty()) throw Error(ErrorCode::usage, "a Redis server's URI begins with redis://");
  std::string_view rest = uri.substr(scheme.size());
  const auto question = rest.find('?');
  RedisAddress address;
  address.tls = scheme == kTls;
  set_place(address, scheme, rest.substr(0, question), uri);
  if (question != std::string_view::npos) set_files(address, rest.substr(question + 1), uri);
  return address;
}

std::string to_text(const RedisAddress& address) {
  const std::string user = address.user.empty() ? "" : address.user + "@";
  if (!address.socket.empty()) return fmt::format("{}{}{}", kSocket, user, address.socket.string());
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}{}:{}", address.tls ? kTls : kPlain, user, is_ipv6 ? "[" : "",
                     address.host, is_ipv6 ? "]" : "", address.port);
}

std::string default_redis_name(const RedisAddress& address) {
  std::string place = is_this_machine(address) ? "redis" : address.host;
  if (!address.socket.empty() || address.port == kUsualPort) return place;
  return fmt::format("{}-{}", place, address.port);
}

}  // namespace varve
