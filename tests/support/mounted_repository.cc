#include "tests/support/mounted_repository.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <utility>

namespace varve {

MountedRepository::MountedRepository() {
  Repository::create(repository_path());
  repository_ = Repository::open(repository_path());
  std::filesystem::create_directory(mount_point());
}

MountedRepository::~MountedRepository() { ::umount2(mount_point().c_str(), MNT_DETACH); }

Snapshot MountedRepository::ingest(Ingest what) {
  IngestRequest request;
  request.sources.push_back(std::make_unique<MemorySource>(what.source, std::move(what.files)));
  request.tags = std::move(what.tags);
  request.time = what.time;
  request.host = "test";
  return varve::ingest(*repository_, std::move(request)).snapshot;
}

void MountedRepository::mount(const std::string& options) {
  const std::string words = options.empty() ? "" : " -o " + quoted(options);
  const ShellResult result = varve("mount " + quoted(mount_point()) + words);
  ASSERT_EQ(result.status, 0) << result.output;
}

void MountedRepository::unmount() {
  const ShellResult result = varve("umount " + quoted(mount_point()));
  ASSERT_EQ(result.status, 0) << result.output;
}

ShellResult MountedRepository::varve(const std::string& words) const {
  return shell(VARVE_BINARY " -r " + quoted(repository_path()) + " " + words);
}

ShellResult MountedRepository::in_mount(const std::string& command) const {
  return shell("cd " + quoted(mount_point()) + " && " + command);
}

}  // namespace varve
