#include "tests/fuzz/expect.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/fuzz/targets.h"
#include "tools/import/member_path.h"
#include "tools/import/packed_file.h"
#include "tools/import/tar_reader.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kEnough = 1u << 20;  // bytes: what unpacks to more is no finding
constexpr int kMembers = 64;

void read_all(const auto& read) {
  Bytes window(64u << 10);
  for (std::size_t sum = 0; sum < kEnough;) {
    const std::size_t count = read(window);
    must(count <= window.size(), "more than fits");
    if (count == 0) return;
    sum += count;
  }
}

void read_members(PackedFile& file) {
  TarReader archive(file);
  MemberPaths paths;
  for (int i = 0; i < kMembers; ++i) {
    const std::optional<TarMember> member = archive.next();
    if (!member) return;
    must(member->mtime_nanoseconds < 1'000'000'000, "a second has more nanoseconds");
    const MemberPath place = member_path(member->path);
    if (!place.path.empty()) {
      stays_inside(place.path, member->target);
      member->type == TarMember::Type::folder ? paths.claim_folder(place.path)
                                              : paths.claim(place.path);
    }
    read_all([&](MutableBytes out) { return archive.read(out); });
  }
}

}  // namespace

void archive(ByteView input) {
  answer([&] {
    const ScratchFile scratch(input);
    PackedFile file(scratch.path());
    if (file.format() == BackupFormat::tar) {
      read_members(file);
    } else {
      read_all([&](MutableBytes out) { return file.read(out); });
    }
  });
}

}  // namespace varve::fuzz
