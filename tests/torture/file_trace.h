// What a program did to the files of a folder, call by call, in order: written by the fault layer,
// read by the simulation of a power loss. Header only, as the layer is linked with nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace varve::torture {

enum class FileCall : std::uint8_t {
  create,       // an empty file `path`, with its inode
  write,        // `data` at `offset` of the inode
  resize,       // the inode's size becomes `offset`
  extend,       // the same where it is less
  sync,         // the inode's bytes and size are durable
  sync_folder,  // the names in the folder `path` are durable
  rename,       // `path` becomes `other`, what was there is replaced
  link,         // `other` is a second name for `path`
  unlink,       // of a file
  make_folder,
  make_link,  // symbolic, to `data`
  remove_folder,
  describe,  // mode, owner, times, hints: nothing that a loss of power is judged by
  mark,      // no call: the program wrote `data` to its standard output
};

struct TraceRecord {
  FileCall call = FileCall::mark;
  std::uint64_t inode = 0;  // of calls on a file's bytes, and of names: the file they name
  std::uint64_t offset = 0;
  std::string path;   // absolute
  std::string other;  // likewise
  std::string data;
};

inline void put(std::string& out, std::uint64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

inline std::string encode(const TraceRecord& record) {
  std::string out;
  put(out, static_cast<std::uint64_t>(record.call));
  put(out, record.inode);
  put(out, record.offset);
  for (const std::string* text : {&record.path, &record.other, &record.data}) {
    put(out, text->size());
    out += *text;
  }
  return out;
}

// Takes one record from the front of `bytes`; nothing where none is whole there.
inline std::optional<TraceRecord> take_record(std::string_view& bytes) {
  std::string_view rest = bytes;
  const auto number = [&rest]() -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    if (rest.size() < sizeof value) return std::nullopt;
    std::memcpy(&value, rest.data(), sizeof value);
    rest.remove_prefix(sizeof value);
    return value;
  };
  TraceRecord record;
  const auto call = number();
  const auto inode = number();
  const auto offset = number();
  if (!call || !inode || !offset) return std::nullopt;
  record.call = static_cast<FileCall>(*call);
  record.inode = *inode;
  record.offset = *offset;
  for (std::string* text : {&record.path, &record.other, &record.data}) {
    const auto size = number();
    if (!size || *size > rest.size()) return std::nullopt;
    text->assign(rest.substr(0, *size));
    rest.remove_prefix(*size);
  }
  bytes = rest;
  return record;
}

}  // namespace varve::torture
