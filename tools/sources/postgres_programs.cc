#include "tools/sources/postgres_programs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>

#include "store/core/error.h"
#include "tools/process/child_program.h"

namespace varve {
namespace {

// Versions are compared as the server's number without its minor part: 150000, 90600.
int major_number(int server_version) {
  return server_version >= 100000 ? server_version / 10000 * 10000 : server_version / 100 * 100;
}

// What the programs of a folder say that they are; nothing where there are none.
std::optional<PostgresPrograms> look_in(const Path& folder) {
  const PostgresPrograms found{folder, {}};
  if (::access(found.dump().c_str(), X_OK) != 0) return std::nullopt;
  try {
    ChildProgram program({.arguments = {found.dump(), "--version"}}, {});
    const std::string words = program.read_all();  // pg_dump (PostgreSQL) 15.20 (Debian …)
    if (program.wait().status != 0) return std::nullopt;
    const std::size_t at = words.find(") ");
    if (at == std::string::npos) return std::nullopt;
    const std::size_t end = words.find_first_of(" \n", at + 2);
    return PostgresPrograms{folder, words.substr(at + 2, end - at - 2)};
  } catch (const Error&) {
    return std::nullopt;  // not a program that runs here
  }
}

// The folders of the versions that are installed, by version.
std::multimap<int, Path> folders_in(const std::string& root) {
  std::multimap<int, Path> folders;
  const std::size_t mark = root.find('%');
  const Path parent = Path(root.substr(0, root.rfind('/', mark) + 1));
  const std::string front = root.substr(parent.native().size(), mark - parent.native().size());
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(parent, absent)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(front)) continue;
    const std::optional<int> version = parse_postgres_version(name.substr(front.size()));
    if (version)
      folders.emplace(*version, entry.path().native() + root.substr(root.find('/', mark)));
  }
  return folders;
}

using Look = std::optional<PostgresPrograms> (*)(const Path& folder);

std::optional<PostgresPrograms> look_for_server(const Path& folder) {
  auto found = look_in(folder);
  if (!found || ::access(found->server().c_str(), X_OK) != 0 ||
      ::access(found->init_cluster().c_str(), X_OK) != 0) {
    return std::nullopt;
  }
  return found;
}

std::optional<PostgresPrograms> look_in_path(std::string_view path, int wanted, Look look,
                                             int& newest) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const auto found = end == 0 ? std::nullopt : look(Path(path.substr(0, end)));
    if (found) {
      const int version = parse_postgres_version(found->version).value_or(0);
      newest = std::max(newest, version);
      if (version >= wanted) return found;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return std::nullopt;
}

std::optional<PostgresPrograms> find_among(const PostgresProgramPlaces& places, int wanted,
                                           Look look, int& newest) {
  std::multimap<int, Path> folders;
  for (const std::string& root : places.roots) folders.merge(folders_in(root));
  for (const auto& [version, folder] : folders) {
    const auto found = look(folder);
    if (!found) continue;
    newest = std::max(newest, version);
    if (version >= wanted) return found;  // the nearest: they are in order
  }
  return look_in_path(places.path, wanted, look, newest);
}

Error no_server_found(int wanted, int newest) {
  const std::string major = major_version(wanted);
  const std::string have =
      newest == 0 ? "there is no PostgreSQL server here to restore it into"
                  : fmt::format("the newest server here is of version {}", major_version(newest));
  return Error(ErrorCode::failed,
               fmt::format("the dump is of PostgreSQL {}, and {}: install the package "
                           "postgresql-{} (from apt.postgresql.org where Debian has none)",
                           major, have, major));
}

Error none_found(int wanted, int newest) {
  const std::string major = major_version(wanted);
  const std::string have =
      newest == 0 ? "there is no pg_dump here"
                  : fmt::format("the newest pg_dump here is of version {}", major_version(newest));
  return Error(ErrorCode::failed,
               fmt::format("the server is PostgreSQL {}, and {}: install the package "
                           "postgresql-client-{} (from apt.postgresql.org where Debian has none)",
                           major, have, major));
}

}  // namespace

std::optional<int> parse_postgres_version(std::string_view text) {
  int parts[2] = {0, 0};
  for (int& part : parts) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (fault != std::errc()) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() || text.front() != '.') break;
    text.remove_prefix(1);
  }
  if (parts[0] < 8 || parts[0] > 999) return std::nullopt;
  return parts[0] >= 10 ? parts[0] * 10000 : parts[0] * 10000 + parts[1] * 100;
}

PostgresProgramPlaces PostgresProgramPlaces::standard() {
  PostgresProgramPlaces places;
  if (const char* path = std::getenv("PATH")) places.path = path;
  return places;
}

std::string major_version(int server_version) {
  if (server_version >= 100000) return std::to_string(server_version / 10000);
  return fmt::format("{}.{}", server_version / 10000, server_version / 100 % 100);
}

PostgresPrograms find_postgres_programs(int server_version, const PostgresProgramPlaces& places) {
  int newest = 0;
  const auto found = find_among(places, major_number(server_version), look_in, newest);
  if (!found) throw none_found(major_number(server_version), newest);
  return *found;
}

PostgresPrograms find_postgres_server(int dump_version, const PostgresProgramPlaces& places) {
  int newest = 0;
  const auto found = find_among(places, major_number(dump_version), look_for_server, newest);
  if (!found) throw no_server_found(major_number(dump_version), newest);
  return *found;
}

PostgresPrograms find_newest_postgres_server(const PostgresProgramPlaces& places) {
  std::multimap<int, Path> folders;
  for (const std::string& root : places.roots) folders.merge(folders_in(root));
  for (auto newest = folders.rbegin(); newest != folders.rend(); ++newest) {
    if (const auto found = look_for_server(newest->second)) return *found;
  }
  int newest = 0;
  if (const auto found = look_in_path(places.path, 0, look_for_server, newest)) return *found;
  throw Error(ErrorCode::failed,
              "there is no PostgreSQL server here to restore it into: install the package "
              "postgresql");
}

}  // namespace varve
