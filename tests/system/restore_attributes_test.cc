// Extended attributes and access lists of a file that is replaced: the new one has them, too.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>

#include "tests/system/restore_program.h"

namespace varve {
namespace {

constexpr const char* kAccessList = "system.posix_acl_access";

// As the kernel has it (linux/posix_acl_xattr.h): a version, then tag, rights and id of each.
std::string access_list(std::uint32_t user) {
  struct Entry {
    std::uint16_t tag;
    std::uint16_t rights;
    std::uint32_t id;
  };
  constexpr std::uint32_t kVersion = 2;
  constexpr std::uint32_t kNobody = 0xffffffff;
  const std::array<Entry, 5> entries = {{{0x01, 6, kNobody},    // the owner
                                         {0x02, 6, user},       // that user
                                         {0x04, 4, kNobody},    // the group
                                         {0x10, 6, kNobody},    // the mask
                                         {0x20, 0, kNobody}}};  // others
  std::string bytes(reinterpret_cast<const char*>(&kVersion), sizeof kVersion);
  bytes.append(reinterpret_cast<const char*>(entries.data()), sizeof entries);
  return bytes;
}

std::string get(const std::filesystem::path& file, const char* name) {
  std::array<char, 1024> value{};
  const ssize_t size = ::getxattr(file.c_str(), name, value.data(), value.size());
  return size < 0 ? "" : std::string(value.data(), static_cast<std::size_t>(size));
}

void set(const std::filesystem::path& file, const char* name, const std::string& value) {
  ASSERT_EQ(::setxattr(file.c_str(), name, value.data(), value.size(), 0), 0)
      << name << ": " << std::generic_category().message(errno);
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  EXPECT_EQ(::stat(file.c_str(), &status), 0);
  return status.st_mode & 07777;
}

class RestoreAttributes : public RestoreProgram {
 protected:
  void SetUp() override { init(); }
  // Of somebody's own, and one that root alone may set.
  static void describe(const Path& file) {
    set(file, "user.origin", "the north");
    set(file, "security.varve-test", "label");
    set(file, kAccessList, access_list(1234));
  }
  static void expect_described(const Path& file) {
    EXPECT_EQ(get(file, "user.origin"), "the north") << file;
    EXPECT_EQ(get(file, "security.varve-test"), "label") << file;
    EXPECT_EQ(get(file, kAccessList), access_list(1234)) << file;
    EXPECT_EQ(mode_of(file), 0660) << file;
  }
};

TEST_F(RestoreAttributes, OfADatabaseAreThoseOfTheOneThatIsReplaced) {
  make_wal_database(app(), 100);
  describe(app());
  must({"ingest", "app.db"});
  Database(app()).run("DELETE FROM t");
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  EXPECT_EQ(rows(app()), "100\n");
  expect_described(app());
  must({"restore", "--undo", "app.db", "--yes"});
  EXPECT_EQ(rows(app()), "0\n");
  expect_described(app());
}

TEST_F(RestoreAttributes, ADatabaseInPartsHasThemAfterAnUndo) {
  make_wal_database(app(), 100);
  must({"ingest", "app.db"});
  leave_in_wal(app(), 50);
  describe(app());
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  must({"restore", "--undo", "app.db", "--yes"});
  EXPECT_EQ(rows(app()), "150\n");
  EXPECT_EQ(get(app(), "user.origin"), "the north");
  EXPECT_EQ(get(app(), kAccessList), access_list(1234));
}

TEST_F(RestoreAttributes, OfFilesInAFolderToo) {
  std::filesystem::create_directory(in_folder("www"));
  for (const char* name : {"www/one", "www/two"}) {
    write_text(in_folder(name), "stored");
    describe(in_folder(name));
  }
  must({"ingest", "www"});
  write_text(in_folder("www/one"), "here");
  std::filesystem::remove(in_folder("www/two"));
  must({"restore", "latest:www:www", "www", "--yes"});
  EXPECT_EQ(content_of(in_folder("www/one")), "stored");
  expect_described(in_folder("www/one"));
  EXPECT_EQ(get(in_folder("www/two"), "user.origin"), "") << "what is gone tells nothing";
}

// Nobody gets at the new file by a list that the old one did not have.
TEST_F(RestoreAttributes, AListOfTheFolderDoesNotWidenWhoMayReadIt) {
  std::filesystem::create_directory(in_folder("www"));
  write_text(in_folder("www/one"), "stored");
  ASSERT_EQ(::chmod(in_folder("www/one").c_str(), 0640), 0);
  must({"ingest", "www"});
  set(in_folder("www"), "system.posix_acl_default", access_list(1234));
  must({"restore", "latest:www/one", "www/one", "--yes"});
  EXPECT_EQ(get(in_folder("www/one"), kAccessList), "");
  EXPECT_EQ(mode_of(in_folder("www/one")), 0640);
}

}  // namespace
}  // namespace varve
