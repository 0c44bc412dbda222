#include "tools/sources/restricted_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "store/core/error.h"
#include "store/core/ids.h"

namespace varve {
namespace {

constexpr std::size_t kHead = 64u << 10;    // bytes, in which the opening line is looked for
constexpr std::size_t kTail = 4u << 10;     // the same of the closing one
constexpr std::size_t kPiece = 256u << 10;  // bytes that psql gets at once
constexpr std::string_view kOpening = "\\restrict ";
constexpr std::string_view kClosing = "\\unrestrict ";

std::string random_key() {
  std::array<std::byte, 32> bytes{};
  fill_random(bytes);
  return to_hex(bytes);
}

std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

class RestrictedScript {
 public:
  explicit RestrictedScript(const Path& path)
      : script_(File::open_read(path)),
        end_(script_.size()),
        opening_(fmt::format("{}{}\n", kOpening, random_key())),
        piece_(kPiece) {
    leave_out_lines();
  }

  ByteView next() {
    if (!is_open_) {
      is_open_ = true;
      return as_bytes(opening_);
    }
    if (at_ == left_out_begin_) at_ = left_out_end_;
    const std::uint64_t end = at_ < left_out_begin_ ? left_out_begin_ : end_;
    const ByteView piece = read(at_, std::min<std::uint64_t>(kPiece, end - at_));
    at_ += piece.size();
    return piece;
  }

 private:
  // Valid until the next one.
  ByteView read(std::uint64_t offset, std::uint64_t count) {
    const MutableBytes out = MutableBytes(piece_).first(count);
    try {
      script_.read_exact_at(offset, out);
    } catch (const Error& error) {
      throw Error(ErrorCode::corrupt, error.what());
    }
    return out;
  }

  void leave_out_lines() {
    const std::string_view head = as_text(read(0, std::min<std::uint64_t>(end_, kHead)));
    std::size_t begin = 0;
    std::size_t end = head.find('\n');
    for (; end != head.npos; begin = end + 1, end = head.find('\n', begin)) {
      const std::string_view line = without_return(head.substr(begin, end - begin));
      if (line.starts_with(kOpening)) break;
      if (!line.empty() && !line.starts_with("--")) return;
    }
    if (end == head.npos) return;
    const std::string key(without_return(head.substr(begin, end - begin)).substr(kOpening.size()));
    left_out_begin_ = begin;
    left_out_end_ = end + 1;
    leave_out_closing(key);
  }

  void leave_out_closing(const std::string& key) {
    const std::uint64_t length = std::min<std::uint64_t>(end_, kTail);
    const std::uint64_t offset = end_ - length;
    std::string_view tail = as_text(read(offset, length));
    while (true) {
      tail = tail.substr(0, tail.find_last_not_of("\r\n") + 1);
      const std::size_t begin = tail.rfind('\n') + 1;
      const std::string_view line = tail.substr(begin);
      if (line == fmt::format("{}{}", kClosing, key) && offset + begin >= left_out_end_) {
        end_ = offset + begin;
      }
      if (!line.starts_with("--")) return;
      tail = tail.substr(0, begin);
    }
  }

  const File script_;
  std::uint64_t at_ = 0;
  std::uint64_t end_;
  std::uint64_t left_out_begin_ = 0;  // the line of its own \restrict; both 0: it has none
  std::uint64_t left_out_end_ = 0;
  const std::string opening_;
  Bytes piece_;
  bool is_open_ = false;
};

void require_restrict(const Path& psql, const std::stop_token& stop) {
  ChildProgram help({.arguments = {psql, "--help=commands"}}, stop);
  const bool knows_it = help.read_all().find("\\restrict") != std::string::npos;
  help.wait();
  if (knows_it) return;
  throw Error(
      ErrorCode::failed,
      fmt::format("{} is older than August 2025 and would run programs that a script names: "
                  "update the package postgresql-client; or restore the script to a file, "
                  "look at it, and run psql on it yourself",
                  psql.native()));
}

}  // namespace

ChildProgram::Input restricted_script(const Path& psql, const Path& script,
                                      const std::stop_token& stop) {
  require_restrict(psql, stop);
  const auto restricted = std::make_shared<RestrictedScript>(script);
  return [restricted] { return restricted->next(); };
}

}  // namespace varve
