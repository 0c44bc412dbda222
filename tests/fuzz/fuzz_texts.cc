#include <algorithm>
#include <filesystem>

#include "fs/mount_options.h"
#include "fs/mount_table.h"
#include "store/core/one_line.h"
#include "store/core/time.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/targets.h"
#include "tools/drill/postgres_globals.h"
#include "tools/import/dated_name.h"
#include "tools/import/member_path.h"
#include "tools/restore/database_mark.h"
#include "tools/restore/file_pattern.h"
#include "tools/sources/exclusion.h"
#include "tools/sources/redis_uri.h"

namespace varve::fuzz {
namespace {

void times(const std::string& text) {
  if (const auto time = parse_time(text)) {
    must(parse_time(to_iso(*time)) == time, "a time does not come back");
    must(parse_time(to_directory_name(*time)) == time, "a directory's time does not come back");
  }
  parse_duration(text);
  if (const auto found = dated_name(text)) {
    local_time(found->time);
    utc_time(found->time);
  }
}

void paths(const std::string& text, const std::string& other) {
  const MemberPath place = member_path(text);
  for (const std::filesystem::path& part : std::filesystem::path(place.path)) {
    must(part != "..", "it leads out");
  }
  must(!place.path.starts_with('/'), "an absolute path");
  if (!place.path.empty()) stays_inside(place.path, other);
  answer([&] { Exclusion({text}).matches(other, true); });
  if (!text.empty()) {
    answer([&] {
      const FilePattern pattern(text);
      pattern.matches(other);
      pattern.folder();
    });
  }
}

void comments(const std::string& comment) {
  const std::optional<DatabaseMark> mark = parse_mark(comment);
  if (!mark) return;
  const std::string again = to_comment(*mark);
  must(to_comment(parse_mark(again).value()) == again, "a mark changes when it is written");
  const std::string name = marked_name(mark->of, mark->state, mark->since);
  must(is_marked_name(name, mark->of, mark->state), "a marked name is none");
}

void scripts(std::string_view script) {
  for (const std::string& statement : globals_for_scratch(script)) {
    must(!statement.empty() && statement.size() <= script.size(), "a statement out of nothing");
    must(statement.find(" TABLESPACE ") == std::string::npos ||
             statement.find_first_of("'\"") != std::string::npos,
         "a folder of another machine");
  }
}

}  // namespace

// Two texts with a line's end between them.
void texts(ByteView input) {
  const std::string_view all = as_text(input.first(std::min<std::size_t>(input.size(), 4096)));
  const std::size_t end = std::min(all.find('\n'), all.size());
  const std::string text(all.substr(0, end));
  const std::string other(all.substr(std::min(end + 1, all.size())));
  times(text);
  paths(text, other);
  answer([&] { to_text(parse_redis_uri(text)); });
  answer([&] { parse_mount_options(text); });
  parse_size(text);
  parse_mount_table(all);
  comments(std::string(all));
  scripts(all);
  const std::string line = one_line(all, 100);
  must(line.find('\n') == std::string::npos && line.size() <= 103, "more than a line");
}

}  // namespace varve::fuzz
